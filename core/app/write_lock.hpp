// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <iostream>

#include "app/commands.hpp"
#include "domain/error.hpp"
#include "ledger/data_lock.hpp"
#include "ledger/ledger.hpp"

namespace ktp::app {

/// Runs `body` with the ledger open for writing and the data folder locked; waits up to 15 s for another
/// process, saying for whom.
template <class Body>
Result<int> with_writable_ledger(const CommonOptions& common, Body&& body) {
  // Only `produce` and `blanks receive` begin a ledger.
  if (auto there = ledger::Ledger::open(common.data, false); !there) return std::unexpected(there.error());
  auto lock = ledger::DataLock::acquire(common.data, std::chrono::seconds(15), [](const std::string& holder) {
    std::cerr << "waiting for " << holder << " to finish\n";
  });
  if (!lock) return std::unexpected(lock.error());
  auto ledger = ledger::Ledger::open(common.data, true);
  if (!ledger) return std::unexpected(ledger.error());
  return body(**ledger);
}

}  // namespace ktp::app
