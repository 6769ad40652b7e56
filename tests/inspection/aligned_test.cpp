// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "inspection/inspection.hpp"
#include "inspection/sample_cards.hpp"

namespace {

namespace insp = ktp::inspection;

// Tracks of 14 pixels every 40, and a plane: dark copper on light base.
ktp::Image board() {
  ktp::Image image(640, 640, 1, 255);
  cv::Mat canvas = samples::to_mat(image);
  for (int i = 0; i < 9; ++i) cv::rectangle(canvas, cv::Rect(30 + 40 * i, 20, 14, 600), 0, cv::FILLED);
  cv::rectangle(canvas, cv::Rect(420, 60, 180, 500), 0, cv::FILLED);
  cv::circle(canvas, {510, 300}, 20, 255, cv::FILLED);
  return image;
}

struct Defect {
  const char* kind;
  cv::Rect box;
  int value;
};

class Aligned : public testing::Test {
 protected:
  insp::Report judge(const std::vector<Defect>& defects, cv::Point shift) {
    ktp::Face face;
    face.image = board();
    ktp::Image seen = board();
    cv::Mat canvas = samples::to_mat(seen);
    for (const Defect& d : defects) cv::rectangle(canvas, d.box, d.value, cv::FILLED);
    cv::Mat moved;
    cv::warpAffine(canvas, moved, cv::Matx23d(1, 0, shift.x, 0, 1, shift.y), canvas.size(), cv::INTER_NEAREST, cv::BORDER_REPLICATE);
    moved.copyTo(canvas);
    const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/aligned-print.yaml");
    return insp::inspect(**insp::prepare(face, profile), seen.view());
  }
};

TEST_F(Aligned, ShiftedGoodPrintIsGood) {
  for (const cv::Point shift : {cv::Point(0, 0), cv::Point(3, -2), cv::Point(-1, 3)}) {
    EXPECT_EQ(judge({}, shift).verdict, ktp::Verdict::good) << shift.x;
  }
}

TEST_F(Aligned, EveryKindIsNamedAndBoxed) {
  const std::vector<Defect> all{{"open", {28, 100, 18, 10}, 255},      {"short", {84, 200, 26, 8}, 0},
                                {"mousebite", {110, 300, 8, 12}, 255}, {"spur", {164, 400, 10, 10}, 0},
                                {"copper", {612, 200, 14, 14}, 0},     {"pin-hole", {450, 450, 10, 10}, 255}};
  for (const cv::Point shift : {cv::Point(0, 0), cv::Point(2, -1)}) {
    const insp::Report report = judge(all, shift);
    EXPECT_EQ(report.verdict, ktp::Verdict::damaged);
    EXPECT_EQ(report.findings.size(), all.size());
    for (const Defect& d : all) {
      EXPECT_TRUE(std::ranges::any_of(report.findings, [&](const ktp::Finding& f) {
        return f.kind == d.kind && (cv::Rect(f.box.x, f.box.y, f.box.w, f.box.h) & d.box).area() > 0 && f.confidence > 0;
      })) << d.kind;
    }
  }
}

TEST_F(Aligned, PictureOfAnotherSizeIsForReview) {
  ktp::Face face;
  face.image = board();
  const auto profile = *insp::load_profile(KTP_SOURCE_DIR "/config/inspection/aligned-print.yaml");
  const ktp::Image other(600, 640, 3, 200);
  EXPECT_EQ(insp::inspect(**insp::prepare(face, profile), other.view()).verdict, ktp::Verdict::review);
}

}  // namespace
