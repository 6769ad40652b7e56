// SPDX-License-Identifier: Apache-2.0
// Blank cards that leave the stock of this ledger without being printed, come back, or are counted. Blanks
// are handed to a kecamatan or another station on a numbered release order (SPPB) with a BAST; here is its
// number.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

/// A transfer between the stock and another place (kecamatan, station, the ministry).
struct BlankTransfer {
  std::int64_t count = 0;  ///< 1 or more
  std::string place;       ///< which; compared without regard to case and blanks around it
  std::string paper;       ///< number of the release order or of the paper they came back with
};

/// Blanks that a place has been given and has not given back.
struct BlanksOut {
  std::string place;  ///< as it was written first
  std::int64_t issued = 0, returned = 0;
};

/// Every place that ever was given blanks, in the order of the first issue.
[[nodiscard]] Result<std::vector<BlanksOut>> blanks_out(const ledger::Ledger& ledger);

/// Out of stock to a place (event blanks-issued): they leave `received` and `in_stock`, this ledger's balance
/// goes on without them. Errors: bad_data (place or paper missing, stock has fewer).
[[nodiscard]] Result<void> issue_blanks(ledger::Ledger& ledger, const BlankTransfer& transfer,
                                        const std::string& actor);

/// Back into stock (event blanks-returned). Errors: bad_data (as above; the place has fewer of ours).
[[nodiscard]] Result<void> take_back_blanks(ledger::Ledger& ledger, const BlankTransfer& transfer,
                                            const std::string& actor);

/// What two people found in the safe.
struct StockCount {
  std::int64_t counted = 0;
  std::string by, with;  ///< two different people
  std::string reason;    ///< what is known of a difference; needed where there is one
};

/// Books a count of the stock (event stock-counted). What is missing becomes a discrepancy of term in_stock
/// and what is found again takes one away, signed: nothing can be sealed until it is zero. Answers how many
/// blanks are missing, negative: too many. Errors: bad_data.
[[nodiscard]] Result<std::int64_t> count_stock(ledger::Ledger& ledger, const StockCount& count);

}  // namespace ktp::handover
