// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "domain/error.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// Waits until the printer is ready again, telling the operator what to do; records device-fault and
/// device-cleared. Errors: internal when settings.operator_wait passes or the operator stops the run (second
/// stop).
Result<void> wait_for_operator(Station& station, const devices::CallResult& why);

}  // namespace ktp::pipeline
