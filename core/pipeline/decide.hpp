// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "ledger/ledger.hpp"
#include "pipeline/station.hpp"

namespace ktp::pipeline {

/// What an order needs next, read from its cards alone: the same answer in a running station and after any
/// crash.
struct Decision {
  enum class Kind { print_first, print_again, hold, wait, done } kind = Kind::wait;
  std::string replaces;  ///< print_again: the dead card
  std::string reason;    ///< print_again, hold: why; a hold's reason begins with "card:"
  std::string asked_by{},
      confirmed_by{};  ///< print_again where the rule gives none: the two people who decided
};

/// Spoiled and damaged cards, and cards that never got a body, are replaced by rule, up to the configured
/// numbers. A card of wrong content, a double or a doubtful one holds the order for a person; an unknown one
/// waits for evidence. What two people decided (reprint) goes before every hold, never before evidence.
[[nodiscard]] Decision decide(const std::vector<ledger::CardRow>& cards_of_order, const Settings& settings);

}  // namespace ktp::pipeline
