// SPDX-License-Identifier: Apache-2.0
#include "pipeline/recover.hpp"

#include <algorithm>

#include "pipeline/sort.hpp"

namespace ktp::pipeline {

namespace {

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

}  // namespace

Result<std::vector<WaitingCard>> recover(Station& station) {
  auto open = station.ledger.open_cards();
  if (!open) return std::unexpected(open.error());
  std::vector<WaitingCard> waiting;
  for (ledger::CardRow& card : *open) {
    if (card.state == CardState::committed || card.state == CardState::printing)
      if (auto ended = end_interrupted_print(station, card); !ended) return std::unexpected(ended.error());
    Settlement found;
    if (card.state == CardState::unknown) {
      auto settled = settle(station, card);
      if (!settled) return std::unexpected(settled.error());
      found = *settled;
      card.state = found.state;
      if (!found.uid.empty()) card.uid = found.uid;
      if (found.number != 0) card.number = found.number;
      station.tell(Notice::Kind::info, "card " + card.card + " of order " + card.order_id + ": " +
                                           std::string(to_string(card.state)) +
                                           (found.evidence.empty() ? "" : " (" + found.evidence + ")"));
    } else if (card.state == CardState::printed) {
      found = whereabouts(station, card);
    }
    if (card.state == CardState::spoiled)
      if (auto sorted = sort_card(station, card.order_id, card.card, card.token, "damaged"); !sorted)
        return std::unexpected(sorted.error());
    if (card.state == CardState::inspected)
      if (auto sorted = sort_card(station, card.order_id, card.card, card.token, card.verdict); !sorted)
        return std::unexpected(sorted.error());
    if (card.state == CardState::printed) waiting.push_back({card, found.at});
  }
  std::ranges::stable_sort(
      waiting, {}, [](const WaitingCard& card) { return card.at == devices::CardAt::camera ? 0 : 1; });
  return waiting;
}

}  // namespace ktp::pipeline
