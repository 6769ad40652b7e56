// SPDX-License-Identifier: Apache-2.0
// The tables that events do not build, version by version.
#include "ledger/event_line.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

// Version 2: one row, written in the transaction of the events it covers. `edge` is TreeEdge::to_bytes.
constexpr const char* kHead =
    "CREATE TABLE head(id INTEGER PRIMARY KEY CHECK(id = 1), size INTEGER NOT NULL, edge BLOB NOT NULL, "
    "checkpoint TEXT NOT NULL, key TEXT NOT NULL)";

}  // namespace

void create_log(SQLite::Database& db) {
  // `line` is the event exactly as it is exported and hashed; the columns beside it only find it.
  db.exec(R"(
    CREATE TABLE events(seq INTEGER PRIMARY KEY, time TEXT NOT NULL, type TEXT NOT NULL, order_id TEXT NOT NULL,
      card TEXT NOT NULL, line TEXT NOT NULL);
    CREATE INDEX events_card ON events(card) WHERE card <> '';
    CREATE INDEX events_order ON events(order_id) WHERE order_id <> '';
    CREATE TABLE records(order_id TEXT PRIMARY KEY, sealed BLOB NOT NULL);
  )");
  for (const char* trigger : kEventTriggers) db.exec(trigger);
  db.exec(kHead);
}

Result<void> upgrade_log(SQLite::Database& db, Projection& projection, int version) {
  if (version < 2) db.exec(kHead);  // filled by the first writer, over the lines that are there
  // Version 3 adds projected tables (seals, sealed_cards), version 4 the printer of a card and the hoppers,
  // version 5 what became of item numbers that are over, version 6 where withdrawn cards are, who decided
  // about reprints, and every chip UID that a card was seen with, version 7 boxes of cards printed earlier,
  // sightings in them and records of other stations, version 8 which of these were deleted: what is projected
  // is built anew, from the events that have it all.
  for (const char* table : kProjectedTables) db.exec(std::string("DROP TABLE IF EXISTS ") + table);
  projection.create_tables();
  SQLite::Statement lines(db, "SELECT line FROM events ORDER BY seq");
  while (lines.executeStep())
    if (auto applied =
            projection.apply(event_from_json(nlohmann::ordered_json::parse(lines.getColumn(0).getString())));
        !applied)
      return applied;
  return {};
}

}  // namespace ktp::ledger
