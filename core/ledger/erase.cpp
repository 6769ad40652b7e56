// SPDX-License-Identifier: Apache-2.0
// When a personal record may be deleted: nobody needs it to print, to hand over or to explain a card.
#include "domain/card.hpp"
#include "ledger/event_rules.hpp"
#include "ledger/ledger_impl.hpp"

namespace ktp::ledger {

Result<void> Projection::erase_event(const Event& event) {
  {
    SQLite::Statement& order = sql("SELECT state, erased FROM orders WHERE order_id = ?");
    order.bind(1, event.order_id);
    const Done done{order};
    if (!order.executeStep()) return illegal(event, "no such order");
    if (!order.getColumn(1).getString().empty()) return illegal(event, "its record was deleted already");
    const std::string state = order.getColumn(0).getString();
    if (state != "done" && state != "held")
      return illegal(event, "the order is " + state + " and may still be printed");
  }
  const std::string reason = text_of(event, "reason");
  if (reason.empty()) return illegal(event, "it needs a reason");
  {
    SQLite::Statement& cards = sql("SELECT card, state FROM cards WHERE order_id = ?");
    cards.bind(1, event.order_id);
    const Done done{cards};
    while (cards.executeStep()) {
      const auto state = card_state_from(cards.getColumn(1).getString());
      if (!state || !is_final(*state))
        return illegal(event, "card " + cards.getColumn(0).getString() + " is " +
                                  cards.getColumn(1).getString() +
                                  "; delivered and destroyed cards need nothing more");
    }
  }
  run("UPDATE orders SET erased = ? WHERE order_id = ?", {reason, event.order_id});
  return {};
}

}  // namespace ktp::ledger
