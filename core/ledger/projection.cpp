// SPDX-License-Identifier: Apache-2.0
#include "ledger/projection.hpp"

#include <optional>

#include "domain/card.hpp"
#include "domain/verdict.hpp"
#include "ledger/event_rules.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

namespace {

// Where the blank of a card in this state is, in the words of the balance.
std::string term_of(CardState state, const std::string& bin) {
  switch (state) {
    case CardState::committed:
    case CardState::not_started:
    case CardState::printing:
    case CardState::printed:
    case CardState::inspected:
      return "in_machine";
    case CardState::sorted:
    case CardState::sealed:
      return bin;
    case CardState::handed_over:
    case CardState::delivered:
    case CardState::returned:
      return "handed_over";
    case CardState::withdrawn:
      return "withdrawn";
    case CardState::spoiled:
      return "spoiled";
    case CardState::destroyed:
      return "destroyed";
    case CardState::unknown:
      return "unknown";
  }
  return "unknown";
}

// Has the blank of a card in this state left the hopper, as far as the ledger can know?
bool was_fed(CardState state) {
  return state != CardState::committed && state != CardState::not_started && state != CardState::printing;
}

// The only printer's name in logs of before there could be several; discrepancies did not name it.
constexpr const char* kFirstPrinter = "printer";

std::optional<CardEvent> card_event_of(const Event& event) {
  const std::string outcome = text_of(event, "outcome");
  if (event.type == "print-started") return CardEvent::print_started;
  if (event.type == "print-ended") {
    if (outcome == "not-started") return CardEvent::print_ended_not_started;
    if (outcome == "printed") return CardEvent::print_ended_printed;
    if (outcome == "spoiled") return CardEvent::print_ended_spoiled;
    if (outcome == "unknown") return CardEvent::print_ended_unknown;
  }
  if (event.type == "settled") {
    if (outcome == "not-started") return CardEvent::settled_not_started;
    if (outcome == "printed") return CardEvent::settled_printed;
    if (outcome == "spoiled") return CardEvent::settled_spoiled;
  }
  for (const CardEvent plain :
       {CardEvent::judged, CardEvent::overridden, CardEvent::sorted, CardEvent::sealed, CardEvent::unsealed,
        CardEvent::handed_over, CardEvent::delivered, CardEvent::returned, CardEvent::redistributed,
        CardEvent::received_back, CardEvent::withdrawn, CardEvent::destroyed, CardEvent::lost})
    if (to_string(plain) == event.type) return plain;
  return std::nullopt;
}

}  // namespace

