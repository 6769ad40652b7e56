// SPDX-License-Identifier: Apache-2.0
// The strip along the card's outline: where the card ends, and whether it ends where a whole card would.
// Measured in the frame of the print, so that the difference between print and outline is the placement and
// nothing aligns it away.
#pragma once
#include <array>
#include <opencv2/core.hpp>
#include <vector>

#include "inspection/align.hpp"
#include "inspection/tone.hpp"

namespace ktp::inspection {

struct Detected;

/// Where the card's four sides lie in the print's frame.
struct RimFit {
  std::array<double, 4> edge_mm{};  ///< top, right, bottom, left; inward of where the print would have them
  std::array<double, 4> slope{};    ///< mm a row
  std::array<bool, 4> seen{};       ///< the side stands out from the table
  cv::Point2d print_offset_mm{
      0, 0};               ///< of the print against the card; 0 along an axis of which no side is seen
  bool consistent = true;  ///< opposite sides agree with a whole card's size
};

/// The photograph along the outline, CV_8UC3, [row][column].
cv::Mat rim_strip(const Reference& reference, const cv::Mat& photo, const Warp& warp);
RimFit fit_rim(const RimPlan& plan, const cv::Mat& strip);

/// kinds edge-chip (the table shows where card is expected) and bent-corner.
void find_rim_damage(const Reference& reference, const cv::Mat& strip, const RimFit& fit, const Tone& tone,
                     Detected& out);

}  // namespace ktp::inspection
