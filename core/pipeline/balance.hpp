// SPDX-License-Identifier: Apache-2.0
// Step balance: all of it -> one equation that closes. Event: balanced, or discrepancy(named).
#pragma once
#include <span>

#include "domain/error.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

/// Compares the ledger's balance with its own cards and with the hoppers of `machines` (those still in the
/// run), names every difference as a discrepancy event, and returns the balance afterwards.
Result<ledger::Balance> balance(Station& station, std::span<Machine* const> machines);

}  // namespace ktp::pipeline
