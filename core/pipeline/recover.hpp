// SPDX-License-Identifier: Apache-2.0
// What an earlier run left behind.
#pragma once
#include <optional>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/machine.hpp"
#include "pipeline/settle.hpp"

namespace ktp::pipeline {

/// A card that was printed before the station stopped and has not been photographed: where it waits.
struct WaitingCard {
  ledger::CardRow card;
  devices::CardAt at = devices::CardAt::unknown;
};

/// Records how a print ended that the last run did not see the end of: not started, or unknown.
Result<void> end_interrupted_print(Station& station, ledger::CardRow& card);

/// Brings an unfinished card of this machine's printer (unknown, printed, inspected, spoiled) to where the
/// evidence says it is: settled, or into its bin. Returns it if it still has to be photographed. Never ask
/// another machine than the one that was told to print it: it would rightly say that it never fed a blank for
/// it.
Result<std::optional<WaitingCard>> recover(Machine& machine, ledger::CardRow card);

}  // namespace ktp::pipeline
