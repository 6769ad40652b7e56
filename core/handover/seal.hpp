// SPDX-License-Identifier: Apache-2.0
// Good cards into sealed batches, one for each desa, and out of them again.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/error.hpp"
#include "handover/item_number.hpp"
#include "ledger/custody.hpp"
#include "ledger/ledger.hpp"

namespace ktp::handover {

struct SealedBatch {
  std::string seal, region;
  std::size_t cards = 0;
};

/// What stands in the way of sealing: balance terms (unknown, discrepancy) that are not zero, with their
/// values. Empty when cards may be sealed.
Result<std::vector<std::pair<std::string, std::int64_t>>> sealing_blocked_by(const ledger::Ledger& ledger);

/// Seals every good card of the region ("" = all), one batch for each desa, each in a transaction of its own,
/// before anybody closes a box. Error internal, naming the term, while anything is unknown or a discrepancy
/// is open: then nothing is sealed. Nothing to seal gives an empty list.
Result<std::vector<SealedBatch>> seal_region(ledger::Ledger& ledger, std::string_view region,
                                             const ItemRange& items, const std::string& actor);

/// Takes one card out of a sealed batch that was not handed over yet, back into its bin; its item number is
/// not used again. Errors: input_missing (no such card), bad_data (not sealed).
Result<void> unseal(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                    const std::string& actor);

/// How a sealed batch was counted when it was handed over.
struct Countersign {
  std::string given_by, taken_by;
  std::optional<std::size_t> counted;  ///< either a number ...
  std::vector<std::string> scanned;    ///< ... or every item number
};

/// What was counted or scanned, held against what the ledger has sealed.
struct CountDifference {
  std::size_t sealed = 0, counted = 0;      ///< cards; an item that was scanned twice counts once
  std::vector<ledger::CustodyRow> missing;  ///< sealed and not scanned
  std::vector<std::string> foreign;         ///< scanned item numbers that are not of this batch

  [[nodiscard]] bool none() const { return sealed == counted && missing.empty() && foreign.empty(); }
};
/// Errors: input_missing (no such batch), bad_data (handed over already, holds nothing any more, an item
/// number that breaks a rule).
Result<CountDifference> compare_count(const ledger::Ledger& ledger, const std::string& seal,
                                      const Countersign& sign);

/// Hands a sealed batch over. The count or the scanned items must be exactly what the ledger has sealed; a
/// difference hands nothing over and is named card by card (bad_data). Errors: input_missing, bad_data.
Result<SealedBatch> hand_over(ledger::Ledger& ledger, const std::string& seal, const Countersign& sign,
                              const std::string& actor);

/// What a recall did, or would do.
struct Recall {
  std::vector<ledger::CustodyRow> withdrawn;     ///< with the state they were in: that is where each lies
  std::vector<ledger::CustodyRow> out_of_reach;  ///< delivered: with their holders
  std::vector<std::string> held;                 ///< orders that were waiting to be printed, or printed again
  std::vector<ledger::CustodyRow> unfinished;    ///< not in a bin yet: recall again when they are
};

/// Recalls a region at any stage: cards in bins, sealed, handed over or returned are withdrawn, orders that
/// wait for a card are held. A card that has not reached its bin cannot be withdrawn; it is named. With
/// `dry_run` nothing is written. Again for the same region finds only what is new.
Result<Recall> recall(ledger::Ledger& ledger, std::string_view region, const std::string& reason,
                      const std::string& actor, bool dry_run);

/// The same for a batch: of orders, as they were imported, or sealed. Errors also: input_missing (no such
/// batch).
Result<Recall> recall_batch(ledger::Ledger& ledger, std::string_view batch, const std::string& reason,
                            const std::string& actor, bool dry_run);

}  // namespace ktp::handover
