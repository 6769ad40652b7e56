// SPDX-License-Identifier: Apache-2.0
#include "app/put_away.hpp"

#include <map>
#include <optional>
#include <utility>

#include "ledger/boxes.hpp"
#include "pipeline/batch_file.hpp"
#include "pipeline/order_store.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

using Owner = pipeline::PictureSafe::Owner;

// Whose picture a file of the evidence folder is, by the card or the sighting that its name begins with.
class Owners {
 public:
  explicit Owners(const ledger::Ledger& ledger) : ledger_(ledger) {}

  Result<std::optional<Owner>> of(const std::string& file) {
    const std::string name = file.substr(0, file.find('-'));
    if (name.size() == file.size() || name.empty()) return std::optional<Owner>();
    if (name[0] == 'C') {
      const auto card = ledger_.card(name);
      if (!card) return std::unexpected(card.error());
      if (!*card) return std::optional<Owner>();
      return of_order((*card)->order_id);
    }
    if (auto loaded = load_sightings(); !loaded) return std::unexpected(loaded.error());
    const auto seen = sightings_.find(name);
    if (seen == sightings_.end()) return std::optional<Owner>();
    const ledger::SightingRow& row = seen->second;
    if (row.record.empty() && row.order_id.empty()) return std::optional(Owner{});
    return row.record.empty() ? of_order(row.order_id) : of_record(row.record);
  }

 private:
  Result<std::optional<Owner>> of_order(const std::string& id) {
    const auto order = ledger_.order(id);
    if (!order) return std::unexpected(order.error());
    if (!*order) return std::optional<Owner>();
    return std::optional(Owner{.record = id, .deleted = !(*order)->erased.empty()});
  }
  Result<std::optional<Owner>> of_record(const std::string& name) {
    const auto record = ledger::BoxView(ledger_).record(name);
    if (!record) return std::unexpected(record.error());
    if (!*record) return std::optional<Owner>();
    return std::optional(Owner{.record = name, .deleted = !(*record)->erased.empty()});
  }
  Result<void> load_sightings() {
    if (std::exchange(loaded_, true)) return {};
    return ledger::BoxView(ledger_).each_sighting(
        [&](const ledger::SightingRow& row) { sightings_.emplace(ledger::sighting_name(row.id), row); });
  }

  const ledger::Ledger& ledger_;
  std::map<std::string, ledger::SightingRow> sightings_;
  bool loaded_ = false;
};

}  // namespace

fs::path evidence_folder(const fs::path& data) {
  return data / "evidence";
}

fs::path portraits_folder(const fs::path& data) {
  return data / "portraits";
}

Result<void> seal_evidence(ledger::Ledger& ledger, const ledger::PersonalKey& key, const fs::path& data,
                           const Say& say) {
  Owners owners(ledger);
  const auto sealed =
      pipeline::PictureSafe(evidence_folder(data), &key).seal_plain(ledger, [&](const std::string& name) {
        return owners.of(name);
      });
  if (!sealed) return std::unexpected(sealed.error());
  if (sealed->sealed + sealed->deleted > 0) {
    // It names pictures that can no longer be opened from it.
    std::error_code none;
    fs::remove(data / "reports" / "contact-sheet.html", none);
    ledger::Event event{.type = "pictures-sealed"};
    event.data = {{"sealed", sealed->sealed}, {"deleted", sealed->deleted}, {"left", sealed->left.size()}};
    if (auto noted = ledger.append({event}); !noted) return noted;
    say(std::to_string(sealed->sealed) + " pictures in " + evidence_folder(data).string() +
        " were readable and are sealed now / gambar disegel");
  }
  if (!sealed->left.empty())
    say("warning: " + std::to_string(sealed->left.size()) + " files in " + evidence_folder(data).string() +
        " belong to no card that the ledger knows, or to a record that does not open, and stay readable (" +
        sealed->left.front() + (sealed->left.size() > 1 ? ", ..." : "") +
        "); move them out of the data folder");
  return {};
}

Result<void> put_drop_away(ledger::Ledger& ledger, const ledger::PersonalKey& key, const fs::path& data,
                           Drops& drops, const std::string& drop, const std::string& batch, const Say& say) {
  const auto csv = drops.batch_file(drop);
  if (!csv) return std::unexpected(csv.error());
  const pipeline::PictureSafe safe(portraits_folder(data), &key);
  const auto kept = pipeline::keep_batch_pictures(ledger, key, safe, batch, csv->parent_path());
  if (!kept) return std::unexpected(kept.error());
  if (kept->missing > 0) {
    say("warning: batch " + batch + ": the pictures of " + std::to_string(kept->missing) +
        " orders could not be sealed; the files that were brought stay in " + csv->parent_path().string());
    return {};
  }
  return drops.put_away(drop);
}

Result<void> put_drops_away(ledger::Ledger& ledger, const ledger::PersonalKey& key, const fs::path& data,
                            Drops& drops,
                            const std::function<Result<std::string>(const fs::path& csv)>& take_in,
                            const Say& say) {
  for (const Drops::Kept& drop : drops.kept()) {
    if (drop.state == Drops::Kept::State::put_away) {
      if (auto away = drops.put_away(drop.name); !away) return away;
      continue;
    }
    const auto csv = drops.batch_file(drop.name);
    const auto file = csv ? pipeline::BatchFile::read(*csv) : std::unexpected(csv.error());
    auto batch = file ? ledger.batch_with_file(file->hash()) : std::unexpected(file.error());
    // An earlier version kept what it had taken in whole. One that is not in the ledger is from before a
    // backup that was restored: its orders are no affair of ours.
    if (batch && drop.state == Drops::Kept::State::taking_in) {
      const auto again = take_in(*csv);
      batch = again ? Result<std::optional<std::string>>(*again) : std::unexpected(again.error());
    }
    if (!batch || !*batch) {
      say("warning: files that were brought to the page stay readable in " +
          (data / "drops" / drop.name).string() + ": " +
          (batch ? "their batch is not in the ledger" : batch.error().message));
      continue;
    }
    if (auto away = put_drop_away(ledger, key, data, drops, drop.name, **batch, say); !away) return away;
  }
  return {};
}

}  // namespace ktp::app
