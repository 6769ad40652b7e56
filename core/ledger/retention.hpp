// SPDX-License-Identifier: Apache-2.0
// The end of a personal record: its bytes leave the ledger, its key leaves the record keys, and the log keeps
// that and why. What the log proves stays proven: records are not in it. Copies of the record (backups)
// cannot be read without the key.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"

namespace ktp::ledger {

struct Erasure {
  std::string reason;        ///< for the log
  std::string confirmed_by;  ///< a second person; needed where no rule says it (`by_rule` false)
  bool by_rule = false;
};

struct Erased {
  std::int64_t without_own_key =
      0;  ///< sealed by an earlier version: copies can be read until that key is retired
};

/// Deletes the records of these orders, all or none in the log; then their keys. Errors: input_missing (no
/// such order), bad_data (an order that may not be deleted, and why; one person for both; no reason).
Result<Erased> erase(Ledger& ledger, const PersonalKey& key, const std::vector<std::string>& orders,
                     const Erasure& erasure, const std::string& actor);

/// Records of other stations that were taken in, and last recognised in a card, before `time` (RFC 3339 UTC);
/// with that time, the oldest first. Errors of the ledger.
Result<std::vector<std::pair<std::string, std::string>>> other_records_before(const Ledger& ledger,
                                                                              std::string_view time);
/// Deletes them by rule, as `erase` does orders' records. What was seen stays in the log; the person's keyed
/// hash too. Errors: input_missing (no such record), bad_data (deleted already; no reason).
Result<void> erase_others(Ledger& ledger, const PersonalKey& key, const std::vector<std::string>& records,
                          const std::string& reason, const std::string& actor);

/// Deletes the keys of records that the log says are deleted, where a power cut came between the two. How
/// many orders' records are deleted in all.
Result<std::int64_t> finish_erasures(const Ledger& ledger, const PersonalKey& key);

}  // namespace ktp::ledger
