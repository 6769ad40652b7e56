// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "domain/error.hpp"
#include "pipeline/job.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

/// Steps capture to verdict for the card at the camera: both sides photographed, each inspected while the
/// other is being photographed, once more where it may be dust or glare, identified and judged; one ledger
/// transaction holds all four events. Pictures of a card that is not good are kept as evidence. Where the
/// camera stops or the operator stops the run at once, `not_seen` says so and nothing is recorded. Runs on
/// the examiner's thread.
Result<Examination> examine(Machine& machine, const Attempt& attempt, std::uint64_t at_camera_since_ns);

}  // namespace ktp::pipeline
