// SPDX-License-Identifier: Apache-2.0
// What the page may do with single cards: destruction, returned and withdrawn cards, reprints.
#pragma once
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>

#include "app/config.hpp"
#include "artwork/regions.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "web/card_acts.hpp"

namespace ktp::app {

/// What a card's order may need of the machine.
struct AroundTheMachine {
  /// Something was decided about a card: its order may have to be printed again.
  std::function<Result<void>(const std::string& card)> decided;
  /// Does something while the machine stands. Error in_use when it runs.
  std::function<Result<void>(const std::function<Result<void>()>& act)> standing;
};

/// Threads: any; one act at a time. Every text may come from anywhere: what stays in the log is checked here,
/// and no text becomes a path.
class CardDesk {
 public:
  /// All of it must outlive this.
  CardDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, const Config& config,
           const artwork::Regions& regions, std::filesystem::path data, AroundTheMachine machine);

  /// For web::Desk; valid as long as this is.
  [[nodiscard]] web::CardActCommands commands();

 private:
  Result<std::string> overview() const;
  Result<std::string> destroy(const web::Destroying& asked, const std::string& user);
  Result<std::string> record(const std::string& number);
  Result<void> sign_out(const std::string& card, const std::string& place_field, const std::string& place,
                        const std::string& signed_by);

  ledger::Ledger& ledger_;
  const ledger::PersonalKey& key_;
  const Config& config_;
  const artwork::Regions& regions_;
  const std::filesystem::path data_;
  const AroundTheMachine machine_;
  std::mutex mutex_;  // numbers of records are handed out one act at a time
};

}  // namespace ktp::app
