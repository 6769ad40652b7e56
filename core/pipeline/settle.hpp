// SPDX-License-Identifier: Apache-2.0
// What became of a card nobody saw the end of. Event: settled. Evidence, best first: the device's job log;
// its card counter together with its sensors. Without evidence the card stays unknown, and is never printed
// again by itself.
#pragma once
#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/machine.hpp"

namespace ktp::pipeline {

struct Settlement {
  CardState state = CardState::unknown;  ///< not_started, printed, spoiled, or still unknown
  std::string uid;
  std::uint64_t number = 0;
  devices::CardAt at = devices::CardAt::unknown;
  std::string bin;       ///< where the device says the card lies, if in a bin
  std::string evidence;  ///< for the log
};

/// Asks the printer about a card in state unknown and records the answer. An error means the ledger could not
/// be written.
/// `heard_uid`: the chip UID that was read while it was printed, "" = none; believed if the evidence has no
/// other.
Result<Settlement> settle(Machine& machine, const ledger::CardRow& card, const std::string& heard_uid = "");

/// Where a card with a body is now, without changing any record.
Settlement whereabouts(Machine& machine, const ledger::CardRow& card);

}  // namespace ktp::pipeline
