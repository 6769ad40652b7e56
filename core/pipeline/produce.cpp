// SPDX-License-Identifier: Apache-2.0
#include "pipeline/produce.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <thread>

#include "pipeline/balance.hpp"
#include "pipeline/lane.hpp"

namespace ktp::pipeline {

namespace {

/// Unfinished cards of earlier runs, each with the lane whose printer was told to print it.
struct LeftOver {
  std::vector<std::vector<ledger::CardRow>> of_lane;
  std::set<std::string> in_hand;    ///< their orders
  std::set<std::string> elsewhere;  ///< orders whose card is in a printer that is not in this run
};

Result<LeftOver> left_over(Station& station) {
  LeftOver left{.of_lane = std::vector<std::vector<ledger::CardRow>>(station.lanes.size()),
                .in_hand = {},
                .elsewhere = {}};
  auto open = station.ledger.open_cards();
  if (!open) return std::unexpected(open.error());
  for (ledger::CardRow& card : *open) {
    if (card.state == CardState::committed || card.state == CardState::printing)
      if (auto ended = end_interrupted_print(station, card); !ended) return std::unexpected(ended.error());
    if (card.state == CardState::not_started) continue;  // its order is handed out like any other
    const auto lane = std::ranges::find_if(
        station.lanes, [&](const LaneDevices& one) { return one.printer.name() == card.device; });
    if (lane == station.lanes.end()) {
      left.elsewhere.insert(card.order_id);
      station.tell(Notice::Kind::attention, "card " + card.card + " of order " + card.order_id + " is " +
                                                std::string(to_string(card.state)) + " in printer " +
                                                card.device + ", which is not in this run; it waits for it");
      continue;
    }
    left.in_hand.insert(card.order_id);
    left.of_lane[static_cast<std::size_t>(lane - station.lanes.begin())].push_back(std::move(card));
  }
  return left;
}

Result<std::vector<std::string>> orders_to_print(Station& station, const std::string& batch) {
  std::vector<std::string> orders;
  for (const OrderState state : {OrderState::printing, OrderState::accepted}) {
    auto ids = station.ledger.order_ids(batch, state);
    if (!ids) return std::unexpected(ids.error());
    orders.insert(orders.end(), ids->begin(), ids->end());
  }
  return orders;
}

std::string words_of(const std::vector<LaneOut>& out) {
  std::string words;
  for (const LaneOut& one : out) words += (words.empty() ? "" : "; ") + one.why;
  return words;
}

}  // namespace

Result<ProductionReport> produce(Station& station, const std::string& batch) {
  for (const LaneDevices& lane : station.lanes)
    if (!lane.turn_over && !lane.camera.sees_back())
      return fail(ErrorCode::configuration,
                  lane.camera.name() +
                      " sees only the front of a card, and no card can be judged by it alone; set up one "
                      "for the back, or write turn-over: true where the operator turns the card over");
  auto left = left_over(station);
  if (!left) return std::unexpected(left.error());
  auto todo = orders_to_print(station, batch);
  if (!todo) return std::unexpected(todo.error());
  std::erase_if(*todo, [&](const std::string& order_id) {
    return left->in_hand.contains(order_id) || left->elsewhere.contains(order_id);
  });

  Tally tally(station, todo->size() + left->in_hand.size());
  OrderDesk desk(station, *todo, left->in_hand, static_cast<int>(station.lanes.size()));
  std::deque<Lane> lanes;
  for (std::size_t i = 0; i < station.lanes.size(); ++i)
    lanes.emplace_back(station, i, desk, tally, std::move(left->of_lane[i]));
  {
    std::vector<std::jthread> threads;
    threads.reserve(lanes.size());
    for (Lane& lane : lanes) threads.emplace_back([&lane] { lane.run(); });
  }

  ProductionReport report = tally.report();
  report.stopped = station.stop.after_card();
  std::vector<Machine*> in_the_run;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    if (lanes[i].failure()) return std::unexpected(*lanes[i].failure());
    if (lanes[i].machine().out)
      report.out.push_back({station.lanes[i].printer.name(), *lanes[i].machine().out});
    else
      in_the_run.push_back(&lanes[i].machine());
  }
  // Stopped at once: the devices are not asked again, the ledger says what it knows.
  const bool at_once = station.stop.now();
  if (!at_once && in_the_run.empty()) return fail(ErrorCode::internal, words_of(report.out));
  auto terms = at_once ? station.ledger.balance() : balance(station, in_the_run);
  if (!terms) return std::unexpected(terms.error());
  report.balance = *terms;
  auto orders_left = orders_to_print(station, batch);
  if (!orders_left) return std::unexpected(orders_left.error());
  report.orders_left = orders_left->size();
  return report;
}

}  // namespace ktp::pipeline
