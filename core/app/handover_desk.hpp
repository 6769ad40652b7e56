// SPDX-License-Identifier: Apache-2.0
// What the page may do between the bin and the post office: the command line's functions, answered in JSON.
#pragma once
#include <filesystem>
#include <mutex>
#include <string>

#include "app/config.hpp"
#include "artwork/regions.hpp"
#include "domain/error.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "web/desk.hpp"

namespace ktp::app {

/// Threads: any; one act at a time. Every text may come from anywhere: what stays in the log is checked here,
/// and no text becomes a path. Error codes as the functions of core/handover have them.
class HandoverDesk {
 public:
  /// All of it must outlive this.
  HandoverDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, const Config& config,
               const artwork::Regions& regions, std::filesystem::path data);

  /// For web::Desk; valid as long as this is.
  [[nodiscard]] web::HandoverCommands commands();
  [[nodiscard]] web::PostCommands post_commands();

 private:
  Result<std::string> overview() const;
  Result<std::string> batch(const std::string& seal) const;
  Result<std::string> seal(const std::string& region, const std::string& user);
  Result<std::string> paper(const std::string& seal, const std::string& form);
  Result<std::string> regions() const;
  Result<std::string> labels(const std::string& seal, int boxes);
  Result<std::string> hand_over(const std::string& seal, const web::Countersigned& sign,
                                const std::string& user);
  Result<void> unseal(const std::string& card, const std::string& reason, const std::string& user);

  Result<std::string> recall(const std::string& region, const std::string& reason, const std::string& user,
                             bool dry);
  /// `user` "": only looks.
  Result<std::string> post(std::string_view bytes, const std::string& user);

  [[nodiscard]] std::string name_of(std::string_view region) const;

  ledger::Ledger& ledger_;
  const ledger::PersonalKey& key_;
  const Config& config_;
  const artwork::Regions& regions_;
  const std::filesystem::path data_;
  std::mutex mutex_;  // names of batches and item numbers are handed out one act at a time
};

}  // namespace ktp::app
