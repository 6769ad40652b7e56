// SPDX-License-Identifier: Apache-2.0
// One person's data for the page: what `person show`, `person export` and `person looks` do.
#pragma once
#include <filesystem>
#include <mutex>
#include <string>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "web/person_acts.hpp"

namespace ktp::app {

/// Threads: any; one export at a time.
class PersonDesk {
 public:
  /// Deletes what an export that was cut off by a power cut left behind. All of it must outlive this.
  PersonDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, std::filesystem::path data);

  /// For web::Desk.
  [[nodiscard]] web::PersonCommands commands();

 private:
  Result<std::string> order_meant(const web::PersonAsked& asked) const;
  Result<std::string> show(const web::PersonAsked& asked, const std::string& user);
  Result<std::string> hand_out(const web::PersonAsked& asked, const std::string& user);
  Result<std::string> looks(const std::string& order) const;

  ledger::Ledger& ledger_;
  const ledger::PersonalKey& key_;
  const std::filesystem::path data_;
  std::mutex mutex_;  // one folder for what is being given out
};

}  // namespace ktp::app
