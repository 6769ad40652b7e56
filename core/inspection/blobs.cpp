// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "inspection/colours.hpp"
#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr double kFullDepth = 30;  // levels beyond the band from which on a pixel counts whole

// Adds the blobs of `depth` (8 bit). `to_mm2` turns a pixel of full depth into area, `step` working pixels a
// pixel.
void collect(const cv::Mat& depth, double full, double to_mm2, double limit_mm2, int step, int join,
             double px_per_mm, const Evidence& evidence, const char* limit, Detected& out) {
  out.note(limit, 0);  // a picture without any blob measures nothing, it is not unmeasured
  cv::Mat mask = depth > 0;
  if (cv::countNonZero(mask) == 0) return;
  if (join > 0) cv::dilate(mask, mask, cv::Mat::ones(2 * join + 1, 2 * join + 1, CV_8U));
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
  std::vector<double> weight(static_cast<std::size_t>(count), 0);
  for (int y = 0; y < depth.rows; ++y) {
    const auto* d = depth.ptr<std::uint8_t>(y);
    const int* label = labels.ptr<int>(y);
    for (int x = 0; x < depth.cols; ++x) {
      if (d[x]) weight[static_cast<std::size_t>(label[x])] += std::min<double>(d[x], full) / full;
    }
  }
  for (int i = 1; i < count; ++i) {
    const double score = weight[static_cast<std::size_t>(i)] * to_mm2 / limit_mm2;
    out.highest = std::max(out.highest, score);
    out.note(limit, score);
    if (score < 1) continue;
    cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT) + join, stats.at<int>(i, cv::CC_STAT_TOP) + join,
                 stats.at<int>(i, cv::CC_STAT_WIDTH) - 2 * join,
                 stats.at<int>(i, cv::CC_STAT_HEIGHT) - 2 * join);
    box = cv::Rect(box.x * step, box.y * step, std::max(box.width, 1) * step, std::max(box.height, 1) * step);
    const double fill =
        stats.at<int>(i, cv::CC_STAT_AREA) /
        static_cast<double>(stats.at<int>(i, cv::CC_STAT_WIDTH) * stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const double size = std::max(box.width, box.height) / px_per_mm;
    const bool dye =
        size < kVoidMm && dye_missing(evidence, box & cv::Rect({0, 0}, evidence.planes[0].size()));
    out.candidates.push_back({dye ? "void" : "stain", box, score, size, "", fill});
  }
}

}  // namespace

Detected find_blobs(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const Limits& limits = reference.profile->limits;
  const double pixel_mm2 = 4 / (reference.px_per_mm * reference.px_per_mm);
  for (const cv::Mat* depth : {&evidence.dark, &evidence.bright}) {
    // Slivers along edges are long and harmless: only what is at least two half pixels thick counts.
    cv::Mat core;
    cv::erode(*depth, core, cv::Mat::ones(2, 2, CV_8U));
    cv::Mat strong;
    cv::threshold(core, strong, 3, 0, cv::THRESH_TOZERO);
    collect(strong, kFullDepth, pixel_mm2, limits.stain_mm2, 2, 2, reference.px_per_mm, evidence, "stain_mm2",
            out);
  }
  // Weak but wide: means over 8 x 8 working pixels, in band widths.
  cv::Mat deviation, wide;
  evidence.deviation.convertTo(deviation, CV_32F, 1.0 / kDeviationUnit);
  cv::resize(deviation, wide, reference.colours.size(), 0, 0, cv::INTER_AREA);
  level_colours(reference.colours, 1, wide);
  for (const double sign : {-1.0, 1.0}) {
    cv::Mat beyond;
    wide.convertTo(beyond, CV_8U, sign * 100, -45);  // beyond 0.45 of the band; 100 = one band width more
    collect(beyond, 40, 16 * pixel_mm2, limits.pale_stain_mm2, 8, 0, reference.px_per_mm, evidence,
            "pale_stain_mm2", out);
  }
  return out;
}

}  // namespace ktp::inspection
