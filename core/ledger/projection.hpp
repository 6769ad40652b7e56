// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <memory>
#include <string>

#include "domain/card.hpp"
#include "domain/error.hpp"
#include "ledger/event.hpp"

namespace ktp::ledger {

/// The tables built from events. The same code runs when an event is appended and when everything is rebuilt,
/// so a table can never say what no event said. Uses one database connection; the caller holds the
/// transaction.
class Projection {
 public:
  explicit Projection(SQLite::Database& db) : db_(db) {}

  /// Makes the tables if they are not there.
  void create_tables();
  /// Error internal if the event is illegal in the present state. May throw SQLite::Exception.
  Result<void> apply(const Event& event);

 private:
  SQLite::Statement& sql(const char* text);
  void run(const char* text, const std::initializer_list<std::string>& values);
  /// Books blanks into (or, negative, out of) the hopper of a printer.
  void book_hopper(const std::string& device, std::int64_t count);
  Result<void> move_blanks(std::string_view from, std::string_view to, std::int64_t count);
  Result<void> card_event(const Event& event);
  Result<void> chip_event(const Event& event);
  void seen_with(const std::string& card, const std::string& uid);
  Result<void> commit_blank(const Event& event);
  Result<void> order_event(const Event& event);
  Result<void> reprint_event(const Event& event);
  Result<void> erase_event(const Event& event);
  Result<void> blank_event(const Event& event);
  Result<void> custody_event(const Event& event);
  void create_box_tables();  // box_projection.cpp, with the five below
  Result<void> box_event(const Event& event);
  Result<void> sighted(const Event& event);
  Result<void> found_event(const Event& event);
  Result<void> clear_doubt(const Event& event);
  Result<void> doubts_of_card(const Event& event, CardEvent what);
  Result<void> may_override(const Event& event, const std::string& order_id, CardState from,
                            const std::string& was);
  Result<void> custody_of_card(const Event& event, CardEvent what, CardState from, const std::string& bin);

  SQLite::Database& db_;
  std::map<const char*, std::unique_ptr<SQLite::Statement>> cache_;
};

/// Names of the projected tables, for comparing two databases.
inline constexpr const char* kProjectedTables[] = {
    "orders",    "refusals",      "cards",       "reprints", "terms", "batches",
    "seals",     "sealed_cards",  "past_items",  "hoppers",  "chips", "boxes",
    "sightings", "known_records", "found_cards", "doubts"};

}  // namespace ktp::ledger
