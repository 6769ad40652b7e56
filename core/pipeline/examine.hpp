// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "domain/error.hpp"
#include "pipeline/job.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// Steps capture to verdict for the card at the camera: both sides photographed, each inspected while the
/// other is being photographed, once more where it may be dust or glare, identified and judged; one ledger
/// transaction holds all four events. Pictures of a card that is not good are kept as evidence. Runs on the
/// examiner's thread.
Result<Examination> examine(Station& station, const Attempt& attempt, std::uint64_t at_camera_since_ns);

}  // namespace ktp::pipeline
