// SPDX-License-Identifier: Apache-2.0
// Setting up a camera by photographs of a plain white card.
#include "inspection/camera_setup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inspection/simulated_photograph.hpp"

namespace ktp::inspection {
namespace {

using samples::Camera;
using testing::Contains;
using testing::IsEmpty;
using testing::StartsWith;

constexpr double kCardPxPerMm = 20;

cv::Mat white_card() {
  return {cvRound(53.98 * kCardPxPerMm), cvRound(85.60 * kCardPxPerMm), CV_8UC3, cv::Scalar(255, 255, 255)};
}

CameraSetup setup(const Camera& camera, const cv::Mat& card = white_card()) {
  cv::RNG rng(7);
  const Image photo = samples::photograph(card, kCardPxPerMm, camera, rng);
  return camera_setup(photo.view());
}

TEST(CameraSetup, AGoodCameraIsMeasuredAndNothingIsWrong) {
  const auto good = setup({.px_per_mm = 13, .rotation_deg = 1, .blur_px = 0.8});
  ASSERT_TRUE(good.card);
  EXPECT_NEAR(good.px_per_mm, 13, 0.3);
  EXPECT_NEAR(good.blur_px, 0.8, 0.35);
  EXPECT_NEAR(good.white, 0.92 * 255 + 4, 8);
  EXPECT_GT(good.even, 0.9);
  EXPECT_TRUE(good.plain);
  EXPECT_THAT(good.wrong, IsEmpty());
  EXPECT_FALSE(good.picture.empty());
}

TEST(CameraSetup, BlurFollowsTheLens) {
  double before = 0;
  for (const double sigma : {0.8, 1.6, 2.4, 3.2}) {
    const auto seen = setup({.px_per_mm = 13, .blur_px = sigma});
    EXPECT_GT(seen.blur_px, before);
    EXPECT_NEAR(seen.blur_px, sigma, 0.4) << sigma;
    before = seen.blur_px;
  }
}

TEST(CameraSetup, ACameraTooCoarseForTheNarrowestDamageIsRefused) {
  EXPECT_THAT(setup({.px_per_mm = 7, .blur_px = 0.5}).wrong, Contains(StartsWith("scale: 7")));
}

TEST(CameraSetup, EachFaultIsNamedWithWhatToDo) {
  EXPECT_THAT(setup({.blur_px = 2.6}).wrong, Contains(StartsWith("focus:")));
  EXPECT_THAT(setup({.gain = {0.4, 0.4, 0.4}}).wrong, Contains(StartsWith("exposure: white is")));
  EXPECT_THAT(setup({.gain = {1.2, 1.2, 1.2}}).wrong, Contains(testing::HasSubstr("blown out")));
  EXPECT_THAT(setup({.slope_x = 0.4, .vignette = 0.1, .gain = {0.7, 0.7, 0.7}}).wrong,
              Contains(StartsWith("light: the darkest")));
}

TEST(CameraSetup, APrintedCardDoesNotPassForALamp) {
  cv::Mat printed = white_card();
  for (int x = 200; x + 100 < printed.cols; x += 200)
    printed(cv::Rect(x, 200, 100, printed.rows - 400)) = cv::Scalar(60, 60, 200);
  EXPECT_THAT(setup({}, printed).wrong, Contains(StartsWith("light: cannot be measured")));
}

TEST(CameraSetup, WithoutACardNothingIsMeasured) {
  const Image table(800, 600, 3, 52);
  const auto seen = camera_setup(table.view());
  EXPECT_FALSE(seen.card);
  EXPECT_THAT(seen.wrong, Contains(StartsWith("card:")));
  EXPECT_THAT(camera_setup({}).wrong, Contains(StartsWith("card:")));
}

}  // namespace
}  // namespace ktp::inspection
