// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>
#include <vector>

#include "inspection/reference.hpp"

namespace ktp::inspection {

/// What the comparison found, pixel by pixel. The detectors read it; none writes it.
struct Evidence {
  std::array<cv::Mat, 3> planes;  ///< the photograph in the face's frame and tone, 8 bit
  const Band* band = nullptr;     ///< the one as sharp as the photograph
  cv::Mat dark, bright;  ///< half frame, 8 bit: levels below / above the band, worst colour, mean of 2 x 2
  cv::Mat deviation;     ///< half frame, CV_16S: 64 * (value - middle) / half width of the band, mean of the
                         ///< colours, clipped at +-2.5 band widths
  std::array<cv::Mat, 3> narrow;  ///< half frame, CV_16S, each colour: 64 * mean of 2 x 2 of (value - middle)
                                  ///< / half width of the narrow band, clipped at +-4; 0 near rim and corners
  cv::Mat grey;                   ///< half frame, CV_32F: the photograph
  cv::Mat residual;               ///< half frame, CV_32F: photograph minus expected, grey
  std::vector<float> column_mean,
      row_mean;  ///< of the full-frame deviation (in half band widths) within the inner frame
};

inline constexpr int kDeviationUnit = 64;

/// Compares with the tolerance band. Fills everything of `evidence` but `planes` and `band`.
void compare(const Reference& reference, Evidence& evidence);

}  // namespace ktp::inspection
