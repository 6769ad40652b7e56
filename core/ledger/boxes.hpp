// SPDX-License-Identifier: Apache-2.0
// What the ledger knows of boxes of cards printed earlier that passed under the camera, and of the cards that
// other stations printed (docs/contracts.md section 10).
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

struct BoxRow {
  std::string box;
  std::string again;          ///< the box whose cards pass once more in this one, "" = none
  std::uint64_t first = 1;    ///< number of the photograph of its first card, where photographs have numbers
  std::uint64_t counted = 0;  ///< cards that people counted in it when it was closed; 0 = it is open
  std::uint64_t seen = 0;     ///< cards recorded so far; the next has number seen + 1
  bool replaced = false;  ///< its cards passed once more, in another box: what was seen here counts no more
};

/// One card of a box, as it was judged when it passed.
struct SightingRow {
  std::string box;
  std::uint64_t number = 0;  ///< its place in the box, from 1
  std::string who;           ///< known, unknown, contradiction, cannot-tell
  std::string person;        ///< keyed hash; "" where nobody could be told
  std::string order_id;      ///< of this station, "" = none
  std::string card;          ///< which of the order's cards it is, "" = cannot be told
  std::string uid;           ///< of its chip, "" = not read
  std::string record;        ///< of another station, "" = none
  std::string verdict;
  std::uint64_t id = 0;  ///< over all boxes, from 1; sighting_name(id) is what its pictures are called by
};

/// "S0000012": says nothing of box or person, and no card is called so.
[[nodiscard]] std::string sighting_name(std::uint64_t id);

/// A card that another station printed.
struct KnownRecordRow {
  std::string record;            ///< SOURCE/ORDER: unique, also the name of its sealed record
  std::string source, order_id;  ///< the station's name and its order number
  std::string person, content;   ///< keyed hashes
  std::string file;              ///< SHA-256 of the file it came in
  std::string erased;            ///< why its personal record was deleted; "" = it is there
};

/// A body that sort mode saw and that is no card of this ledger; its name is sighting_name(seen.id).
struct FoundRow {
  SightingRow seen;
  std::string place;   ///< the bin it was put into, or where it was moved to
  std::string state;   ///< kept, handed-on, destroyed, identified
  std::string detail;  ///< to whom; which berita acara; which card it is
};

/// A card of this ledger that sort mode found damaged or wrong, until people have looked at it.
struct DoubtRow {
  std::string card;
  SightingRow seen;
};

/// Threads and errors: as Ledger. Error internal in a ledger opened for reading that an earlier version
/// wrote.
class BoxView {
 public:
  explicit BoxView(const Ledger& ledger) : ledger_(ledger) {}

  Result<std::optional<BoxRow>> box(std::string_view name) const;
  /// All, in the order in which they were opened.
  Result<std::vector<BoxRow>> boxes() const;
  /// The card that was recorded last in this box.
  Result<std::optional<SightingRow>> last_in(std::string_view box) const;
  /// Every sighting of this person that counts: not those of a box whose cards pass once more elsewhere.
  Result<std::vector<SightingRow>> sightings_of(std::string_view person) const;
  /// Every sighting of a card of this order, also those that count no more.
  Result<std::vector<SightingRow>> sightings_of_order(std::string_view order_id) const;
  /// Every sighting, oldest first.
  Result<void> each_sighting(const std::function<void(const SightingRow&)>& visit) const;
  /// How many there were; the next has this number and one as its id.
  Result<std::uint64_t> sightings() const;
  /// Those that count of cards with this chip.
  Result<std::vector<SightingRow>> sightings_with_uid(std::string_view uid) const;
  /// How many cards of a box have each verdict.
  Result<std::map<std::string, std::uint64_t, std::less<>>> tally(std::string_view box) const;

  Result<std::vector<KnownRecordRow>> records_of(std::string_view person) const;
  Result<std::optional<KnownRecordRow>> record(std::string_view name) const;
  Result<std::uint64_t> records() const;

  /// By the name of its sighting (S0000012). Those of a box whose cards passed once more are none.
  Result<std::optional<FoundRow>> found(std::string_view name) const;
  /// In the order in which they were seen; `closed`: also those that have gone on.
  Result<std::vector<FoundRow>> found_cards(bool closed) const;
  Result<std::optional<DoubtRow>> doubt(std::string_view card) const;
  Result<std::vector<DoubtRow>> doubts() const;

 private:
  const Ledger& ledger_;
};

}  // namespace ktp::ledger
