// SPDX-License-Identifier: Apache-2.0
// Step balance: all of it -> one equation that closes. Event: balanced, or discrepancy(named).
#pragma once
#include "domain/error.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// Compares the ledger's balance with its own cards and with the hopper, names every difference as a
/// discrepancy event, and returns the balance afterwards. Appends `balanced` only if something was appended
/// since the last one.
Result<ledger::Balance> balance(Station& station);

}  // namespace ktp::pipeline
