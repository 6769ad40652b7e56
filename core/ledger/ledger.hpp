// SPDX-License-Identifier: Apache-2.0
// The door of the ledger room: the append-only log of everything that happened to every order, card and
// blank, and the tables built from it. Events are the truth; a table row exists only because an event said
// so, in the same transaction.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/card.hpp"
#include "domain/error.hpp"
#include "domain/order.hpp"
#include "ledger/event.hpp"

namespace ktp::ledger {

struct OrderRow {
  std::string order_id, batch, state, reason, person, content, region;
  std::int64_t row = 0;
  std::string erased;  ///< why its personal record was deleted; "" = it is there
};

struct CardRow {
  std::string card, order_id, token, uid, verdict, bin, replaces;
  CardState state = CardState::committed;
  std::uint64_t counter_before = 0;    ///< the printer's counter when the print command went out
  std::uint64_t number = 0;            ///< the printer's counter when this card was fed; 0 = not known
  std::string device;                  ///< the printer that was told to print it; "" = none yet
  std::string place;                   ///< where somebody signed for having it since it was withdrawn
  std::string reprint;                 ///< why somebody asked for another card in its place; "" = nobody did
  std::string asked_by, confirmed_by;  ///< the two people; `confirmed_by` "" until there are two
};

/// Why no other card may be printed in place of this one, in words that go on from its name; "" if one may
/// where two people decide it: the card is dead, and lies where somebody can find it.
[[nodiscard]] std::string why_not_reprinted(const CardRow& card);

/// The terms of docs/contracts.md section 2, in its order; `received` first.
inline constexpr std::array<std::string_view, 14> kBalanceTerms{
    "received", "in_stock",  "in_machine", "good",      "damaged",     "duplicate", "mismatch",
    "review",   "withdrawn", "spoiled",    "destroyed", "handed_over", "unknown",   "discrepancy"};

struct Balance {
  std::map<std::string, std::int64_t, std::less<>> terms;

  [[nodiscard]] std::int64_t at(std::string_view term) const;
  /// received = sum of the other terms.
  [[nodiscard]] bool sums() const;
  /// sums(), and nothing is unknown or unexplained: what exit code 0 promises.
  [[nodiscard]] bool closes() const;
};

/// A personal record that belongs to an order, already sealed (personal.hpp); stored beside the log, never in
/// it.
struct SealedRecord {
  std::string order_id;
  std::vector<std::uint8_t> bytes;
};

using Clock = std::function<std::chrono::system_clock::time_point()>;

/// The log's signed head (docs/contracts.md section 4) and the public key that opens it.
struct LogHead {
  std::string checkpoint, key;
};

/// What a verification is held against beside the database itself.
struct VerifyAgainst {
  /// A public key's line as it was published, the present one or one before it; "" = as the station has it.
  std::string key;
  std::vector<std::string> checkpoints;  ///< heads that others kept: the log must begin with what they saw
};

/// Threads: every member may be called from any thread; calls are serialised inside. One process writes at a
/// time (DataLock); readers in other processes see committed events.
class Ledger {
 public:
  /// Opens DIR/ledger.sqlite, making it if `write`. Errors: input_missing (nothing there to read), bad_data
  /// (not a ledger, of a newer version, or, when writing, changed behind its head), configuration (the key
  /// that signs its head is missing, or another), internal.
  /// `clock` is what events are timed by; the system's unless given.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& dir, bool write, Clock clock = {});
  /// Opens a ledger in a file of any name for reading: a backup (backup.hpp).
  static Result<std::unique_ptr<Ledger>> open_file(const std::filesystem::path& file);
  ~Ledger();

  /// Appends all events and records in one durable transaction, or none. An event that is illegal in the
  /// present state (the card's state table, one live card a person, stock below zero) is refused with error
  /// `internal` naming it.
  Result<void> append(const std::vector<Event>& events, const std::vector<SealedRecord>& records = {});

  Result<std::optional<OrderRow>> order(std::string_view order_id) const;
  /// The order that holds this person's place: accepted, held, printing or done.
  Result<std::optional<OrderRow>> order_of_person(std::string_view person) const;
  /// True if exactly this refusal was logged before.
  Result<bool> refused_before(std::string_view order_id, std::string_view content,
                              std::string_view reason) const;
  /// Every order once, refused ones included, in log order.
  Result<void> each_order(const std::function<void(const OrderRow&)>& visit) const;
  Result<std::vector<std::string>> order_ids(std::string_view batch, OrderState state) const;
  Result<std::vector<std::uint8_t>> record(std::string_view order_id) const;
  Result<void> each_record(
      const std::function<void(const std::string& order_id, std::vector<std::uint8_t> bytes)>& visit) const;

