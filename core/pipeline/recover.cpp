// SPDX-License-Identifier: Apache-2.0
#include "pipeline/recover.hpp"

#include "pipeline/sort.hpp"

namespace ktp::pipeline {

Result<void> end_interrupted_print(Station& station, ledger::CardRow& card) {
  ledger::Event ended{
      .type = "print-ended", .order_id = card.order_id, .card = card.card, .token = card.token};
  // Committed but never started: print-started is on disk before the printer is told, so nothing moved.
  const bool started = card.state == CardState::printing;
  ended.data["outcome"] = started ? "unknown" : "not-started";
  ended.data["message"] = "the station stopped before the print ended";
  card.state = started ? CardState::unknown : CardState::not_started;
  return station.ledger.append({ended});
}

Result<std::optional<WaitingCard>> recover(Machine& machine, ledger::CardRow card) {
  Settlement found;
  if (card.state == CardState::unknown) {
    auto settled = settle(machine, card);
    if (!settled) return std::unexpected(settled.error());
    found = *settled;
    card.state = found.state;
    if (!found.uid.empty()) card.uid = found.uid;
    if (found.number != 0) card.number = found.number;
    machine.station.tell(Notice::Kind::info, "card " + card.card + " of order " + card.order_id + ": " +
                                                 std::string(to_string(card.state)) +
                                                 (found.evidence.empty() ? "" : " (" + found.evidence + ")"));
  } else if (card.state == CardState::printed) {
    found = whereabouts(machine, card);
  }
  if (card.state == CardState::spoiled)
    if (auto sorted = sort_card(machine, card.order_id, card.card, card.token, "damaged"); !sorted)
      return std::unexpected(sorted.error());
  if (card.state == CardState::inspected)
    if (auto sorted = sort_card(machine, card.order_id, card.card, card.token, card.verdict); !sorted)
      return std::unexpected(sorted.error());
  if (card.state != CardState::printed) return std::nullopt;
  return WaitingCard{std::move(card), found.at};
}

}  // namespace ktp::pipeline
