// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "domain/error.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

/// Waits until the printer is ready again: until a person has cleared it, until it is plugged in again, until
/// its quarantine is over. Says what is to be done; records device-fault and device-cleared. The machine
/// leaves the run when settings.operator_wait passes, or when nothing but a new start ends its quarantine.
/// Error internal also when the operator stops the run at once.
Result<void> wait_for_operator(Machine& machine, const devices::CallResult& why);

/// The same for a machine that holds no card: it also ends, with false, when nothing is left that it should
/// become ready for. `then`: the printer's status when it failed; told where it has been cleared meanwhile.
Result<bool> wait_while_needed(Machine& machine, const devices::CallResult& why,
                               const devices::DeviceStatus& then);

}  // namespace ktp::pipeline
