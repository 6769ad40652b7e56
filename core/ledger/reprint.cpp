// SPDX-License-Identifier: Apache-2.0
// A further card where the rule gives none: one person asks for it, another one confirms it, and the old card
// is known to lie somewhere.
#include "domain/card.hpp"
#include "domain/words.hpp"
#include "ledger/event_rules.hpp"
#include "ledger/ledger.hpp"
#include "ledger/projection.hpp"

namespace ktp::ledger {

std::string why_not_reprinted(const CardRow& card) {
  if (is_live(card.state, card.verdict)) {
    if (card.state == CardState::unknown) return "is unknown: find it and settle it first";
    if (card.state == CardState::delivered) return "was delivered: its holder has it";
    if (card.verdict == "review") return "lies in review: an inspector decides about it first";
    if (next_state(card.state, CardEvent::withdrawn))
      return "is " + std::string(to_string(card.state)) +
             " and may still reach its holder: withdraw it first";
    return "is " + std::string(to_string(card.state)) + ": it has not reached its bin";
  }
  switch (card.state) {
    case CardState::not_started:  // there is no body to look for
    case CardState::destroyed:    // its record of destruction says where
      return "";
    case CardState::withdrawn:
      return card.place.empty() ? "is withdrawn and nobody signed for having it: locate it first" : "";
    default:
      return card.bin.empty() ? "is " + std::string(to_string(card.state)) + " and lies in no bin" : "";
  }
}

Result<void> Projection::reprint_event(const Event& event) {
  if (event.type != "reprint-asked" && event.type != "reprint-confirmed" && event.type != "reprint-dropped")
    return illegal(event, "no such event");
  CardRow card;
  {
    SQLite::Statement& row =
        sql("SELECT order_id, state, verdict, bin, place, reprint, asked_by, confirmed_by FROM cards WHERE "
            "card = ?");
    row.bind(1, event.card);
    const Done done{row};
    if (!row.executeStep()) return illegal(event, "no such card");
    const auto state = card_state_from(row.getColumn(1).getString());
    if (!state) return illegal(event, "the card's state is not a known word");
    card.order_id = row.getColumn(0).getString();
    card.state = *state;
    card.verdict = row.getColumn(2).getString();
    card.bin = row.getColumn(3).getString();
    card.place = row.getColumn(4).getString();
    card.reprint = row.getColumn(5).getString();
    card.asked_by = row.getColumn(6).getString();
    card.confirmed_by = row.getColumn(7).getString();
  }
  if (event.order_id != card.order_id) return illegal(event, "the card is of order " + card.order_id);
  if (event.actor.empty() || same_name(event.actor, "station"))
    return illegal(event, "only people decide about a reprint");
  {
    SQLite::Statement& later = sql("SELECT card FROM cards WHERE order_id = ? AND replaces = ?");
    later.bind(1, card.order_id);
    later.bind(2, event.card);
    const Done done{later};
    if (later.executeStep())
      return illegal(event, "card " + later.getColumn(0).getString() + " was begun in its place already");
  }
  if (event.type != "reprint-dropped") {
    SQLite::Statement& order = sql("SELECT erased FROM orders WHERE order_id = ?");
    order.bind(1, card.order_id);
    const Done done{order};
    if (order.executeStep() && !order.getColumn(0).getString().empty())
      return illegal(event, "the personal record of its order was deleted; nothing can be printed for it");
  }
  const std::string reason = text_of(event, "reason");
  const auto hold = [&](const std::string& why) {
    run("UPDATE orders SET state = 'held', reason = ? WHERE order_id = ?", {why, card.order_id});
  };
  if (event.type == "reprint-dropped") {
    if (card.reprint.empty()) return illegal(event, "nobody asked for another card in its place");
    if (reason.empty()) return illegal(event, "it needs a reason");
    run("UPDATE cards SET reprint = '', asked_by = '', confirmed_by = '' WHERE card = ?", {event.card});
    if (!is_live(card.state, card.verdict)) hold("card: " + event.card + " is not reprinted: " + reason);
    return {};
  }
  if (const std::string why = why_not_reprinted(card); !why.empty()) return illegal(event, "it " + why);
  {
    SQLite::Statement& others =
        sql("SELECT card, state, verdict FROM cards WHERE order_id = ? AND card <> ?");
    others.bind(1, card.order_id);
    others.bind(2, event.card);
    const Done done{others};
    while (others.executeStep()) {
      const auto state = card_state_from(others.getColumn(1).getString());
      if (!state || is_live(*state, others.getColumn(2).getString()))
        return illegal(event, "card " + others.getColumn(0).getString() + " of the same order is live");
    }
  }
  if (event.type == "reprint-asked") {
    if (!card.reprint.empty()) return illegal(event, card.asked_by + " asked for it already");
    if (reason.empty()) return illegal(event, "it needs a reason");
    run("UPDATE cards SET reprint = ?, asked_by = ? WHERE card = ?", {reason, event.actor, event.card});
    hold("card: " + event.actor + " asks for another one in place of " + event.card +
         "; a second person confirms it");
    return {};
  }
  if (card.reprint.empty()) return illegal(event, "nobody asked for another card in its place");
  if (!card.confirmed_by.empty()) return illegal(event, card.confirmed_by + " confirmed it already");
  if (same_name(event.actor, card.asked_by))
    return illegal(event, card.asked_by + " asked for it: somebody else confirms it");
  run("UPDATE cards SET confirmed_by = ? WHERE card = ?", {event.actor, event.card});
  run("UPDATE orders SET state = 'accepted', reason = '' WHERE order_id = ?", {card.order_id});
  return {};
}

}  // namespace ktp::ledger
