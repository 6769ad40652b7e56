// SPDX-License-Identifier: Apache-2.0
// What people decide about a card that the station did not judge good and that lies in its bin. Events:
// reviewed, review-withdrawn; overridden with sorted, and order-released or order-held where the order has to
// go on or to wait.
#pragma once
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/verdict.hpp"
#include "ledger/ledger.hpp"

namespace ktp::pipeline {

struct Override {
  std::string card;
  Verdict verdict = Verdict::good;  ///< what it is, in the eyes of who decides
  std::string reason;               ///< mandatory, at most 200 characters; never personal
  std::string by, confirmed_by;     ///< two different people where `verdict` is good
};

/// The inspector agrees with the verdict; the card stays where it is. Errors: input_missing (no such card),
/// bad_data (it does not lie in a reject bin, or somebody agreed before).
Result<void> agree(ledger::Ledger& ledger, const std::string& card, const std::string& by);

/// Another verdict: the card is carried to that bin, confirmed by who decides. Rejected after review, the
/// order is printed again; good, it is done. Errors as agree, and bad_data with the ledger's reason (another
/// card of the order is live, one person instead of two, no reason).
Result<void> override_verdict(ledger::Ledger& ledger, const Override& decision);

/// Several of them in one transaction, all or none: the same speck on many photographs. The first error names
/// its card. Error bad_data also where a card stands there twice.
Result<void> override_all(ledger::Ledger& ledger, const std::vector<Override>& decisions);

/// Takes back the same person's last decision about a card, with an event of its own: nothing leaves the log.
/// Error bad_data when there is none, when it was somebody else's, or when something has followed from it.
Result<void> take_back(ledger::Ledger& ledger, const std::string& card, const std::string& by);

}  // namespace ktp::pipeline
