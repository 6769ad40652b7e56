// SPDX-License-Identifier: Apache-2.0
#include "app/person_files.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/paper_files.hpp"
#include "ledger/boxes.hpp"
#include "pipeline/intake.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* kReadme =
    "record.json   data yang disimpan tentang Anda / the data that is kept about you\n"
    "trail.jsonl   setiap peristiwa pada pesanan dan kartu Anda, juga siapa yang melihat data Anda\n"
    "              (person-shown) / every event of your order and cards, also who looked at your data\n"
    "pictures/     foto pemeriksaan kartu yang masih disimpan / photographs of your cards that are still "
    "kept\n"
    "checkpoint, key  kepala catatan yang ditandatangani, untuk pembuktian / the log's signed head, for "
    "proof\n";

Result<std::string> record_text(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                const ledger::OrderRow& order) {
  nlohmann::ordered_json json{{"order_id", order.order_id}, {"state", order.state}};
  if (!order.erased.empty()) {
    json["deleted"] = order.erased;
    return json.dump(2) + "\n";
  }
  const auto record = pipeline::load_record(ledger, key, order.order_id);
  if (!record) return std::unexpected(record.error());
  for (const std::string_view column : kOrderColumns)
    json["record"][std::string(column)] = record->order.field(column);
  json["portrait_sha256"] = record->portrait_sha;
  json["signature_sha256"] = record->signature_sha;
  return json.dump(2) + "\n";
}

// What the pictures of an order's cards are called by: its cards, and the times they were seen in sort mode.
Result<void> add_names(const ledger::Ledger& ledger, const std::string& order_id,
                       std::vector<std::string>& names) {
  const auto cards = ledger.cards_of(order_id);
  if (!cards) return std::unexpected(cards.error());
  for (const ledger::CardRow& card : *cards) names.push_back(card.card);
  const auto seen = ledger::BoxView(ledger).sightings_of_order(order_id);
  if (!seen) return std::unexpected(seen.error());
  for (const ledger::SightingRow& row : *seen) names.push_back(ledger::sighting_name(row.id));
  return {};
}

Result<std::int64_t> remove_all(const std::vector<fs::path>& files) {
  std::int64_t gone = 0;
  for (const fs::path& file : files) {
    std::error_code failed;
    if (!fs::remove(file, failed) || failed)
      return fail(ErrorCode::internal, "cannot delete " + file.string() + ": " + failed.message() +
                                           "; run the same command again when it can be deleted");
    ++gone;
  }
  return gone;
}

}  // namespace

Result<void> make_empty_folder(const fs::path& folder) {
  std::error_code problem;
  if (fs::exists(folder, problem) && !(fs::is_directory(folder, problem) && fs::is_empty(folder, problem)))
    return fail(ErrorCode::bad_data,
                "folder: " + folder.string() + " holds something already; give a new or empty one");
  return make_private_folder(folder);
}

std::vector<fs::path> evidence_of(const fs::path& data, const std::vector<std::string>& cards) {
  const std::set<std::string> wanted(cards.begin(), cards.end());
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(data / "evidence", none)) {
    const std::string name = entry.path().filename().string();
    if (const auto dash = name.find('-'); dash != std::string::npos && wanted.contains(name.substr(0, dash)))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Result<PersonFiles> write_person(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                 const fs::path& data, const std::string& order_id, const fs::path& folder) {
  const auto order = ledger.order(order_id);
  if (!order) return std::unexpected(order.error());
  if (!*order) return fail(ErrorCode::input_missing, "there is no order " + order_id);
  const auto record = record_text(ledger, key, **order);
  if (!record) return std::unexpected(record.error());
  const auto trail = ledger.trail_of_order(order_id);
  if (!trail) return std::unexpected(trail.error());
  const auto head = ledger.head();
  if (!head) return std::unexpected(head.error());
  std::vector<std::string> names;
  if (auto named = add_names(ledger, order_id, names); !named) return std::unexpected(named.error());
  if (auto made = make_empty_folder(folder); !made) return std::unexpected(made.error());
  PersonFiles written{.events = trail->size(), .pictures = 0};
  std::string lines;
  for (const std::string& line : *trail) lines += line + "\n";
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"record.json", *record},
                                   {"trail.jsonl", lines},
                                   {"checkpoint", head->checkpoint},
                                   {"key", head->key + "\n"},
                                   {"BACA-README.txt", kReadme}})
    if (auto done = write_private(folder / name, text); !done) return std::unexpected(done.error());
  const auto pictures = evidence_of(data, names);
  if (!pictures.empty())
    if (auto made = make_private_folder(folder / "pictures"); !made) return std::unexpected(made.error());
  for (const fs::path& picture : pictures) {
    std::error_code failed;
    const fs::path copy = folder / "pictures" / picture.filename();
    fs::copy_file(picture, copy, failed);
    if (!failed) fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write, failed);
    if (failed) return fail(ErrorCode::internal, "cannot write " + copy.string() + ": " + failed.message());
    ++written.pictures;
  }
  return written;
}

std::string kept_elsewhere(std::int64_t without_own_key) {
  std::string text =
      "copies in backups cannot be read any more, once older copies of record-keys are gone. Not the "
      "station's "
      "to delete: the batch file with its pictures, covering lists (manifests), what was exported\n";
  if (without_own_key > 0)
    text +=
        std::to_string(without_own_key) +
        " were sealed by an earlier version: in backups from before they can be read until `ktp-station keys "
        "rotate --personal` and `keys retire`\n";
  return text;
}

Result<std::int64_t> sweep_pictures(const ledger::Ledger& ledger, const fs::path& data) {
  std::vector<std::string> cards;
  std::optional<Error> bad;
  const auto visited = ledger.each_order([&](const ledger::OrderRow& order) {
    if (bad || order.erased.empty()) return;
    cards.push_back(order.order_id);
  });
  if (!visited) return std::unexpected(visited.error());
  std::vector<std::string> names;
  for (const std::string& order : cards)
    if (auto named = add_names(ledger, order, names); !named) return std::unexpected(named.error());
  return remove_all(evidence_of(data, names));
}

Result<std::int64_t> sweep_strangers(const ledger::Ledger& ledger, const fs::path& data,
                                     std::chrono::days kept) {
  std::vector<std::string> names;
  const auto visited = ledger::BoxView(ledger).each_sighting([&](const ledger::SightingRow& row) {
    if (row.order_id.empty()) names.push_back(ledger::sighting_name(row.id));
  });
  if (!visited) return std::unexpected(visited.error());
  std::vector<fs::path> files = evidence_of(data, names);
  const auto before = fs::file_time_type::clock::now() - kept;
  std::erase_if(files, [&](const fs::path& file) {
    std::error_code unknown;
    const auto written = fs::last_write_time(file, unknown);
    return unknown || written >= before;
  });
  return remove_all(files);
}

Result<std::chrono::system_clock::time_point> time_of(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, used = 0;
  const int read =
      std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d%n", &year, &month, &day, &hour, &minute, &used);
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (read != 5 || static_cast<std::size_t>(used) != text.size() || !date.ok() || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59)
    return fail(ErrorCode::bad_data, "found: '" + text + "' must be a UTC time like 2026-11-23T14:30");
  const auto time = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
  if (time > std::chrono::system_clock::now() + std::chrono::minutes(1))
    return fail(ErrorCode::bad_data, "found: " + text + " lies in the future");
  return std::chrono::system_clock::time_point(time);
}

}  // namespace ktp::app
