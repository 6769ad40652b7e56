// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <opencv2/core.hpp>

namespace ktp::inspection {

/// Means of whole blocks of `side` x `side` pixels, rounded; what is left over at the right and below has no
/// block. `plane`: CV_8U; `side`: 2 to 16.
[[nodiscard]] cv::Mat block_means(const cv::Mat& plane, int side);

/// Means of 2 x 2 values, rounded. `values`: CV_16S.
[[nodiscard]] cv::Mat halved(const cv::Mat& values);

}  // namespace ktp::inspection