void Projection::create_tables() {
  db_.exec(R"(
    CREATE TABLE IF NOT EXISTS orders(order_id TEXT PRIMARY KEY, batch TEXT NOT NULL, row INTEGER NOT NULL, person TEXT NOT NULL,
      content TEXT NOT NULL, region TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, erased TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS orders_person ON orders(person);
    CREATE INDEX IF NOT EXISTS orders_batch ON orders(batch, state, row);
    CREATE TABLE IF NOT EXISTS refusals(order_id TEXT NOT NULL, content TEXT NOT NULL, reason TEXT NOT NULL, batch TEXT NOT NULL,
      row INTEGER NOT NULL, PRIMARY KEY(order_id, content, reason)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS cards(card TEXT PRIMARY KEY, order_id TEXT NOT NULL, token TEXT NOT NULL UNIQUE, uid TEXT NOT NULL,
      state TEXT NOT NULL, verdict TEXT NOT NULL, bin TEXT NOT NULL, replaces TEXT NOT NULL, counter_before INTEGER NOT NULL,
      number INTEGER NOT NULL, device TEXT NOT NULL, place TEXT NOT NULL DEFAULT '', reprint TEXT NOT NULL DEFAULT '',
      asked_by TEXT NOT NULL DEFAULT '', confirmed_by TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS cards_reprint ON cards(card) WHERE reprint <> '';
    CREATE TABLE IF NOT EXISTS hoppers(device TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS cards_order ON cards(order_id);
    CREATE TABLE IF NOT EXISTS chips(uid TEXT NOT NULL, card TEXT NOT NULL, PRIMARY KEY(uid, card)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS cards_open ON cards(state) WHERE state IN ('committed','printing','printed','inspected','unknown','spoiled');
    CREATE TABLE IF NOT EXISTS reprints(card TEXT PRIMARY KEY, order_id TEXT NOT NULL, replaces TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS terms(term TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS batches(batch TEXT PRIMARY KEY, file TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS seals(seal TEXT PRIMARY KEY, region TEXT NOT NULL, count INTEGER NOT NULL, taken_by TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sealed_cards(card TEXT PRIMARY KEY, seal TEXT NOT NULL, item TEXT NOT NULL UNIQUE, post TEXT NOT NULL,
      post_date TEXT NOT NULL, post_detail TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sealed_cards_seal ON sealed_cards(seal);
    CREATE TABLE IF NOT EXISTS past_items(item TEXT NOT NULL, post TEXT NOT NULL, post_date TEXT NOT NULL,
      post_detail TEXT NOT NULL, card TEXT NOT NULL, PRIMARY KEY(item, post, post_date, post_detail)) WITHOUT ROWID;
  )");
  create_box_tables();
  for (const std::string_view term : kBalanceTerms)
    run("INSERT OR IGNORE INTO terms(term, n) VALUES(?, 0)", {std::string(term)});
}

SQLite::Statement& Projection::sql(const char* text) {
  auto& slot = cache_[text];
  if (!slot) slot = std::make_unique<SQLite::Statement>(db_, text);
  slot->tryReset();  // reset() would throw the failure of the statement's last run once more
  slot->clearBindings();
  return *slot;
}

void Projection::run(const char* text, const std::initializer_list<std::string>& values) {
  SQLite::Statement& statement = sql(text);
  int index = 0;
  for (const std::string& value : values) statement.bind(++index, value);
  statement.exec();
}

Result<void> Projection::move_blanks(std::string_view from, std::string_view to, std::int64_t count) {
  if (from == to || count == 0) return {};
  const auto add = [&](std::string_view term, std::int64_t n) {
    SQLite::Statement& statement = sql("UPDATE terms SET n = n + ? WHERE term = ?");
    statement.bind(1, n);
    statement.bind(2, std::string(term));
    if (statement.exec() != 1) throw SQLite::Exception("no such balance term: " + std::string(term));
  };
  if (!from.empty()) add(from, -count);
  if (!to.empty()) add(to, count);
  if (!from.empty() && from != "discrepancy") {
    SQLite::Statement& left = sql("SELECT n FROM terms WHERE term = ?");
    left.bind(1, std::string(from));
    const Done done{left};
    if (left.executeStep() && left.getColumn(0).getInt64() < 0)
      return fail(ErrorCode::internal, "ledger refuses to take " + std::to_string(count) + " blanks from " +
                                           std::string(from) + ": fewer are there");
  }
  return {};
}

void Projection::book_hopper(const std::string& device, std::int64_t count) {
  SQLite::Statement& book = sql(
      "INSERT INTO hoppers(device, n) VALUES(?1, ?2) ON CONFLICT(device) DO UPDATE SET n = n + excluded.n");
  book.bind(1, device);
  book.bind(2, count);
  book.exec();
}

Result<void> Projection::apply(const Event& event) {
  if (event.type.starts_with("blanks-") || event.type == "discrepancy") return blank_event(event);
  if (event.type.starts_with("order-") || event.type == "reprint-decided" || event.type == "batch-opened")
    return order_event(event);
  if (event.type == "blank-committed") return commit_blank(event);
  if (event.type.starts_with("reprint-")) return reprint_event(event);
  if (event.type == kRecordErased) return erase_event(event);
  if (event.type == "located") {
    run("UPDATE cards SET place = ? WHERE card = ? AND state = 'withdrawn'",
        {text_of(event, "at"), event.card});
    return {};
  }
  if (event.type == "batch-sealed" || event.type == "batch-handed-over" || event.type == "post-entered")
    return custody_event(event);
  if (event.type == "chip-read") return chip_event(event);
  if (event.type.starts_with("box-") || event.type == "record-known" || event.type == "sighted" ||
      event.type == kOtherErased)
    return box_event(event);
  if (event.type.starts_with("found-")) return found_event(event);
  if (event.type == "doubt-cleared") return clear_doubt(event);
  if (card_event_of(event)) return card_event(event);
  return {};  // tells something (captured, inspected, balanced, device-fault, ...) but changes no state
}

Result<void> Projection::blank_event(const Event& event) {
  const std::int64_t count = number_of(event, "count");
  std::string device = text_of(event, "device");
  if (device.empty()) device = kFirstPrinter;
  if (event.type == "discrepancy") {
    if (text_of(event, "term") == "in_machine") book_hopper(device, -count);
    return move_blanks(text_of(event, "term"), "discrepancy", count);
  }
  if (count <= 0) return illegal(event, "count must be positive");
  const bool issued = event.type == "blanks-issued";  // to another place: not this ledger's any more
  if (issued || event.type == "blanks-received" || event.type == "blanks-returned") {
    run("UPDATE terms SET n = n + CAST(? AS INTEGER) WHERE term = 'received'",
        {std::to_string(issued ? -count : count)});
    return issued ? move_blanks("in_stock", "", count) : move_blanks("", "in_stock", count);
  }
  if (event.type == "blanks-loaded" || event.type == "blanks-unloaded") {
    const bool loaded = event.type == "blanks-loaded";
    book_hopper(device, loaded ? count : -count);
    return loaded ? move_blanks("in_stock", "in_machine", count)
                  : move_blanks("in_machine", "in_stock", count);
  }
  return illegal(event, "no such event");
}

Result<void> Projection::order_event(const Event& event) {
  if (event.type == "batch-opened") {
    run("INSERT INTO batches(batch, file) VALUES(?, ?)", {event.batch, text_of(event, "file")});
  } else if (event.type == "order-accepted") {
    SQLite::Statement& insert =
        sql("INSERT INTO orders(order_id, batch, row, person, content, region, state, reason) VALUES(?, ?, "
            "?, ?, ?, ?, 'accepted', '')");
    insert.bind(1, event.order_id);
    insert.bind(2, event.batch);
    insert.bind(3, number_of(event, "row"));
    insert.bind(4, text_of(event, "person"));
    insert.bind(5, text_of(event, "content"));
    insert.bind(6, text_of(event, "region"));
    insert.exec();
  } else if (event.type == "order-refused") {
    SQLite::Statement& insert =
        sql("INSERT OR IGNORE INTO refusals(order_id, content, reason, batch, row) VALUES(?, ?, ?, ?, ?)");
    insert.bind(1, event.order_id);
    insert.bind(2, text_of(event, "content"));
    insert.bind(3, text_of(event, "reason"));
    insert.bind(4, event.batch);
    insert.bind(5, number_of(event, "row"));
    insert.exec();
  } else if (event.type == "order-held") {
    run("UPDATE orders SET state = 'held', reason = ? WHERE order_id = ?",
        {text_of(event, "reason"), event.order_id});
  } else if (event.type == "order-released") {
    SQLite::Statement& order = sql("SELECT erased FROM orders WHERE order_id = ?");
    order.bind(1, event.order_id);
    const Done done{order};
    if (order.executeStep() && !order.getColumn(0).getString().empty())
      return illegal(event, "its personal record was deleted; nothing can be printed for it");
    run("UPDATE orders SET state = 'accepted', reason = '' WHERE order_id = ?", {event.order_id});
  } else if (event.type == "reprint-decided") {
    run("INSERT INTO reprints(card, order_id, replaces) VALUES(?, ?, ?)",
        {event.card, event.order_id, text_of(event, "replaces")});
  }
  return {};
}

Result<void> Projection::commit_blank(const Event& event) {
  {
    SQLite::Statement& order = sql("SELECT state FROM orders WHERE order_id = ?");
    order.bind(1, event.order_id);
    const Done done{order};
    if (!order.executeStep()) return illegal(event, "no such order");
    const std::string state = order.getColumn(0).getString();
    if (state != "accepted" && state != "printing") return illegal(event, "the order is " + state);
  }
  // One person, one live card: a person has one order (unique index), and an order's earlier cards must all
  // be dead, each further card decided beforehand. An unknown card is live until evidence settles it.
  std::string replaces;
  {
    bool first = true;
    SQLite::Statement& cards = sql("SELECT card, state, verdict, confirmed_by FROM cards WHERE order_id = ?");
    cards.bind(1, event.order_id);
    const Done done{cards};
    while (cards.executeStep()) {
      first = false;
      const auto state = card_state_from(cards.getColumn(1).getString());
      if (!state || is_live(*state, cards.getColumn(2).getString()))
        return illegal(event, "card " + cards.getColumn(0).getString() + " of the same order is still live");
      if (!replaced_by_rule(*state, cards.getColumn(2).getString()) && cards.getColumn(3).getString().empty())
        return illegal(event, "card " + cards.getColumn(0).getString() +
                                  " is replaced only where two people decided it (reprint)");
    }
    if (!first) {
      SQLite::Statement& decided = sql("SELECT replaces FROM reprints WHERE card = ? AND order_id = ?");
      decided.bind(1, event.card);
      decided.bind(2, event.order_id);
      const Done looked{decided};
      if (!decided.executeStep()) return illegal(event, "a further card needs reprint-decided first");
      replaces = decided.getColumn(0).getString();
    }
  }
  run("INSERT INTO cards(card, order_id, token, uid, state, verdict, bin, replaces, counter_before, number, "
      "device) VALUES(?, ?, ?, '', 'committed', '', '', ?, 0, 0, '')",
      {event.card, event.order_id, event.token, replaces});
  run("UPDATE orders SET state = 'printing' WHERE order_id = ?", {event.order_id});
  return {};
}

Result<void> Projection::card_event(const Event& event) {
  const CardEvent what = *card_event_of(event);
  std::string bin, verdict, order_id, device;
  CardState from{};
  {
    SQLite::Statement& card = sql("SELECT state, bin, verdict, order_id, device FROM cards WHERE card = ?");
    card.bind(1, event.card);
    const Done done{card};
    if (!card.executeStep()) return illegal(event, "no such card");
    const auto state = card_state_from(card.getColumn(0).getString());
    if (!state) return illegal(event, "the card's state is not a known word");
    from = *state;
    bin = card.getColumn(1).getString();
    verdict = card.getColumn(2).getString();
    order_id = card.getColumn(3).getString();
    device = card.getColumn(4).getString();
  }
  const auto to = next_state(from, what);
  if (!to) return illegal(event, "the card is " + std::string(to_string(from)));
  const std::string term_before = term_of(from, bin);
  if (what == CardEvent::judged) verdict = text_of(event, "verdict");
  if (what == CardEvent::overridden) {
    if (auto allowed = may_override(event, order_id, from, verdict); !allowed) return allowed;
    verdict = text_of(event, "verdict");
  }
  if (what == CardEvent::sorted) {
    bin = text_of(event, "bin");
    if (from == CardState::inspected && bin != verdict)
      return illegal(event, "bin " + bin + " is not the verdict " + verdict);
    if (from == CardState::spoiled && bin != "damaged")
      return illegal(event, "spoiled cards lie in bin damaged");
  }
  if (auto held = custody_of_card(event, what, from, bin); !held) return held;
  if (auto looked = doubts_of_card(event, what); !looked) return looked;
  run("UPDATE cards SET state = ?, verdict = ?, bin = ? WHERE card = ?",
      {std::string(to_string(*to)), verdict, bin, event.card});
  // Whoever signed for it since it was withdrawn has it no longer.
  if (from == CardState::withdrawn && to != CardState::destroyed)
    run("UPDATE cards SET place = '' WHERE card = ?", {event.card});
  if (what == CardEvent::print_started) {
    SQLite::Statement& told = sql("UPDATE cards SET counter_before = ?, device = ? WHERE card = ?");
    told.bind(1, number_of(event, "counter_before"));
    told.bind(2, text_of(event, "device"));
    told.bind(3, event.card);
    told.exec();
  }
  if (event.type == "print-ended" || event.type == "settled") {
    SQLite::Statement& body =
        sql("UPDATE cards SET uid = CASE WHEN ?1 <> '' THEN ?1 ELSE uid END, number = CASE WHEN ?2 > 0 THEN "
            "?2 ELSE number END WHERE card = ?3");
    body.bind(1, event.uid);
    body.bind(2, number_of(event, "number"));
    body.bind(3, event.card);
    body.exec();
    seen_with(event.card, event.uid);
  }
  if (was_fed(from) != was_fed(*to)) book_hopper(device, was_fed(*to) ? -1 : 1);
  if (what == CardEvent::sorted && bin == "good")
    run("UPDATE orders SET state = 'done', reason = '' WHERE order_id = ?", {order_id});
  return move_blanks(term_before, term_of(*to, bin), 1);
}

void Projection::seen_with(const std::string& card, const std::string& uid) {
  if (!uid.empty()) run("INSERT OR IGNORE INTO chips(uid, card) VALUES(?, ?)", {uid, card});
}

// The reader's word. A card keeps the UID that it was first seen with; that another one was read from it is
// remembered too, so that it is known wherever it turns up again.
Result<void> Projection::chip_event(const Event& event) {
  {
    SQLite::Statement& card = sql("SELECT state FROM cards WHERE card = ?");
    card.bind(1, event.card);
    const Done done{card};
    if (!card.executeStep()) return illegal(event, "no such card");
    const auto state = card_state_from(card.getColumn(0).getString());
    if (!state || !was_fed(*state) || *state == CardState::unknown)
      return illegal(event, "a card that is not known to be printed has no chip to read");
  }
  if (event.uid.empty()) return {};
  run("UPDATE cards SET uid = ? WHERE card = ? AND uid = ''", {event.uid, event.card});
  seen_with(event.card, event.uid);
  return {};
}

Result<void> Projection::custody_event(const Event& event) {
  const std::string seal = text_of(event, "seal");
  if (event.type == "batch-sealed") {
    // A blank that nobody can explain may be one of these cards: nothing leaves until it is explained.
    for (const char* term : {"unknown", "discrepancy"}) {
      SQLite::Statement& open = sql("SELECT n FROM terms WHERE term = ?");
      open.bind(1, term);
      const Done done{open};
      if (open.executeStep() && open.getColumn(0).getInt64() != 0)
        return illegal(event, std::string(term) + " is not zero; nothing is sealed until it is settled");
    }
    if (number_of(event, "count") <= 0) return illegal(event, "count must be positive");
    run("INSERT INTO seals(seal, region, count, taken_by) VALUES(?, ?, CAST(? AS INTEGER), '')",
        {seal, text_of(event, "region"), std::to_string(number_of(event, "count"))});
  } else if (event.type == "batch-handed-over") {
    SQLite::Statement& taken = sql("UPDATE seals SET taken_by = ? WHERE seal = ? AND taken_by = ''");
    taken.bind(1, text_of(event, "taken_by"));
    taken.bind(2, seal);
    if (text_of(event, "taken_by").empty()) return illegal(event, "taken_by must name who took it");
    if (taken.exec() != 1) return illegal(event, "there is no such sealed batch, or it was handed over");
  } else {
    run("UPDATE sealed_cards SET post = CASE WHEN post = '' THEN 'entered' ELSE post END WHERE card = ?",
        {event.card});
  }
  return {};
}

// A person's word against the station's. What makes a card one that its holder may have needs two people, and
// that nobody has, or is getting, another one.
Result<void> Projection::may_override(const Event& event, const std::string& order_id, CardState from,
                                      const std::string& was) {
  const std::string verdict = text_of(event, "verdict"), confirmed_by = text_of(event, "confirmed_by");
  if (!verdict_from(verdict) || verdict == was)
    return illegal(event, "from " + was + " to " + verdict + " is no change of verdict");
  if (event.actor == "station") return illegal(event, "only people override a verdict");
  if (text_of(event, "reason").empty()) return illegal(event, "an override needs a reason");
  if (verdict == "good" && (confirmed_by.empty() || confirmed_by == event.actor))
    return illegal(event, "a second person has to confirm that it is good");
  {
    // Held: nothing is being printed for it, and nobody has a card of it.
    SQLite::Statement& order = sql("SELECT state FROM orders WHERE order_id = ?");
    order.bind(1, order_id);
    const Done done{order};
    if (!order.executeStep()) return illegal(event, "no such order");
    if (const std::string state = order.getColumn(0).getString(); state != "held")
      return illegal(event, "its order is " + state + ", not held: another card of it may be under way");
  }
  if (!is_live(from, verdict)) return {};
  SQLite::Statement& cards = sql("SELECT card, state, verdict FROM cards WHERE order_id = ? AND card <> ?");
  cards.bind(1, order_id);
  cards.bind(2, event.card);
  const Done done{cards};
  while (cards.executeStep()) {
    const auto state = card_state_from(cards.getColumn(1).getString());
    if (!state || is_live(*state, cards.getColumn(2).getString()))
      return illegal(event, "card " + cards.getColumn(0).getString() + " of the same order is live");
  }
  return {};
}

// What sealing, handing over and post results mean beside the card's state.
Result<void> Projection::custody_of_card(const Event& event, CardEvent what, CardState from,
                                         const std::string& bin) {
  const auto post = [&](const char* word, const char* detail) {
    run("UPDATE sealed_cards SET post = ?, post_date = ?, post_detail = ? WHERE card = ?",
        {word, text_of(event, "date"), text_of(event, detail), event.card});
  };
  // A post file that comes once more, late, must still find what it says.
  const auto remember_item = [&] {
    run("INSERT OR IGNORE INTO past_items(item, post, post_date, post_detail, card) SELECT item, post, "
        "post_date, post_detail, card FROM sealed_cards WHERE card = ?",
        {event.card});
  };
  const auto seal_exists = [&](const std::string& seal) {
    SQLite::Statement& found = sql("SELECT 1 FROM seals WHERE seal = ? AND taken_by = ''");
    found.bind(1, seal);
    const Done done{found};
    return found.executeStep();
  };
  const auto has_item = [&] {
    SQLite::Statement& sent = sql("SELECT 1 FROM sealed_cards WHERE card = ?");
    sent.bind(1, event.card);
    const Done done{sent};
    return sent.executeStep();
  };
  switch (what) {
    case CardEvent::sealed: {
      const std::string seal = text_of(event, "seal"), item = text_of(event, "item");
      if (bin != "good") return illegal(event, "only good cards are sealed; this one lies in bin " + bin);
      if (!seal_exists(seal)) return illegal(event, "there is no open sealed batch " + seal);
      if (item.empty()) return illegal(event, "every sealed card needs an item number");
      {
        SQLite::Statement& used = sql("SELECT 1 FROM past_items WHERE item = ?");
        used.bind(1, item);
        const Done done{used};
        if (used.executeStep()) return illegal(event, "item number " + item + " was given out before");
      }
      run("INSERT OR REPLACE INTO sealed_cards(card, seal, item, post, post_date, post_detail) VALUES(?, ?, "
          "?, '', '', "
          "'')",
          {event.card, seal, item});
      break;
    }
    case CardEvent::unsealed:
    case CardEvent::received_back:
      remember_item();
      run("DELETE FROM sealed_cards WHERE card = ?", {event.card});
      break;
    case CardEvent::destroyed:
      if (text_of(event, "record").empty()) return illegal(event, "a destruction needs its berita acara");
      if (bin == "good" && from != CardState::withdrawn)
        return illegal(event, "a good card is withdrawn before it is destroyed");
      if (bin == "review" && from != CardState::withdrawn)
        return illegal(event, "a card in review is decided or withdrawn before it is destroyed");
      break;
    case CardEvent::delivered:
      if (from == CardState::withdrawn && !has_item()) return illegal(event, "the post never had this card");
      post("delivered", "relation");
      break;
    case CardEvent::returned:
      if (from == CardState::withdrawn && !has_item()) return illegal(event, "the post never had this card");
      post("returned", "reason");
      break;
    case CardEvent::redistributed:
      remember_item();
      post("", "to");
      break;
    default:
      break;
  }
  return {};
}

}  // namespace ktp::ledger
