// SPDX-License-Identifier: Apache-2.0
// What a person found out about a card of which the printer could not tell what became of it. Events: settled
// with what the person saw as evidence, and sorted for a card that was found.
#pragma once
#include <cstdint>
#include <string>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::pipeline {

/// The card was found at `where` ("output tray") and is carried to bin damaged. Nobody photographed it at its
/// place in the run, so it never counts as a good one; its order is printed again by rule. Errors:
/// input_missing (no such card), bad_data (it is not unknown, or `where` is no words for the log).
Result<void> settle_found(ledger::Ledger& ledger, const std::string& card, const std::string& where,
                          const std::string& by);

/// What counting the blanks in a printer's hopper says of its unknown cards.
enum class BlanksSay {
  none_fed,  ///< as many more as there are unknown cards: no blank left the hopper for any of them
  all_fed,   ///< exactly those that nobody fed: the cards exist and have to be found
  unclear,   ///< another number: count again, or find some of the cards first
};
/// `counted`: blanks in the hopper of the printer that was told to print this card. Writes nothing. Errors as
/// settle_found.
Result<BlanksSay> blanks_say(const ledger::Ledger& ledger, const std::string& card, std::int64_t counted);

/// Settles one unknown card as never begun, by that count. Its order will be printed again, so two different
/// people have to have counted. Errors as settle_found, and bad_data where the count does not say so.
Result<void> settle_not_fed(ledger::Ledger& ledger, const std::string& card, std::int64_t counted,
                            const std::string& by, const std::string& confirmed_by);

}  // namespace ktp::pipeline
