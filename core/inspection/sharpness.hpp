// SPDX-License-Identifier: Apache-2.0
// Which of a face's bands is as sharp as the photograph.
#pragma once
#include <array>
#include <opencv2/core.hpp>

#include "inspection/reference.hpp"

namespace ktp::inspection {

/// How much of the sharp face's pixel-to-pixel steps the normalised photograph has: 1 as much, less where it
/// is blurred.
double edge_share(const Reference& reference, const std::array<cv::Mat, 3>& planes);

/// Of the bands that are blurred as light (`linear`) or as coded values the one nearest to an edge share.
const Band& band_as_sharp(const Reference& reference, double share, bool linear);

/// Mean absolute difference between the normalised photograph and a band's middle, levels; 60 at most a
/// pixel.
double distance(const Reference& reference, const Band& band, const std::array<cv::Mat, 3>& planes);

/// Of a band and those with its colour softened the one whose colour is as soft as the photograph's.
const Band& band_as_colourful(const Reference& reference, const Band& band,
                              const std::array<cv::Mat, 3>& planes);

}  // namespace ktp::inspection
