// SPDX-License-Identifier: Apache-2.0
#include "app/profile_desk.hpp"

#include <nlohmann/json.hpp>

#include "app/paper_files.hpp"
#include "app/put_away.hpp"
#include "artwork/picture.hpp"

namespace ktp::app {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Profile = std::shared_ptr<const inspection::Profile>;

constexpr std::size_t kMostProfile = 1 << 20;

fs::path folder_of(const fs::path& data) {
  return data / "inspection";
}

// Null: it is not there, or not what the log says.
Profile stored(const fs::path& data, const pipeline::InForce& one) {
  // A name of the log's own making, and none that leads anywhere.
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  if (one.sha256.size() != 43 || one.sha256.find_first_not_of(kLetters) != std::string::npos) return nullptr;
  const auto bytes = artwork::read_bytes(folder_of(data) / (one.sha256 + ".yaml"), kMostProfile);
  if (!bytes || ledger::sha256_text(*bytes) != one.sha256) return nullptr;
  const auto profile =
      inspection::read_profile_text(std::string(bytes->begin(), bytes->end()), one.sha256 + ".yaml");
  return profile && inspection::version(**profile) == one.version ? *profile : nullptr;
}

Result<Profile> chosen(const ledger::Ledger& ledger, const fs::path& data, const Profile& configured,
                       const std::function<void(const std::string&)>& say) {
  const auto history = pipeline::profile_history(ledger);
  if (!history) return std::unexpected(history.error());
  if (history->empty() || history->back().version.empty()) return configured;
  const pipeline::InForce& now = history->back();
  if (now.configured != inspection::version(*configured)) {
    say("warning: the limits " + now.version + " were made for profile " + now.configured +
        "; the configured profile is " + inspection::version(*configured) + " now and judges alone");
    return configured;
  }
  if (Profile profile = stored(data, now)) return profile;
  say("warning: the file of the limits " + now.version + " is missing in " + folder_of(data).string() +
      " or was changed; the configured profile judges alone");
  return configured;
}

}  // namespace

Result<Profile> profile_in_force(const Config& config, const fs::path& data, const ledger::Ledger& ledger,
                                 const std::function<void(const std::string&)>& say) {
  const auto configured = inspection::load_profile(config.profile);
  return configured ? chosen(ledger, data, *configured, say) : configured;
}

Result<std::unique_ptr<ProfileDesk>> ProfileDesk::open(ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                                       const Config& config, const artwork::Template& art,
                                                       const fs::path& data,
                                                       const std::function<void(const std::string&)>& say) {
  std::unique_ptr<ProfileDesk> desk(new ProfileDesk(ledger, key, config, art, data));
  auto configured = inspection::load_profile(config.profile);
  if (!configured) return std::unexpected(configured.error());
  desk->configured_ = *std::move(configured);
  auto now = chosen(ledger, data, desk->configured_, say);
  if (!now) return std::unexpected(now.error());
  desk->in_force_ = *std::move(now);
  return desk;
}

Profile ProfileDesk::in_force() const {
  const std::lock_guard lock(mutex_);
  return in_force_;
}

Result<void> ProfileDesk::take_up() {
  auto now = chosen(ledger_, data_, configured_, [](const std::string&) {});
  if (!now) return std::unexpected(now.error());
  const std::lock_guard lock(mutex_);
  in_force_ = *std::move(now);
  return {};
}

pipeline::LimitDesk ProfileDesk::desk() const {
  // Every profile that was ever in force, for cards that were judged by it.
  auto before = std::make_shared<std::map<std::string, Profile>>();
  if (const auto history = pipeline::profile_history(ledger_))
    for (const pipeline::InForce& one : *history)
      if (!one.version.empty() && !before->contains(one.version))
        if (Profile profile = stored(data_, one)) before->emplace(one.version, std::move(profile));
  return {.ledger = ledger_,
          .evidence = pipeline::PictureSafe(evidence_folder(data_), &key_),
          .art = art_,
          .configured_file = config_.profile,
          .configured = configured_,
          .known = [before](const std::string& version) {
            const auto found = before->find(version);
            return found == before->end() ? nullptr : found->second;
          }};
}

Result<pipeline::LimitPreview> ProfileDesk::preview(const std::vector<std::string>& cards) {
  const std::unique_lock one(one_, std::try_to_lock);
  if (!one.owns_lock()) return fail(ErrorCode::in_use, "another preview runs; ask again in a moment");
  return pipeline::preview_limits(desk(), cards);
}

