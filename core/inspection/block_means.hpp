// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <opencv2/core.hpp>

namespace ktp::inspection {

/// Means of whole blocks of `side` x `side` pixels, rounded; what is left over at the right and below has no
/// block. `plane`: CV_8U; `side`: 2 to 16.
[[nodiscard]] cv::Mat block_means(const cv::Mat& plane, int side);

}  // namespace ktp::inspection
