// SPDX-License-Identifier: Apache-2.0
#include "pipeline/operator_wait.hpp"

#include <thread>

namespace ktp::pipeline {

namespace {

constexpr auto kPoll = std::chrono::milliseconds(50);

std::string words_of(const devices::DeviceStatus& status) {
  std::string words;
  for (const devices::Reason& reason : status.reasons)
    if (reason.severity == devices::Severity::error)
      words += (words.empty() ? "" : "; ") + reason.keyword +
               (reason.text.empty() ? "" : " (" + reason.text + ")");
  return words;
}

std::vector<std::string> keywords_of(const devices::DeviceStatus& status) {
  std::vector<std::string> keywords;
  for (const devices::Reason& reason : status.reasons) keywords.push_back(reason.keyword);
  return keywords;
}

/// Says that the machine waits, until it goes.
class Waiting {
 public:
  explicit Waiting(Machine& machine) : machine_(machine) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    if (told_) machine_.waiting("");
  }
  void tell(const std::string& words) {
    if (!told_) machine_.waiting(words);
    told_ = true;
  }

 private:
  Machine& machine_;
  bool told_ = false;
};

Result<bool> wait(Machine& machine, const devices::CallResult& why, const devices::DeviceStatus& then,
                  bool for_a_card) {
  const std::string printer = "printer " + machine.printer.name();
  const auto started = std::chrono::steady_clock::now();
  Waiting waiting(machine);
  bool told = false;
  for (;;) {
    devices::DeviceStatus status;
    const auto asked = machine.printer.status(status);
    const bool ready = asked.ok() && status.ready();
    std::string words = words_of(status);
    // A person may have been quicker than we are: what stood in the way is told all the same.
    if (words.empty() && !told) words = words_of(then);
    if (words.empty()) words = asked.ok() || why_of(asked).empty() ? why_of(why) : why_of(asked);
    if (!told) {
      ledger::Event fault{.type = "device-fault"};
      fault.data["device"] = machine.printer.name();
      const devices::DeviceStatus& telling = status.reasons.empty() ? then : status;
      if (!telling.reasons.empty()) fault.data["reasons"] = keywords_of(telling);
      if (!why_of(why).empty()) fault.data["message"] = why_of(why);
      if (auto appended = machine.station.ledger.append({fault}); !appended)
        return std::unexpected(appended.error());
      machine.station.tell(Notice::Kind::attention, printer + " needs you: " + words);
      told = true;
    }
    if (ready) break;
    waiting.tell(words);
    if (machine.station.stop.now())
      return fail(ErrorCode::internal, "stopped by the operator while " + printer + " waits");
    if (!for_a_card && !machine.needed()) {
      machine.station.tell(Notice::Kind::info,
                           printer + " still needs you (" + words + "), but no order waits for it");
      return false;
    }
    if (status.quarantine == devices::Quarantine::until_restart)
      return machine.leave(printer + " is out of service: " + why_of(asked) +
                           "; see to it and start again, the ledger goes on where it stands");
    // A quarantine has an end of its own.
    if (status.quarantine == devices::Quarantine::none &&
        std::chrono::steady_clock::now() - started > machine.station.settings.operator_wait)
      return machine.leave(printer + " was not made ready in time: " + words +
                           "; clear it and start again, the ledger goes on where it stands");
    std::this_thread::sleep_for(kPoll);
  }
  ledger::Event cleared{.type = "device-cleared"};
  cleared.data["device"] = machine.printer.name();
  machine.station.tell(Notice::Kind::info, printer + " is ready again");
  if (auto appended = machine.station.ledger.append({cleared}); !appended)
    return std::unexpected(appended.error());
  return true;
}

}  // namespace

Result<void> wait_for_operator(Machine& machine, const devices::CallResult& why) {
  auto waited = wait(machine, why, machine.printer.last_status(), true);
  if (!waited) return std::unexpected(waited.error());
  return {};
}

Result<bool> wait_while_needed(Machine& machine, const devices::CallResult& why,
                               const devices::DeviceStatus& then) {
  return wait(machine, why, then, false);
}

}  // namespace ktp::pipeline
