// SPDX-License-Identifier: Apache-2.0
// Of a vivid colour a camera's processing takes the least of red, green and blue below what a picture holds.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "inspection/band.hpp"
#include "inspection/tone.hpp"

namespace {

namespace insp = ktp::inspection;

using Colour = std::array<int, 3>;

std::array<cv::Mat, 3> plane_of(const Colour& colour) {
  std::array<cv::Mat, 3> planes;
  for (std::size_t c = 0; c < 3; ++c) planes[c] = cv::Mat(32, 32, CV_8U, cv::Scalar(colour[c]));
  return planes;
}

// What the picture says of a face of one colour by a tone that changes nothing.
Colour told(const Colour& face, const Colour& seen) {
  const auto bands = insp::bands_of(plane_of(face));
  std::array<cv::Mat, 3> out;
  insp::normalise(bands[1], insp::Tone{}, plane_of(seen), out);
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) colour[c] = out[c].at<std::uint8_t>(16, 16);
  return colour;
}

constexpr Colour kYellow{190, 215, 60};

TEST(VividColour, WhoseLeastPartIsAtTheFloorIsAsExpectedThere) {
  EXPECT_EQ(told(kYellow, {190, 215, 0}), kYellow);
  EXPECT_EQ(told(kYellow, {190, 215, 9}), kYellow) << "noise and the picture's coding lift it a little";
  EXPECT_EQ(told(kYellow, {190, 215, 30}), (Colour{190, 215, 30}))
      << "not at the floor: that is another yellow";
}

TEST(VividColour, ToldByTheOtherTwoStillShowsAStain) {
  EXPECT_EQ(told(kYellow, {150, 165, 0}), (Colour{150, 165, 60}));
}

TEST(VividColour, BlackIsNoneAndStaysBlack) {
  EXPECT_EQ(told(kYellow, {0, 0, 0}), (Colour{0, 0, 0}));
  EXPECT_EQ(told({240, 240, 240}, {120, 120, 0}), (Colour{120, 120, 0}))
      << "paper is not expected to be yellow";
}

}  // namespace
