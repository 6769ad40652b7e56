// SPDX-License-Identifier: Apache-2.0
// Step print: order + blank -> outcome. Event: print-started (before the printer is told), print-ended.
#pragma once
#include "domain/error.hpp"
#include "pipeline/blank.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

struct Printed {
  Attempt attempt;
  devices::CardOutcome outcome = devices::CardOutcome::unknown;
  devices::CallResult result;
};

/// Commits the blank and the start in one transaction, prints, and commits how it ended. An error means the
/// ledger could not be written and nothing more may move.
Result<Printed> print_card(Machine& machine, BlankCommitment commitment);

}  // namespace ktp::pipeline
