// SPDX-License-Identifier: Apache-2.0
// What the ledger knows of cards after the bin: sealed batches, item numbers, post results.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/card.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

/// A card with the order it belongs to and where it lies in custody; `seal`, `item` and what follows are ""
/// while it is not sealed.
struct CustodyRow {
  std::string card, order_id, region;  ///< `region`: the order's kode wilayah, dotted to desa level
  CardState state = CardState::sorted;
  std::string bin, seal, item;
  std::string post, post_date, post_detail;  ///< `post`: "", entered, delivered, returned
};

struct SealRow {
  std::string seal, region, taken_by;  ///< `taken_by`: "" until it is handed over
  std::int64_t count = 0;              ///< as it was sealed
  std::int64_t inside = 0;             ///< cards that are in state sealed now
};

/// What the post said of an item before the card came back to the office (or went out once more).
struct PastResult {
  std::string card;
  std::string post, date, detail;  ///< as in CustodyRow; `post` is "" for a number that was never handed over
};

/// Something that is not finished, and since when.
struct OpenItem {
  std::string card, order_id;  ///< `card` is "" for an order without one; S0000012 for a found card
  std::string state;  ///< card's state, or the order's; "found": a body that is no card of this ledger
  std::string bin, seal, since,
      detail;            ///< `since`: time of its last event, RFC 3339; `bin` of a found card: place
  bool doubted = false;  ///< sort mode found it damaged, and nobody has looked since
};

/// What one campaign's report asks: cards with a body, and what became of each.
struct CampaignFigures {
  std::int64_t received = 0, printed = 0, damaged = 0, spoiled = 0, duplicate = 0, mismatch = 0, review = 0;
  std::int64_t withdrawn = 0, destroyed = 0, handed_over = 0, entered = 0, delivered = 0, returned = 0;
  std::map<std::string, std::int64_t> returned_by_reason;
};

/// Which orders a recall is about.
struct RecallScope {
  enum class Of { region, batch };
  Of of = Of::region;
  std::string name;  ///< a kode wilayah or the beginning of one; or a batch, of orders or sealed
};

/// Reads a ledger; same threads as Ledger. `region` is a kode wilayah or a beginning of one that ends at a
/// dot (32.16.01 is every desa of that kecamatan); "" is everywhere.
class CustodyView {
 public:
  explicit CustodyView(const Ledger& ledger) : ledger_(ledger) {}

  /// Good cards in their bin that nothing is in doubt about, ordered by region and card.
  Result<std::vector<CustodyRow>> sealable(std::string_view region) const;
  /// How many good cards lie in their bin, by the order's region, in the order of their codes.
  Result<std::vector<std::pair<std::string, std::int64_t>>> sealable_by_region() const;
  /// Every card with a body whose order is of the region and whose verdict was good, in any state.
  Result<std::vector<CustodyRow>> good_cards_of(std::string_view region) const;
  /// What a recall can reach: those, and cards in bin review, which may still be found good.
  Result<std::vector<CustodyRow>> recallable_cards_of(const RecallScope& scope) const;
  Result<std::vector<CustodyRow>> cards_in(std::string_view seal) const;
  Result<std::optional<CustodyRow>> card_of_item(std::string_view item) const;
  /// Earlier uses of an item number, which is never given out again.
  Result<std::vector<PastResult>> past_results(std::string_view item) const;
  Result<std::optional<SealRow>> seal(std::string_view name) const;
  Result<std::vector<SealRow>> seals() const;
  /// Those that nobody has taken yet.
  Result<std::vector<SealRow>> open_seals() const;
  /// Cards of such orders that have not reached a bin: promised, in the machine, or unknown.
  Result<std::vector<CustodyRow>> unfinished_cards_of(const RecallScope& scope) const;
  /// Such orders that wait to be printed, for the first time or again because no card of theirs is live.
  Result<std::vector<std::string>> waiting_orders_of(const RecallScope& scope) const;
  /// Whether a batch of orders or a sealed one has this name.
  Result<bool> is_batch(std::string_view name) const;
  /// Cards that wait for destruction: rejects and spoiled ones in their bin, and withdrawn ones.
  Result<std::vector<CustodyRow>> to_destroy() const;
  /// Every card in this state, by name.
  Result<std::vector<CustodyRow>> in_state(CardState state) const;
  /// Whatever is not finished, the oldest first.
  Result<std::vector<OpenItem>> open_items() const;
  Result<CampaignFigures> campaign() const;
  /// The number for the next berita acara: "BA-000001", ...
  Result<std::string> next_record() const;
  /// The name for the next sealed batch: "S000001", ...
  Result<std::string> next_seal() const;
  /// The highest item number given out so far that begins with these two letters, or nothing.
  Result<std::optional<std::string>> last_item(std::string_view service) const;

 private:
  const Ledger& ledger_;
};

}  // namespace ktp::ledger
