// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <opencv2/core.hpp>

#include "inspection/align.hpp"
#include "inspection/compare.hpp"
#include "inspection/inspection.hpp"
#include "inspection/rim.hpp"
#include "inspection/tone.hpp"

namespace ktp::inspection {

/// Where the pixels that the alignment speaks of lie in the whole photograph.
struct Frame {
  cv::Point origin;  ///< photograph pixels
  int factor = 1;    ///< photograph pixels a pixel
  cv::Size photo;
};

/// What the fits and the comparison say of the photograph itself.
[[nodiscard]] CaptureFacts capture_facts(const Reference& reference, const Alignment& alignment,
                                         const RimFit& rim, const Tone& tone, const Evidence& evidence,
                                         const Frame& frame);

}  // namespace ktp::inspection
