// SPDX-License-Identifier: Apache-2.0
// What a picture cannot hold: light beyond its brightest level, and the least of red, green and blue of a
// vivid colour, which a camera's processing takes below the darkest.
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "inspection/band.hpp"
#include "inspection/inspection.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"
#include "inspection/tone.hpp"

namespace {

namespace insp = ktp::inspection;

using Colour = std::array<int, 3>;

std::array<cv::Mat, 3> plane_of(const Colour& colour) {
  std::array<cv::Mat, 3> planes;
  for (std::size_t c = 0; c < 3; ++c) planes[c] = cv::Mat(32, 32, CV_8U, cv::Scalar(colour[c]));
  return planes;
}

// What the picture says of a face of one colour, photographed `gain` times as bright.
Colour told(const Colour& face, const Colour& seen, float gain = 1) {
  const auto bands = insp::bands_of(plane_of(face));
  insp::Tone tone;
  tone.gain = {gain, gain, gain};
  std::array<cv::Mat, 3> out;
  insp::normalise(bands[1], tone, plane_of(seen), out);
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) colour[c] = out[c].at<std::uint8_t>(16, 16);
  return colour;
}

constexpr Colour kYellow{190, 215, 60};

// Paper at 1.3 times what the picture holds: 312, 317, 299.
constexpr Colour kPaper{240, 244, 230};

TEST(TooMuchLight, AtTheBrightestLevelIsAsExpected) {
  EXPECT_EQ(told(kPaper, {255, 255, 255}, 1.3f), kPaper);
}

TEST(TooMuchLight, AFewLevelsShortByNoiseIsThatFewLevelsOff) {
  EXPECT_EQ(told(kPaper, {250, 254, 252}, 1.3f), (Colour{236, 243, 228}))
      << "5, 1 and 3 levels of the photograph are 4, 1 and 2 of the face";
}

TEST(TooMuchLight, DoesNotHideWhatIsPlainlyDarker) {
  EXPECT_EQ(told(kPaper, {208, 208, 208}, 1.3f), (Colour{160, 160, 160}));
}

TEST(TooMuchLight, IsNotTakenForGrantedWhereTheFaceHadRoom) {
  EXPECT_EQ(told({180, 180, 180}, {252, 252, 252}, 1.3f), (Colour{194, 194, 194}))
      << "brighter than the face by a void's worth of light";
  EXPECT_EQ(told({240, 240, 240}, {230, 230, 230}), (Colour{230, 230, 230})) << "a stain on paper";
}

TEST(TooMuchLight, OfOneColourInACornerLeavesTheOthersToTellTheLight) {
  const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  const samples::Card card = samples::CardMaker().make(8);
  for (const ktp::Face* face : {&card.front, &card.back}) {
    const auto reference = *insp::prepare(*face, profile);
    const double s = face->px_per_mm();
    cv::RNG rng(11);
    const samples::Camera bluish{
        .slope_x = -0.14, .slope_y = -0.12, .vignette = -0.15, .gain = {0.93, 0.96, 1.05}};
    const insp::Report report = insp::inspect(
        *reference,
        samples::photograph(samples::print(samples::to_mat(face->image), s, rng), s, bluish, rng).view());
    EXPECT_EQ(report.verdict, ktp::Verdict::good) << report.findings.front().kind;
  }
}

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
