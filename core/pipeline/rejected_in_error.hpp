// SPDX-License-Identifier: Apache-2.0
// Cards that two people found good after the station had rejected them, the limits that they ask for, and
// what those would have done to the last cards. Events: rejected-in-error,
// profile-in-force.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "artwork/artwork.hpp"
#include "domain/error.hpp"
#include "inspection/moved_limits.hpp"
#include "ledger/ledger.hpp"
#include "pipeline/picture_safe.hpp"

namespace ktp::pipeline {

/// A card that was rejected for damage and is whole in the eyes of two people: either they carried it to bin
/// good (`overridden`), or, where another one was printed in its place since, they said so.
struct ErrorCard {
  std::string card, reason, by, confirmed_by, time;
};
/// The oldest first.
Result<std::vector<ErrorCard>> rejected_in_error(const ledger::Ledger& ledger);

/// Says of a card that was judged damaged that it is whole. It stays where it is: its order may have another
/// one. Errors: input_missing (no such card), bad_data (not judged damaged, said before, one person).
Result<void> mark_rejected_in_error(ledger::Ledger& ledger, const std::string& card,
                                    const std::string& reason, const std::string& by,
                                    const std::string& confirmed_by);
inline constexpr std::size_t kLastCards = 1000;
/// Cards among the last kLastCards that were judged damaged and that nobody found whole, the newest first.
Result<std::vector<std::string>> damaged_lately(const ledger::Ledger& ledger);

/// One card of the last ones, whose verdict the moved limits change.
struct Changed {
  std::string card;
  std::string was;      ///< verdict of the inspection then
  std::string decided;  ///< what people said of it since: a verdict; "" = nobody did
};

struct LimitPreview {
  std::vector<std::string> cards;  ///< of the set, that ask for the limits
  std::vector<inspection::LimitMove> moves;
  /// Cards of the set that stay rejected whatever limit of damage moves, and why. English.
  std::vector<std::pair<std::string, std::string>> not_reached;
  std::size_t looked_at = 0;  ///< of the last kLastCards judged by the inspection
  std::size_t damaged_before = 0, damaged_after = 0;
  std::size_t not_comparable = 0;  ///< judged by another profile, or before scores were stored
  std::vector<Changed> pass;       ///< would not be rejected for damage any more
  /// People found them damaged: with them the limits cannot be put into force.
  std::vector<std::string> lost;
  std::string yaml;     ///< the profile; "" where nothing moves
  std::string version;  ///< of it
};

/// What is needed to judge again.
struct LimitDesk {
  const ledger::Ledger& ledger;
  PictureSafe evidence;
  const artwork::Template& art;
  std::filesystem::path configured_file;
  std::shared_ptr<const inspection::Profile> configured;
  /// A profile that this station had in force, by its version; null: not known.
  std::function<std::shared_ptr<const inspection::Profile>(const std::string& version)> known;
};

/// `set`: names among rejected_in_error. Each is judged again from its evidence, a fraction of a second a
/// card; writes nothing. Errors: bad_data (not one of them, or too many), those of ledger and profile.
Result<LimitPreview> preview_limits(const LimitDesk& desk, const std::vector<std::string>& set);

/// A profile as the log has it in force.
struct InForce {
  std::string version;     ///< "" = the configured one
  std::string configured;  ///< version of the configured profile when this was put into force
  std::string was;         ///< version before; "" = the configured one
  std::string sha256;      ///< of its file
  std::string by, confirmed_by, time;
  std::vector<std::string> cards;
};
/// Every change, the oldest first.
Result<std::vector<InForce>> profile_history(const ledger::Ledger& ledger);

/// Logs that a profile is in force; its file is there already. Error bad_data: one person instead of two.
Result<void> put_in_force(ledger::Ledger& ledger, const LimitPreview& preview,
                          const std::string& configured_version, const std::string& was,
                          const std::string& reason, const std::string& by, const std::string& confirmed_by);
/// Logs that the profile before the present one is in force again. Error bad_data: there is none.
Result<void> take_profile_back(ledger::Ledger& ledger, const std::string& reason, const std::string& by);

}  // namespace ktp::pipeline
