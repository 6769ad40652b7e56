// SPDX-License-Identifier: Apache-2.0
#include "app/person_files.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/paper_files.hpp"
#include "app/put_away.hpp"
#include "ledger/boxes.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/order_store.hpp"

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

Result<std::int64_t> remove_all(const pipeline::PictureSafe& safe, const std::vector<std::string>& names) {
  std::int64_t gone = 0;
  for (const std::string& name : names) {
    const auto removed = safe.remove(name);
    if (!removed) return std::unexpected(removed.error());
    gone += *removed ? 1 : 0;
  }
  return gone;
}

// Portrait and signature of an order that the station keeps.
std::vector<std::string> kept_of(const ledger::PersonalKey& key, const std::string& order_id) {
  return {pipeline::kept_name(key, order_id, "foto"), pipeline::kept_name(key, order_id, "tanda_tangan")};
}

Result<void> copy_out(const pipeline::PictureSafe& safe, const std::string& name, const fs::path& copy) {
  const auto bytes = safe.get(name);
  if (!bytes) return fail(bytes.error().code, name + ": " + bytes.error().message);
  return write_private(copy, {bytes->begin(), bytes->end()});
}

}  // namespace

Result<void> make_empty_folder(const fs::path& folder) {
  std::error_code problem;
  if (fs::exists(folder, problem) && !(fs::is_directory(folder, problem) && fs::is_empty(folder, problem)))
    return fail(ErrorCode::bad_data,
                "folder: " + folder.string() + " holds something already; give a new or empty one");
  return make_private_folder(folder);
}

std::vector<std::string> evidence_of(const fs::path& data, const std::vector<std::string>& cards) {
  const std::set<std::string> wanted(cards.begin(), cards.end());
  std::vector<std::string> names = pipeline::PictureSafe(evidence_folder(data), nullptr).names();
  std::erase_if(names, [&](const std::string& name) {
    const auto dash = name.find('-');
    return dash == std::string::npos || !wanted.contains(name.substr(0, dash));
  });
  return names;
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
  const pipeline::PictureSafe evidence(evidence_folder(data), &key), portraits(portraits_folder(data), &key);
  for (const std::string& picture : pictures) {
    if (auto copied = copy_out(evidence, picture, folder / "pictures" / picture); !copied)
      return std::unexpected(copied.error());
    ++written.pictures;
  }
  for (const auto& [name, column] : {std::pair<std::string, const char*>{kept_of(key, order_id)[0], "foto"},
                                     {kept_of(key, order_id)[1], "tanda_tangan"}}) {
    if (!portraits.has(name)) continue;
    if (auto made = make_private_folder(folder / "pictures"); !made) return std::unexpected(made.error());
    if (auto copied = copy_out(portraits, name, folder / "pictures" / column); !copied)
      return std::unexpected(copied.error());
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

Result<std::int64_t> sweep_pictures(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                    const fs::path& data) {
  std::vector<std::string> orders;
  const auto visited = ledger.each_order([&](const ledger::OrderRow& order) {
    if (!order.erased.empty()) orders.push_back(order.order_id);
  });
  if (!visited) return std::unexpected(visited.error());
  std::vector<std::string> names, kept;
  for (const std::string& order : orders) {
    if (auto named = add_names(ledger, order, names); !named) return std::unexpected(named.error());
    for (std::string& name : kept_of(key, order)) kept.push_back(std::move(name));
  }
  std::set<std::string> records;
  const ledger::BoxView view(ledger);
  std::vector<ledger::SightingRow> of_others;
  const auto seen = view.each_sighting([&](const ledger::SightingRow& row) {
    if (!row.record.empty()) of_others.push_back(row);
  });
  if (!seen) return std::unexpected(seen.error());
  for (const ledger::SightingRow& row : of_others) {
    const auto record = view.record(row.record);
    if (!record) return std::unexpected(record.error());
    if (*record && !(*record)->erased.empty()) names.push_back(ledger::sighting_name(row.id));
  }
  const auto evidence =
      remove_all(pipeline::PictureSafe(evidence_folder(data), nullptr), evidence_of(data, names));
  if (!evidence) return evidence;
  const auto portraits = remove_all(pipeline::PictureSafe(portraits_folder(data), nullptr), kept);
  if (!portraits) return portraits;
  return *evidence + *portraits;
}

Result<std::int64_t> sweep_strangers(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                     const fs::path& data, std::chrono::days kept) {
  std::vector<std::string> names;
  const auto visited = ledger::BoxView(ledger).each_sighting([&](const ledger::SightingRow& row) {
    if (row.order_id.empty() && row.record.empty()) names.push_back(ledger::sighting_name(row.id));
  });
  if (!visited) return std::unexpected(visited.error());
  const pipeline::PictureSafe safe(evidence_folder(data), nullptr);
  std::vector<std::string> files = evidence_of(data, names);
  const auto before = fs::file_time_type::clock::now() - kept;
  std::erase_if(files, [&](const std::string& name) {
    std::error_code unknown;
    auto written = fs::last_write_time(safe.folder() / (name + std::string(safe.kEnd)), unknown);
    if (unknown) written = fs::last_write_time(safe.folder() / name, unknown);
    return unknown || written >= before;
  });
  // Copies of the files cannot be opened any more either.
  std::vector<std::int64_t> keys;
  for (const std::string& name : files)
    if (const auto number = safe.key_of(name)) keys.push_back(*number);
  if (auto forgotten = key.record_keys().forget(keys); !forgotten) return std::unexpected(forgotten.error());
  return remove_all(safe, files);
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
