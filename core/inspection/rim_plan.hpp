// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>
#include <vector>

namespace ktp::inspection {

/// The strip's geometry, and what the face shows along it. Row = a step along the outline, clockwise from the
/// end of the upper left corner; column = across, outside first.
struct RimPlan {
  static constexpr double kAlongMm = 0.2, kAcrossMm = 0.1, kReachMm = 2.5;
  static constexpr int kColumns = 51, kEdge = 25;  ///< column kEdge lies on the ideal outline
  std::vector<cv::Point2f> at, inward;             ///< working pixels; `inward` is one mm long
  std::array<std::vector<double>, 4> printed_mm;   ///< lines of the print along each side: how far inside
  std::vector<int> part;       ///< 0 top, 1 right, 2 bottom, 3 left; 4 + i: the corner after side i
  cv::Mat face;                ///< CV_8UC3; outside the card the nearest colour of it
  cv::Mat darkest, brightest;  ///< CV_8UC3: of each colour of `face` as near as the print may lie beside
};
RimPlan plan_rim(const std::array<cv::Mat, 3>& planes, double px_per_mm);

}  // namespace ktp::inspection
