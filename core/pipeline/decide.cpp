// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decide.hpp"

#include <utility>

namespace ktp::pipeline {

Decision decide(const std::vector<ledger::CardRow>& cards, const Settings& settings) {
  using Kind = Decision::Kind;
  const auto hold = [](std::string why) { return Decision{Kind::hold, "", std::move(why)}; };
  const auto again = [&](std::string why) {
    return Decision{Kind::print_again, cards.back().card, std::move(why)};
  };
  if (cards.empty()) return {Kind::print_first, "", ""};
  int bodies = 0, not_started = 0;
  for (const ledger::CardRow& card : cards) {
    (card.state == CardState::not_started ? not_started : bodies) += 1;
    if (!is_live(card.state, card.verdict)) continue;
    if (card.verdict == "review" && card.state == CardState::sorted)
      return hold("card: " + card.card + " lies in review; an inspector decides");
    return {card.verdict == "good" && card.bin == "good" ? Kind::done : Kind::wait, "", ""};
  }
  const ledger::CardRow& last = cards.back();
  if (!last.confirmed_by.empty())
    return {Kind::print_again, last.card, last.reprint, last.asked_by, last.confirmed_by};
  if (last.verdict == "mismatch" || last.verdict == "duplicate")
    return hold("card: " + last.card + " is a " + last.verdict + "; a supervisor decides about a reprint");
  if (last.state == CardState::withdrawn || last.state == CardState::destroyed)
    return hold("card: " + last.card + " is " + std::string(to_string(last.state)) +
                "; a supervisor decides about a reprint");
  if (bodies >= settings.max_cards_per_order)
    return hold("card: " + std::to_string(bodies) + " cards were spent on this order, the last is " +
                last.card);
  if (not_started >= settings.max_not_started_per_order)
    return hold("card: " + std::to_string(not_started) + " print commands fed no blank");
  if (last.state == CardState::not_started) return again("not started");
  return again(last.state == CardState::spoiled ? "spoiled" : "damaged");
}

}  // namespace ktp::pipeline
