// SPDX-License-Identifier: Apache-2.0
// The end of personal data by rule, and what a notice about an incident needs.
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/paper_files.hpp"
#include "app/person_files.hpp"
#include "app/write_lock.hpp"
#include "domain/words.hpp"
#include "handover/person.hpp"
#include "ledger/personal.hpp"
#include "ledger/retention.hpp"
#include "pipeline/intake.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

std::string utc(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
  const std::string millis = std::to_string(1000 + whole.time_since_epoch().count() % 1000);
  return text.data() + millis.substr(1) + "Z";
}

std::string csv_cell(std::string_view value) {
  // A cell that a spreadsheet would take for a formula is text.
  const std::string guard = !value.empty() && std::string_view("=+-@\t\r").contains(value[0]) ? "'" : "";
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) return guard + std::string(value);
  std::string text = "\"" + guard;
  for (const char c : value) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

}  // namespace

int retention_command(const CommonOptions& common, const RetentionOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const std::string before = utc(std::chrono::system_clock::now() - std::chrono::days(options.days));
    const auto due = ledger.finished_before(before);
    if (!due) return std::unexpected(due.error());
    const auto others = ledger::other_records_before(ledger, before);
    if (!others) return std::unexpected(others.error());
    std::int64_t pictures = 0, without_own_key = 0;
    if (!options.dry_run) {
      // What an earlier call did not come to the end of goes first.
      if (auto finished = ledger::finish_erasures(ledger, *key); !finished)
        return std::unexpected(finished.error());
      constexpr std::size_t kPiece = 500;
      for (std::size_t at = 0; at < due->size(); at += kPiece) {
        std::vector<std::string> orders;
        for (std::size_t i = at; i < std::min(at + kPiece, due->size()); ++i)
          orders.push_back((*due)[i].first);
        const auto erased = ledger::erase(
            ledger, *key, orders,
            {.reason = "kept for " + std::to_string(options.days) + " days after its cards came to their end",
             .confirmed_by = {},
             .by_rule = true},
            options.by);
        if (!erased) return std::unexpected(erased.error());
        without_own_key += erased->without_own_key;
      }
      std::vector<std::string> records;
      for (const auto& [record, last] : *others) records.push_back(record);
      for (std::size_t at = 0; at < records.size(); at += kPiece) {
        const std::vector<std::string> piece(
            records.begin() + static_cast<std::ptrdiff_t>(at),
            records.begin() + static_cast<std::ptrdiff_t>(std::min(at + kPiece, records.size())));
        if (auto erased = ledger::erase_others(
                ledger, *key, piece,
                "kept for " + std::to_string(options.days) + " days after it was last of use", options.by);
            !erased)
          return std::unexpected(erased.error());
      }
      const auto swept = sweep_pictures(ledger, *key, common.data);
      if (!swept) return std::unexpected(swept.error());
      const auto strangers = sweep_strangers(ledger, *key, common.data, std::chrono::days(options.days));
      if (!strangers) return std::unexpected(strangers.error());
      pictures = *swept + *strangers;
    }
    if (common.json) {
      std::cout << nlohmann::ordered_json{{"before", before},
                                          {"orders", due->size()},
                                          {"other_records", others->size()},
                                          {"pictures", pictures},
                                          {"without_own_key", without_own_key},
                                          {"dry_run", options.dry_run}}
                       .dump()
                << '\n';
      return 0;
    }
    if (options.dry_run)
      for (const auto* list : {&*due, &*others})
        for (const auto& [order, last] : *list) std::cout << order << "  " << last << '\n';
    std::cout << due->size()
              << (options.dry_run ? " records would be deleted / akan dihapus" : " records deleted / dihapus")
              << ": orders whose cards came to their end before " << before << ", and " << others->size()
              << " of other stations, last of use before then";
    if (!options.dry_run)
      std::cout << ", and " << pictures << " pictures\n" << kept_elsewhere(without_own_key);
    std::cout << '\n';
    return 0;
  }));
}

