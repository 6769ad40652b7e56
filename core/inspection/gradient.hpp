// SPDX-License-Identifier: Apache-2.0
// Where the brightness of a picture changes, of the colour that changes most.
#pragma once
#include <opencv2/core.hpp>

namespace ktp::inspection {

/// Differences of neighbours two pixels apart, levels.
struct Gradient {
  cv::Mat x, y;         ///< CV_16S; 0 along the picture's border
  float threshold = 0;  ///< of the magnitude: what the background's texture hardly reaches
};

/// `soft`: CV_8UC3, with the noise taken out.
[[nodiscard]] Gradient gradient_of(const cv::Mat& soft);

}  // namespace ktp::inspection
