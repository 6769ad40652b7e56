// SPDX-License-Identifier: Apache-2.0
#include "pipeline/operator_wait.hpp"

#include <thread>

namespace ktp::pipeline {

namespace {

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

}  // namespace

Result<void> wait_for_operator(Station& station, const devices::CallResult& why) {
  constexpr auto kPoll = std::chrono::milliseconds(50);
  const auto started = std::chrono::steady_clock::now();
  bool told = false;
  for (;;) {
    devices::DeviceStatus status;
    const auto asked = station.printer.status(status);
    if (!told) {
      ledger::Event fault{.type = "device-fault"};
      fault.data["device"] = station.printer.name();
      if (asked.ok()) fault.data["reasons"] = keywords_of(status);
      if (!why.message.empty()) fault.data["message"] = why.message;
      if (auto appended = station.ledger.append({fault}); !appended) return appended;
      const std::string words = words_of(status);
      station.tell(Notice::Kind::attention, "printer " + station.printer.name() +
                                                " needs you: " + (words.empty() ? why.message : words));
      told = true;
    }
    if (asked.ok() && status.ready()) break;
    if (station.stop.now())
      return fail(ErrorCode::internal,
                  "stopped by the operator while printer " + station.printer.name() + " waits");
    if (std::chrono::steady_clock::now() - started > station.settings.operator_wait)
      return fail(ErrorCode::internal, "printer " + station.printer.name() +
                                           " was not made ready in time: " + words_of(status) +
                                           "; clear it and start again, the ledger goes on where it stands");
    std::this_thread::sleep_for(kPoll);
  }
  ledger::Event cleared{.type = "device-cleared"};
  cleared.data["device"] = station.printer.name();
  station.tell(Notice::Kind::info, "printer " + station.printer.name() + " is ready again");
  return station.ledger.append({cleared});
}

}  // namespace ktp::pipeline
