// SPDX-License-Identifier: Apache-2.0
// The few settings of station.yaml that an administrator may change on the page.
#pragma once
#include <map>
#include <mutex>
#include <string>

#include "app/config.hpp"
#include "ledger/ledger.hpp"
#include "web/desk.hpp"

namespace ktp::app {

/// Changes values of the configuration file in place: comments, order and everything else stay as they are. A
/// change is made only where the file, read again whole, is valid and differs in exactly what was asked for;
/// it is in the log before, and takes effect with the next start. Threads: any, one at a time.
class SettingsDesk {
 public:
  /// `running`: what the station was started with. Both must outlive this.
  SettingsDesk(ledger::Ledger& ledger, const Config& running) : ledger_(ledger), running_(running) {}

  /// For web::Desk; valid as long as this is.
  [[nodiscard]] web::SettingsCommands commands();

 private:
  Result<std::string> read() const;
  Result<std::string> write(const std::map<std::string, std::string>& values, const std::string& user);

  ledger::Ledger& ledger_;
  const Config& running_;
  std::mutex mutex_;
};

}  // namespace ktp::app
