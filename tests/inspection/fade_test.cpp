// SPDX-License-Identifier: Apache-2.0
// Density that the print has lost from a line of the feed on.
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "inspection/inspection.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"

namespace {

namespace insp = ktp::inspection;

const samples::Card& card() {
  static const samples::Card made = samples::CardMaker().make(31);
  return made;
}

const ktp::Face& face(bool front) {
  return front ? card().front : card().back;
}

// The face with `lost` of its density gone from `line_mm` on.
cv::Mat faded(bool front, double lost, double line_mm) {
  cv::Mat picture = samples::to_mat(face(front).image).clone();
  cv::Mat table(1, 256, CV_8U);
  for (int v = 0; v < 256; ++v)
    table.at<std::uint8_t>(v) = cv::saturate_cast<std::uint8_t>(255 * std::pow(v / 255.0, 1 - lost));
  cv::Mat part = picture.colRange(cvRound(line_mm * face(front).px_per_mm()), picture.cols);
  cv::LUT(part, table, part);
  return picture;
}

insp::Report inspect(bool front, const cv::Mat& picture, const samples::Camera& camera) {
  static const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  static const auto one = *insp::prepare(card().front, profile), other = *insp::prepare(card().back, profile);
  const double s = face(front).px_per_mm();
  cv::RNG rng(7);
  return insp::inspect(front ? *one : *other,
                       samples::photograph(samples::print(picture, s, rng), s, camera, rng).view());
}

double step(const insp::Report& report) {
  for (const auto& m : report.measures)
    if (m.limit == "fade_step") return m.score;
  return -1;
}

// Lamp to one side, dark corners.
const samples::Camera kUneven{.rotation_deg = 2, .slope_x = 0.15, .slope_y = -0.1, .vignette = 0.15};

TEST(Fade, ATenthOfTheDensityLostFromALineOnIsFoundWhereItBegins) {
  for (const bool front : {true, false}) {
    for (const double line_mm : {35.0, 50.0}) {
      const insp::Report report = inspect(front, faded(front, 0.1, line_mm), kUneven);
      EXPECT_EQ(report.verdict, ktp::Verdict::damaged);
      ASSERT_FALSE(report.findings.empty()) << front << line_mm;
      const ktp::Finding& first = report.findings.front();
      EXPECT_EQ(first.kind, "fade");
      EXPECT_NEAR(first.box.x / face(front).px_per_mm(), line_mm, 4);
    }
  }
}

TEST(Fade, UnevenLightIsNone) {
  for (const bool front : {true, false}) EXPECT_LT(step(inspect(front, faded(front, 0, 0), kUneven)), 0.5);
}

}  // namespace
