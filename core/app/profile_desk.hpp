// SPDX-License-Identifier: Apache-2.0
// Which inspection profile judges: the configured one, or one whose limits two people widened for cards that
// were rejected in error. Its files are in DATA/inspection, named by their content; the log says which is in
// force.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/config.hpp"
#include "artwork/artwork.hpp"
#include "inspection/inspection.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/rejected_in_error.hpp"
#include "web/limit_acts.hpp"

namespace ktp::app {

/// The profile in force. The configured one, and words to `say`, where the log's was made for another version
/// of it, or its file is not what was put into force: then more cards are rejected, never fewer. Errors: of
/// the configured profile and the ledger.
Result<std::shared_ptr<const inspection::Profile>> profile_in_force(
    const Config& config, const std::filesystem::path& data, const ledger::Ledger& ledger,
    const std::function<void(const std::string&)>& say);

/// Threads: any; one preview at a time.
class ProfileDesk {
 public:
  /// All of it must outlive this. Errors as profile_in_force.
  static Result<std::unique_ptr<ProfileDesk>> open(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                                   const Config& config, const artwork::Template& art,
                                                   const std::filesystem::path& data,
                                                   const std::function<void(const std::string&)>& say);

  [[nodiscard]] std::shared_ptr<const inspection::Profile> in_force() const;
  /// For web::Desk.
  [[nodiscard]] web::LimitCommands commands();

 private:
  ProfileDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, const Config& config,
              const artwork::Template& art, std::filesystem::path data)
      : ledger_(ledger), key_(key), config_(config), art_(art), data_(std::move(data)) {}
  [[nodiscard]] pipeline::LimitDesk desk() const;
  Result<pipeline::LimitPreview> preview(const std::vector<std::string>& cards);
  Result<std::string> overview() const;
  Result<void> apply(const std::vector<std::string>& cards, const std::string& version,
                     const std::string& reason, const std::string& user, const std::string& second);
  Result<void> undo(const std::string& reason, const std::string& user);
  Result<void> take_up();

  ledger::Ledger& ledger_;
  const ledger::PersonalKey& key_;
  const Config& config_;
  const artwork::Template& art_;
  const std::filesystem::path data_;
  std::shared_ptr<const inspection::Profile> configured_;
  std::mutex one_;            // a preview judges pictures; two at once would only wait for each other
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const inspection::Profile> in_force_;
};

}  // namespace ktp::app
