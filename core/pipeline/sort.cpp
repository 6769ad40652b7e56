// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sort.hpp"

#include "pipeline/operator_wait.hpp"

namespace ktp::pipeline {

Result<void> sort_card(Machine& machine, const std::string& order_id, const std::string& card,
                       const std::string& token, std::string_view bin) {
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