  Result<std::optional<CardRow>> card(std::string_view card) const;
  Result<void> each_card(const std::function<void(const CardRow&)>& visit) const;
  Result<std::vector<CardRow>> cards_of(std::string_view order_id) const;
  /// Cards whose way is not finished: committed, printing, unknown, printed, inspected, or spoiled without a
  /// bin.
  Result<std::vector<CardRow>> open_cards() const;
  /// Orders that are done, whose cards are all at their end, whose record is there and whose last event is
  /// from before `time` (RFC 3339 UTC); with that event's time, the oldest first.
  Result<std::vector<std::pair<std::string, std::string>>> finished_before(std::string_view time) const;
  /// Cards that another one was asked for in the place of, and none was begun yet.
  Result<std::vector<CardRow>> reprints_open() const;
  /// Other cards that were ever seen with this chip UID, by the printer or by a reader.
  Result<std::vector<std::string>> cards_with_uid(std::string_view uid, std::string_view except_card) const;
  /// The card's events, oldest first, one JSON line each.
  Result<std::vector<std::string>> trail(std::string_view card) const;
  Result<std::vector<std::string>> trail_of_order(std::string_view order_id) const;
  /// Every event of one type, oldest first, one JSON line each.
  Result<std::vector<std::string>> lines_of_type(std::string_view type) const;

  Result<Balance> balance() const;
  /// The balance after the last event at or before `time` (RFC 3339 UTC, or the beginning of one: 2026-11-23,
  /// 2026-11-23T14:30), built from the events alone. Error bad_data if it is not such a time.
  Result<Balance> balance_at(std::string_view time) const;
  /// Blanks that the ledger believes to be in the hopper of this printer: those loaded, less those fed. A
  /// card that is printing or committed has, as far as the ledger can know, not left the hopper; an unknown
  /// one has.
  Result<std::int64_t> hopper_expected(std::string_view device) const;
  /// Cards of this printer of which nobody knows what became of them: unknown ones, and those whose print has
  /// no end in the log yet.
  Result<std::int64_t> unknown_of(std::string_view device) const;
  /// How many bodies the log knows of (every card that was fed): what a counter that began at zero would
  /// show.
  Result<std::uint64_t> highest_number() const;

  Result<std::optional<std::string>> batch_with_file(std::string_view file_hash) const;
  /// Names for the next batch and card: "1", "2", ... and "C0000001", ... Unique; card names are handed out
  /// once a process.
  Result<std::string> next_batch() const;
  Result<std::string> next_card();

  Result<std::uint64_t> size() const;  ///< number of events
  /// Visits at most `most` events after number `seq`, oldest first, and returns the number of the last one
  /// visited (`seq` if there was none). Costs nothing to speak of when there are none: for whoever follows
  /// the log.
  Result<std::uint64_t> lines_after(std::uint64_t seq, std::size_t most,
                                    const std::function<void(std::string_view line)>& visit) const;
  /// The number of the last event before `time` (RFC 3339 UTC), 0 if there is none.
  Result<std::uint64_t> last_before(std::string_view time) const;
  /// Wall time that appending took so far in this process, waiting for the disk included.
  [[nodiscard]] double append_seconds() const;
  /// Visits every event as one JSON line, oldest first, and returns the head over exactly these lines, also
  /// while another process appends. Error bad_data if the log has no head yet (written by an earlier version,
  /// and not written to since).
  Result<LogHead> each_line(const std::function<void(std::string_view line)>& visit) const;
  Result<LogHead> head() const;
  /// Signs a text as the log does its head (HeadKey::sign); for papers that leave the house. Error internal
  /// when opened for reading.
  Result<std::string> sign(std::string_view text) const;
  /// Deletes personal records: event record-erased, or other-record-erased of another station's, and the
  /// stored bytes go in one transaction, and the pages are written over. Their keys are deleted by the caller
  /// (retention.hpp), after that. Only orders whose cards are all at their end have no further need of a
  /// record; error internal otherwise.
  Result<void> erase_records(const std::vector<Event>& events);
  /// Changes the key that signs heads: event head-key-rotated with the new key, endorsed by the old one, in
  /// one transaction with the first head that the new key signs. Cut off anywhere, the next writer finishes
  /// it or nothing happened. The old secret key is gone afterwards. Returns the new head. Errors: internal
  /// (opened for reading, disk full), configuration (the key file cannot be written).
  Result<LogHead> rotate_head_key(const std::string& actor);
  /// Proves the log: the database is whole, every line is where the tree has it, the stored head is signed by
  /// this log's key over these lines, every change of that key was endorsed by the one before, the columns
  /// beside a line repeat it, every table follows from the events, and every checkpoint given is of a
  /// beginning of this log. The first difference in words, or nothing.
  Result<std::optional<std::string>> verify(const VerifyAgainst& against = {}) const;

 private:
  friend class BoxView;
  friend class CustodyView;
  Ledger();
  static Result<std::unique_ptr<Ledger>> open_at(const std::filesystem::path& file, bool write, Clock clock);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ktp::ledger
