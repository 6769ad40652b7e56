// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sort.hpp"

#include <thread>

#include "pipeline/operator_wait.hpp"

namespace ktp::pipeline {

namespace {

constexpr auto kLook = std::chrono::milliseconds(100);

Result<void> sort_by_hand(Machine& machine, ledger::Event sorted, const std::string& card,
                          const std::string& order_id, std::string_view bin) {
  const std::string printer = "printer " + machine.printer.name();
  const std::string asked = "card " + card + " of order " + order_id + ": take it from " + printer +
                            " and put it into bin " + std::string(bin);
  machine.station.tell(Notice::Kind::attention, asked);
  machine.waiting(asked);
  const auto since = std::chrono::steady_clock::now();
  for (;;) {
    devices::DeviceStatus status;
    const auto seen = machine.printer.status(status);
    if (seen.ok() && seen.at != devices::CardAt::camera && seen.at != devices::CardAt::inside) break;
    const bool late = std::chrono::steady_clock::now() - since > machine.station.settings.operator_wait;
    if (late || machine.station.stop.now()) {
      machine.waiting("");
      return machine.leave(asked + (seen.ok() ? "" : "; " + printer + " does not answer: " + why_of(seen)) +
                           "; then start again, the card is known and waits for its bin");
    }
    std::this_thread::sleep_for(kLook);
  }
  machine.waiting("");
  sorted.data["confirmed_by"] = "operator";
  sorted.data["seen"] = machine.printer.name() + " no longer sees it";
  return machine.station.ledger.append({sorted});
}

}  // namespace

Result<void> sort_card(Machine& machine, const std::string& order_id, const std::string& card,
                       const std::string& token, std::string_view bin, devices::CardAt at) {
  if (!machine.printer.has_bins()) {
    ledger::Event sorted{.type = "sorted", .order_id = order_id, .card = card, .token = token};
    sorted.data["bin"] = std::string(bin);
    if (at != devices::CardAt::reject) return sort_by_hand(machine, std::move(sorted), card, order_id, bin);
    sorted.data["confirmed_by"] = machine.printer.name();
    sorted.data["seen"] = "in the printer's reject box";
    return machine.station.ledger.append({sorted});
  }
  constexpr int kTries = 5;
  devices::CallResult moved;
  for (int attempt = 1; attempt <= kTries; ++attempt) {
    {
      const auto timed = machine.station.clock.time(StageClock::move);
      moved = machine.printer.route(token, bin);
    }
    if (moved.ok()) {
      ledger::Event sorted{.type = "sorted", .order_id = order_id, .card = card, .token = token};
      sorted.data["bin"] = std::string(bin);
      sorted.data["confirmed_by"] = machine.printer.name();
      return machine.station.ledger.append({sorted});
    }
    if (moved.action == devices::Action::op_needed || moved.action == devices::Action::gone)
      if (auto ready = wait_for_operator(machine, moved); !ready) return ready;
  }
  return machine.leave("card " + card + " could not be moved to bin " + std::string(bin) + ": " +
                       why_of(moved) +
                       "; see to the printer and start again, the card is known and waits for its bin");
}

}  // namespace ktp::pipeline
