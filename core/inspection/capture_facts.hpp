// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <opencv2/core.hpp>

#include "inspection/align.hpp"
#include "inspection/compare.hpp"
#include "inspection/inspection.hpp"
#include "inspection/tone.hpp"

namespace ktp::inspection {

/// What the fits and the comparison say of the photograph itself. `photo`: size of the picture that the
/// alignment speaks of.
[[nodiscard]] CaptureFacts capture_facts(const Reference& reference, const Alignment& alignment,
                                         const Tone& tone, const Evidence& evidence, const cv::Size& photo);

}  // namespace ktp::inspection
