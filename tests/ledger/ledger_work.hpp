// SPDX-License-Identifier: Apache-2.0
// A station's work as its ledger sees it, from the ledger's own state alone, so that it goes on after any
// cut.
#pragma once
#include <random>
#include <vector>

#include "ledger/ledger.hpp"

namespace ktp::test {

/// What one transaction appends.
struct Act {
  std::vector<ledger::Event> events;
  std::vector<ledger::SealedRecord> records;
};

/// The next thing an office would do: intake, print, judge, sort, settle, reprint, seal, hand over, post
/// results, destruction. Throws std::runtime_error if the ledger cannot be read.
Act next_act(ledger::Ledger& ledger, std::mt19937& random);

/// The acts that leave no card unknown.
std::vector<Act> settle_all(const ledger::Ledger& ledger);

}  // namespace ktp::test