int incident_command(const CommonOptions& common, const IncidentOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    for (const auto& [field, text] :
         {std::pair<const char*, const std::string&>{"what", options.what}, {"measures", options.measures}})
      if (auto words = check_words(field, text, 500); !words) return std::unexpected(words.error());
    if (auto name = check_words("by", options.by, 100); !name) return std::unexpected(name.error());
    const auto found = time_of(options.found);
    if (!found) return std::unexpected(found.error());
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    std::vector<ledger::OrderRow> concerned;
    const std::set<std::string> wanted(options.orders.begin(), options.orders.end());
    std::set<std::string> missing = wanted;
    const auto visited = ledger.each_order([&](const ledger::OrderRow& order) {
      if (order.state == "refused") return;
      missing.erase(order.order_id);
      const bool in_region = order.region == options.region || order.region.starts_with(options.region + ".");
      if (options.everybody || wanted.contains(order.order_id) || (!options.region.empty() && in_region))
        concerned.push_back(order);
    });
    if (!visited) return std::unexpected(visited.error());
    if (!missing.empty())
      return fail(ErrorCode::input_missing,
                  "there is no order " + *missing.begin() + "; `ktp-station orders` lists them");
    if (concerned.empty()) return fail(ErrorCode::input_missing, "nobody is concerned: no order fits");
    if (auto made = make_empty_folder(options.folder); !made) return std::unexpected(made.error());
    // In the log before anything is written: the export is a look at everybody in it.
    const std::string deadline = utc(*found + std::chrono::hours(72));
    std::vector<ledger::Event> events;
    ledger::Event incident{.type = "incident", .actor = options.by};
    incident.data = {{"what", options.what},
                     {"measures", options.measures},
                     {"found", utc(*found)},
                     {"notice_due", deadline},
                     {"persons", concerned.size()}};
    events.push_back(std::move(incident));
    for (const ledger::OrderRow& order : concerned) {
      ledger::Event shown{.type = "person-shown", .actor = options.by, .order_id = order.order_id};
      shown.data["what"] = "incident";
      shown.data["reason"] = options.what.substr(0, 200);
      events.push_back(std::move(shown));
    }
    if (auto noted = ledger.append(events); !noted) return std::unexpected(noted.error());
    std::string persons = "order_id,nik,nama,alamat,rt,rw,kel_desa,kecamatan,kode_pos,cards,deleted\n", trail;
    for (const ledger::OrderRow& order : concerned) {
      const auto cards = ledger.cards_of(order.order_id);
      if (!cards) return std::unexpected(cards.error());
      persons += csv_cell(order.order_id);
      std::optional<pipeline::PersonalRecord> record;
      if (order.erased.empty()) {
        auto loaded = pipeline::load_record(ledger, *key, order.order_id);
        if (!loaded) return std::unexpected(loaded.error());
        record = *std::move(loaded);
      }
      for (const char* column : {"nik", "nama", "alamat", "rt", "rw", "kel_desa", "kecamatan", "kode_pos"})
        persons += "," + (record ? csv_cell(record->order.printed(column)) : "");
      persons += "," + std::to_string(cards->size()) + "," + csv_cell(order.erased) + "\n";
      const auto lines = ledger.trail_of_order(order.order_id);
      if (!lines) return std::unexpected(lines.error());
      for (const std::string& line : *lines) trail += line + "\n";
    }
    const auto head = ledger.head();
    if (!head) return std::unexpected(head.error());
    const std::string count = std::to_string(concerned.size());
    const std::string notice =
        "PEMBERITAHUAN KEGAGALAN PELINDUNGAN DATA PRIBADI (UU 27/2022 pasal 46)\n"
        "Notice of a failure of personal data protection\n\n"
        "Diketahui / found:                 " +
        utc(*found) +
        "\n"
        "Batas pemberitahuan / notice due:  " +
        deadline +
        " (3 x 24 jam / hours)\n"
        "Orang / persons:                   " +
        count +
        " (persons.csv)\n"
        "Data / data:                       NIK, nama, tempat dan tanggal lahir, jenis kelamin, golongan "
        "darah,\n"
        "                                   alamat, agama, status perkawinan, pekerjaan, kewarganegaraan, "
        "foto,\n"
        "                                   tanda tangan / NIK, name, birth, sex, blood type, address, "
        "religion,\n"
        "                                   marital status, occupation, citizenship, portrait, signature\n"
        "Apa, kapan, bagaimana / what, when and how:\n  " +
        options.what +
        "\n"
        "Upaya penanganan / measures:\n  " +
        options.measures +
        "\n"
        "Dicatat oleh / recorded by:        " +
        options.by +
        "\n\n"
        "persons.csv      kepada siapa pemberitahuan dikirim / whom to notify\n"
        "trail.jsonl      semua peristiwa pada pesanan mereka / every event of their orders\n"
        "checkpoint, key  kepala catatan yang ditandatangani / the log's signed head\n";
    for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"NOTICE.txt", notice},
                                     {"persons.csv", persons},
                                     {"trail.jsonl", trail},
                                     {"checkpoint", head->checkpoint},
                                     {"key", head->key}})
      if (auto written = write_private(options.folder / name, text); !written)
        return std::unexpected(written.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"folder", options.folder.string()},
                                          {"persons", concerned.size()},
                                          {"found", utc(*found)},
                                          {"notice_due", deadline}}
                       .dump()
                << '\n';
    else
      std::cout << options.folder.string() << ": " << count << " persons; the notice is due by " << deadline
                << " / pemberitahuan paling lambat\n";
    return 0;
  }));
}

}  // namespace ktp::app
