// SPDX-License-Identifier: Apache-2.0
// Bodies that sort mode saw and that are no card of this ledger: each has an entry under the name of its
// sighting (S0000012), a place, and a way on. And cards of this ledger that sort mode found damaged: nobody
// hands them out, and nobody withdraws them, before people have looked.
#pragma once
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/boxes.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

/// Where a found card lies now; it stays open. Errors: input_missing (no such entry), bad_data (words that
/// may not stand in the log, an entry that is closed).
Result<void> move_found(ledger::Ledger& ledger, const std::vector<std::string>& names, const std::string& at,
                        const std::string& actor);

/// Given on, to the station that printed it, a kecamatan or a kelurahan, against a signature: closes the
/// entries, all or none. Errors as move_found.
struct HandOn {
  std::string to, signed_by, reason;
};
Result<void> hand_on_found(ledger::Ledger& ledger, const std::vector<std::string>& names, const HandOn& on,
                           const std::string& actor);

/// Two people found out that it is this card of the ledger, whose own custody goes on: closes the entry.
/// Errors as move_found; bad_data also for one person twice, and for a card that has no body.
Result<void> identify_found(ledger::Ledger& ledger, const std::string& name, const std::string& card,
                            const std::string& reason, const std::string& actor,
                            const std::string& confirmed_by);

/// A person looked at a card that sort mode found damaged, and it is: withdrawn. Errors: input_missing (no
/// such card), bad_data (nothing is in doubt about it).
Result<void> confirm_doubt(ledger::Ledger& ledger, const std::string& card, const std::string& actor);
/// Two people looked at it, and it is whole: it may be handed out. Errors as confirm_doubt; bad_data also for
/// one person twice, or no reason.
Result<void> clear_doubt(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                         const std::string& actor, const std::string& confirmed_by);

/// Why a card may not be handed out, in words: what sort mode saw and where; "" = nothing is in doubt.
Result<std::string> doubt_about(const ledger::Ledger& ledger, const std::string& card);

}  // namespace ktp::handover