Result<std::string> ProfileDesk::overview() const {
  const auto errors = pipeline::rejected_in_error(ledger_);
  if (!errors) return std::unexpected(errors.error());
  const auto history = pipeline::profile_history(ledger_);
  if (!history) return std::unexpected(history.error());
  const Profile now = in_force();
  json out{{"configured", inspection::version(*configured_)},
           {"in_force", inspection::version(*now)},
           {"undo", now != configured_},
           {"cards", json::array()},
           {"damaged", json::array()},
           {"history", json::array()}};
  const auto damaged = pipeline::damaged_lately(ledger_);
  if (!damaged) return std::unexpected(damaged.error());
  constexpr std::size_t kDamagedShown = 100;
  for (const std::string& card : *damaged)
    if (out["damaged"].size() < kDamagedShown) out["damaged"].push_back(card);
  std::vector<std::string> used;
  if (now != configured_ && !history->empty()) used = history->back().cards;
  for (const pipeline::ErrorCard& card : *errors)
    out["cards"].push_back({{"card", card.card},
                            {"reason", card.reason},
                            {"by", card.by},
                            {"confirmed_by", card.confirmed_by},
                            {"time", card.time},
                            {"used", std::ranges::find(used, card.card) != used.end()}});
  for (auto one = history->rbegin(); one != history->rend() && out["history"].size() < 20; ++one)
    out["history"].push_back({{"profile", one->version.empty() ? one->configured : one->version},
                              {"time", one->time},
                              {"by", one->by},
                              {"confirmed_by", one->confirmed_by},
                              {"cards", one->cards.size()}});
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<void> ProfileDesk::apply(const std::vector<std::string>& cards, const std::string& version,
                                const std::string& reason, const std::string& user,
                                const std::string& second) {
  const auto now = preview(cards);
  if (!now) return std::unexpected(now.error());
  if (now->version != version || version.empty())
    return fail(ErrorCode::bad_data, "profile: these cards ask for other limits by now; look once more");
  // The file first: a log that names a profile must find it after any power cut.
  const std::string name =
      ledger::sha256_text({reinterpret_cast<const std::uint8_t*>(now->yaml.data()), now->yaml.size()});
  if (auto made = make_private_folder(folder_of(data_)); !made) return made;
  if (auto written = write_private(folder_of(data_) / (name + ".yaml"), now->yaml); !written) return written;
  const Profile before = in_force();
  const std::string was = before == configured_ ? "" : inspection::version(*before);
  if (was == version) return fail(ErrorCode::bad_data, "profile: these limits are in force already");
  if (auto put =
          pipeline::put_in_force(ledger_, *now, inspection::version(*configured_), was, reason, user, second);
      !put)
    return put;
  return take_up();
}

Result<void> ProfileDesk::undo(const std::string& reason, const std::string& user) {
  if (auto back = pipeline::take_profile_back(ledger_, reason, user); !back) return back;
  return take_up();
}

web::LimitCommands ProfileDesk::commands() {
  return {.overview = [this] { return overview(); },
          .mark =
              [this](const std::string& card, const std::string& reason, const std::string& user,
                     const std::string& second) {
                return pipeline::mark_rejected_in_error(ledger_, card, reason, user, second);
              },
          .preview = [this](const std::vector<std::string>& cards) -> Result<std::string> {
            const auto seen = preview(cards);
            if (!seen) return std::unexpected(seen.error());
            json out{{"cards", seen->cards},
                     {"version", seen->version},
                     {"moves", json::array()},
                     {"not_reached", json::array()},
                     {"looked_at", seen->looked_at},
                     {"not_comparable", seen->not_comparable},
                     {"damaged_before", seen->damaged_before},
                     {"damaged_after", seen->damaged_after},
                     {"pass", json::array()},
                     {"lost", seen->lost}};
            for (const inspection::LimitMove& move : seen->moves)
              out["moves"].push_back({{"limit", move.limit},
                                      {"unit", move.unit},
                                      {"before", move.before},
                                      {"after", move.after},
                                      {"wanted", move.wanted}});
            for (const auto& [card, why] : seen->not_reached)
              out["not_reached"].push_back({{"card", card}, {"why", why}});
            for (const pipeline::Changed& card : seen->pass)
              out["pass"].push_back({{"card", card.card}, {"was", card.was}, {"decided", card.decided}});
            return out.dump(-1, ' ', false, json::error_handler_t::replace);
          },
          .apply = [this](const std::vector<std::string>& cards, const std::string& version,
                          const std::string& reason, const std::string& user,
                          const std::string& second) { return apply(cards, version, reason, user, second); },
          .undo = [this](const std::string& reason, const std::string& user) { return undo(reason, user); }};
}

}  // namespace ktp::app
