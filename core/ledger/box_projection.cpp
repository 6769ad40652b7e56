// SPDX-License-Identifier: Apache-2.0
// The tables of boxes that passed under the camera and of cards that other stations printed: schema version
// 7, with what became of the records and of bodies that are no card of this ledger, version 8. Sightings move
// no blank and change no card's state; they say what lay under the camera.
#include <algorithm>
#include <array>

#include "domain/verdict.hpp"
#include "ledger/boxes.hpp"
#include "ledger/event_rules.hpp"
#include "ledger/ledger_impl.hpp"
#include "ledger/projection.hpp"

namespace ktp::ledger {

namespace {

constexpr std::array<std::string_view, 4> kWho{"known", "unknown", "contradiction", "cannot-tell"};

// A statement left in the middle of its rows would hold a read transaction open.
template <class... Values>
std::int64_t number_in(SQLite::Statement& statement, const Values&... values) {
  int index = 0;
  (statement.bind(++index, values), ...);
  const std::int64_t n = statement.executeStep() ? statement.getColumn(0).getInt64() : 0;
  statement.tryReset();
  return n;
}

}  // namespace

void Projection::create_box_tables() {
  db_.exec(R"(
    CREATE TABLE IF NOT EXISTS boxes(box TEXT PRIMARY KEY, again TEXT NOT NULL, first INTEGER NOT NULL, n INTEGER NOT NULL,
      counted INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sightings(id INTEGER NOT NULL UNIQUE, box TEXT NOT NULL, number INTEGER NOT NULL, who TEXT NOT NULL, person TEXT NOT NULL,
      order_id TEXT NOT NULL, card TEXT NOT NULL, uid TEXT NOT NULL, record TEXT NOT NULL, verdict TEXT NOT NULL,
      PRIMARY KEY(box, number)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sightings_person ON sightings(person) WHERE person <> '';
    CREATE INDEX IF NOT EXISTS sightings_order ON sightings(order_id) WHERE order_id <> '';
    CREATE INDEX IF NOT EXISTS sightings_uid ON sightings(uid) WHERE uid <> '';
    CREATE TABLE IF NOT EXISTS known_records(record TEXT PRIMARY KEY, source TEXT NOT NULL, order_id TEXT NOT NULL,
      person TEXT NOT NULL, content TEXT NOT NULL, file TEXT NOT NULL, erased TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS found_cards(id INTEGER PRIMARY KEY, place TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS found_cards_kept ON found_cards(id) WHERE state = 'kept';
    CREATE TABLE IF NOT EXISTS doubts(card TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS known_records_person ON known_records(person, source);
  )");
}

Result<void> Projection::box_event(const Event& event) {
  if (event.type == "sighted") return sighted(event);
  if (event.type == "box-opened") {
    const std::string box = text_of(event, "box"), again = text_of(event, "again");
    if (box.empty()) return illegal(event, "a box needs a name");
    if (number_in(sql("SELECT count(*) FROM boxes WHERE box = ?"), box) != 0)
      return illegal(event, "box " + box + " is open already");
    if (!again.empty()) {
      if (number_in(sql("SELECT count(*) FROM boxes WHERE box = ?"), again) == 0)
        return illegal(event, "there is no box " + again);
      if (number_in(sql("SELECT count(*) FROM boxes WHERE again = ?"), again) != 0)
        return illegal(event, "the cards of box " + again + " have passed once more already");
    }
    run("INSERT INTO boxes(box, again, first, n, counted) SELECT ?, ?, CAST(? AS INTEGER), count(*) + 1, 0 "
        "FROM boxes",
        {box, again, std::to_string(std::max<std::int64_t>(1, number_of(event, "first")))});
  } else if (event.type == "record-known") {
    if (text_of(event, "record").empty() || text_of(event, "source").empty() ||
        text_of(event, "person").empty())
      return illegal(event, "a record needs its name, source and person");
    run("INSERT INTO known_records(record, source, order_id, person, content, file) VALUES(?, ?, ?, ?, ?, ?)",
        {text_of(event, "record"), text_of(event, "source"), text_of(event, "source_order"),
         text_of(event, "person"), text_of(event, "content"), text_of(event, "file")});
  }
  if (event.type == kOtherErased) {
    const std::string record = text_of(event, "record"), reason = text_of(event, "reason");
    if (reason.empty()) return illegal(event, "it needs a reason");
    if (number_in(sql("SELECT count(*) FROM known_records WHERE record = ? AND erased = ''"), record) == 0)
      return illegal(event, "there is no record " + record + ", or it was deleted already");
    run("UPDATE known_records SET erased = ? WHERE record = ?", {reason, record});
  }
  if (event.type == "box-closed") {
    const std::string box = text_of(event, "box");
    if (number_in(sql("SELECT count(*) FROM boxes WHERE box = ? AND counted = 0"), box) == 0)
      return illegal(event, "there is no open box " + box);
    const std::int64_t counted = number_of(event, "counted"),
                       seen = number_in(sql("SELECT coalesce(max(number), 0) FROM sightings WHERE box = ?"),
                                        box);
    if (counted <= 0 || counted != seen)
      return illegal(event,
                     "counted are " + std::to_string(counted) + " cards, seen " + std::to_string(seen));
    run("UPDATE boxes SET counted = CAST(? AS INTEGER) WHERE box = ?", {std::to_string(counted), box});
  }
  return {};  // box-miscounted: tells something, changes nothing
}

Result<void> Projection::sighted(const Event& event) {
  const std::string box = text_of(event, "box"), who = text_of(event, "who"),
                    person = text_of(event, "person"), record = text_of(event, "record"),
                    verdict = text_of(event, "verdict");
  const std::int64_t number = number_of(event, "number");
  if (number_in(sql("SELECT count(*) FROM boxes WHERE box = ? AND counted = 0"), box) == 0)
    return illegal(event, "there is no open box " + box);
  if (number_in(sql("SELECT count(*) FROM boxes WHERE again = ?"), box) != 0)
    return illegal(event, "the cards of box " + box + " have passed once more; it takes no further one");
  if (number != number_in(sql("SELECT coalesce(max(number), 0) + 1 FROM sightings WHERE box = ?"), box))
    return illegal(event, "card " + std::to_string(number) + " is not the next of box " + box);
  if (std::ranges::find(kWho, who) == kWho.end()) return illegal(event, "who is not a known word");
  if (!verdict_from(verdict)) return illegal(event, "the verdict is not a known word");
  if (who == "known" && (person.empty() || (event.order_id.empty() && record.empty())))
    return illegal(event, "a known card names its person and its record");
  if (verdict == "good") {
    if (who != "known") return illegal(event, "only a card that is known can be good");
    // One person, one live card: whatever may still come to be handed out counts.
    if (number_in(sql("SELECT count(*) FROM sightings WHERE person = ? AND verdict IN ('good', 'review', "
                      "'duplicate') AND box NOT IN (SELECT again FROM boxes)"),
                  person) != 0)
      return illegal(event, "a card of the same person was seen before");
    if (!event.uid.empty() && number_in(sql("SELECT count(*) FROM sightings WHERE uid = ? AND uid <> '' AND "
                                            "box NOT IN (SELECT again FROM boxes)"),
                                        event.uid) != 0)
      return illegal(event, "a card with the same chip was seen before");
  }
  SQLite::Statement& insert =
      sql("INSERT INTO sightings(id, box, number, who, person, order_id, card, uid, record, verdict) "
          "VALUES((SELECT coalesce(max(id), 0) + 1 FROM sightings), ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, box);
  insert.bind(2, number);
  int index = 2;
  for (const std::string* text : {&who, &person, &event.order_id, &event.card, &event.uid, &record, &verdict})
    insert.bind(++index, *text);
  insert.exec();
  // A body that is no card of this ledger has an entry of its own, from where it was put.
  if (event.card.empty())
    run("INSERT INTO found_cards(id, place, state, detail) SELECT max(id), 'bin ' || ?, 'kept', '' FROM "
        "sightings",
        {verdict});
  const auto doubt = event.data.find("doubt");
  if (doubt != event.data.end() && doubt->is_boolean() && doubt->get<bool>()) {
    if (event.card.empty()) return illegal(event, "a doubt is about a card");
    run("INSERT OR REPLACE INTO doubts(card, id) SELECT ?, max(id) FROM sightings", {event.card});
  }
  return {};
}

Result<void> Projection::found_event(const Event& event) {
  const std::string name = text_of(event, "sighting");
  std::int64_t id = 0;
  for (std::size_t i = 1; i < name.size(); ++i)
    if (name[i] >= '0' && name[i] <= '9' && i < 18) id = id * 10 + (name[i] - '0');
  if (name != sighting_name(static_cast<std::uint64_t>(id)) ||
      number_in(sql("SELECT count(*) FROM found_cards WHERE id = ? AND state = 'kept'"), id) == 0)
    return illegal(event, "there is no found card " + name + ", or it is closed");
  const std::string key = std::to_string(id);
  if (event.type == "found-moved") {
    if (text_of(event, "at").empty()) return illegal(event, "it needs a place");
    run("UPDATE found_cards SET place = ? WHERE id = CAST(? AS INTEGER)", {text_of(event, "at"), key});
    return {};
  }
  std::string state, detail;
  if (event.type == "found-handed-on") {
    if (text_of(event, "to").empty() || text_of(event, "signed_by").empty())
      return illegal(event, "it needs to whom, and who signed");
    state = "handed-on", detail = text_of(event, "to");
  } else if (event.type == "found-destroyed") {
    if (text_of(event, "record").empty()) return illegal(event, "it needs a berita acara");
    state = "destroyed", detail = text_of(event, "record");
  } else if (event.type == "found-identified") {
    if (text_of(event, "confirmed_by").empty() || text_of(event, "confirmed_by") == event.actor)
      return illegal(event, "it needs a second person");
    if (number_in(sql("SELECT count(*) FROM cards WHERE card = ?"), event.card) == 0)
      return illegal(event, "there is no such card");
    state = "identified", detail = event.card;
  } else {
    return illegal(event, "no such event");
  }
  run("UPDATE found_cards SET state = ?, detail = ? WHERE id = CAST(? AS INTEGER)", {state, detail, key});
  return {};
}

Result<void> Projection::clear_doubt(const Event& event) {
  if (text_of(event, "confirmed_by").empty() || text_of(event, "confirmed_by") == event.actor)
    return illegal(event, "it needs a second person");
  if (number_in(sql("SELECT count(*) FROM doubts WHERE card = ?"), event.card) == 0)
    return illegal(event, "nothing is in doubt about it");
  run("DELETE FROM doubts WHERE card = ?", {event.card});
  return {};
}

Result<void> Projection::doubts_of_card(const Event& event, CardEvent what) {
  if (what == CardEvent::sealed || what == CardEvent::handed_over) {
    if (number_in(sql("SELECT count(*) FROM doubts WHERE card = ?"), event.card) != 0)
      return illegal(event, "sort mode found it damaged, and nobody has looked at it since");
  } else if (what == CardEvent::withdrawn || what == CardEvent::destroyed || what == CardEvent::lost) {
    run("DELETE FROM doubts WHERE card = ?", {event.card});
  }
  return {};
}

}  // namespace ktp::ledger
