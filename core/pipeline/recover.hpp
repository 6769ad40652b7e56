// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// A card that was printed before the station stopped and has not been photographed: where it waits.
struct WaitingCard {
  ledger::CardRow card;
  devices::CardAt at = devices::CardAt::unknown;
};

/// Brings every unfinished card of the ledger to where the evidence says it is: interrupted prints become
/// unknown and are settled, judged cards reach their bins, spoiled ones theirs. Returns the cards that still
/// have to be photographed, the one at the camera first. An error means that nothing may be printed before a
/// person has looked.
Result<std::vector<WaitingCard>> recover(Station& station);

}  // namespace ktp::pipeline
