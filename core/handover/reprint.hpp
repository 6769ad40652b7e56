// SPDX-License-Identifier: Apache-2.0
// A further card for an order where the rule gives none: a mismatch, a double, a withdrawn or destroyed card.
// One person asks, another one confirms, and the old card lies where somebody can find it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

/// A reprint that somebody asked for.
struct Reprint {
  std::string card, order_id;          ///< the old card
  std::string reason, at;              ///< `at`: where the old card is, in words
  std::string asked_by, confirmed_by;  ///< `confirmed_by` "" while it waits for the second person
};

/// Asks for another card in place of `card`; its order is held until another person confirms. Errors:
/// input_missing (no such card), bad_data naming what stands against it: the card may still reach its holder,
/// nobody knows where it is, another one was begun already, somebody asked already, no reason, no name.
Result<Reprint> ask_reprint(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                            const std::string& by);
/// The second person confirms: the order is printed again. All conditions must still hold. Errors as above,
/// and bad_data where it is the first person once more.
Result<Reprint> confirm_reprint(ledger::Ledger& ledger, const std::string& card, const std::string& by);
/// Takes it back while no other card was begun, also after it was confirmed; the order stays held. Errors as
/// above.
Result<void> drop_reprint(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                          const std::string& by);
/// Those that wait for a second person or for the printer, by card.
Result<std::vector<Reprint>> open_reprints(const ledger::Ledger& ledger);

}  // namespace ktp::handover
