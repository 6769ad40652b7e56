// SPDX-License-Identifier: Apache-2.0
// Step inspect: frames + expected faces -> findings. Event: inspected.
#pragma once
#include <span>

#include "ledger/event.hpp"
#include "pipeline/capture.hpp"
#include "pipeline/job.hpp"

namespace ktp::pipeline {

/// One side's report; a missing picture is a finding of its own ("no-picture", verdict review).
/// `other_portraits`: of the other orders in the queue (inspection::printed_portrait).
[[nodiscard]] inspection::Report inspect_side(const inspection::Reference& reference, const Shot& shot,
                                              Side side, std::span<const Image> other_portraits = {});

[[nodiscard]] ledger::Event inspected_event(const Attempt& attempt, const inspection::Report& front,
                                            const inspection::Report& back,
                                            const std::string& profile_version);

}  // namespace ktp::pipeline
