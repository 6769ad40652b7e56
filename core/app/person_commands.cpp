// SPDX-License-Identifier: Apache-2.0
// One person's data: shown, given out, deleted; and who looked at it. Every look is in the log before it
// happens.
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/commands.hpp"
#include "app/contact_sheet.hpp"
#include "app/output.hpp"
#include "app/person_files.hpp"
#include "app/put_away.hpp"
#include "app/write_lock.hpp"
#include "handover/manifest.hpp"
#include "handover/person.hpp"
#include "ledger/personal.hpp"
#include "ledger/retention.hpp"
#include "pipeline/intake.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

namespace {

// "-": a NIK on standard input, which no list of processes and no shell history shows.
Result<std::string> order_meant(const ledger::Ledger& ledger, const ledger::PersonalKey& key,
                                const std::string& given) {
  if (given != "-") return given;
  std::string nik;
  std::getline(std::cin, nik);
  while (!nik.empty() && (nik.back() == '\r' || nik.back() == ' ')) nik.pop_back();
  if (nik.size() != 16 || nik.find_first_not_of("0123456789") != std::string::npos)
    return fail(ErrorCode::bad_data, "nik: standard input must begin with a line of sixteen digits");
  const auto order = ledger.order_of_person(key.hash("person", nik));
  if (!order) return std::unexpected(order.error());
  if (!*order) return fail(ErrorCode::input_missing, "nik: there is no order of this person here");
  return (*order)->order_id;
}

std::vector<std::string> names_of(const std::vector<ledger::CardRow>& cards) {
  std::vector<std::string> names;
  for (const ledger::CardRow& card : cards) names.push_back(card.card);
  return names;
}

}  // namespace

int person_show_command(const CommonOptions& common, const PersonOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const auto id = order_meant(ledger, *key, options.order);
    if (!id) return std::unexpected(id.error());
    if (auto noted = handover::note_look(
            ledger, *id,
            {.time = {}, .by = options.by, .what = "record", .reason = options.reason, .card = {}});
        !noted)
      return std::unexpected(noted.error());
    const auto record = pipeline::load_record(ledger, *key, *id);
    if (!record) return std::unexpected(record.error());
    nlohmann::ordered_json json;
    for (const std::string_view column : kOrderColumns) {
      const std::string value = column == "nik" && !options.whole ? handover::masked_nik(record->order.nik())
                                                                  : record->order.field(column);
      if (common.json)
        json[std::string(column)] = value;
      else
        std::cout << column << ": " << value << '\n';
    }
    if (common.json) std::cout << json.dump() << '\n';
    return 0;
  }));
}

int person_looks_command(const CommonOptions& common, const PersonOptions& options) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto looks = handover::looks_at(**ledger, options.order);
  if (!looks) return report(looks.error());
  for (const handover::Look& look : *looks)
    if (common.json)
      std::cout << nlohmann::ordered_json{{"time", look.time},
                                          {"by", look.by},
                                          {"what", look.what},
                                          {"reason", look.reason},
                                          {"card", look.card}}
                       .dump()
                << '\n';
    else
      std::cout << look.time << "  " << look.by << "  " << look.what
                << (look.card.empty() ? "" : " of " + look.card) << ": " << look.reason << '\n';
  if (looks->empty() && !common.json) std::cout << "nobody looked / belum ada yang melihat\n";
  return 0;
}

int person_export_command(const CommonOptions& common, const PersonOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const auto id = order_meant(ledger, *key, options.order);
    if (!id) return std::unexpected(id.error());
    // Nothing is logged for a folder that cannot be used.
    if (auto made = make_empty_folder(options.folder); !made) return std::unexpected(made.error());
    if (auto noted = handover::note_look(
            ledger, *id,
            {.time = {}, .by = options.by, .what = "export", .reason = options.reason, .card = {}});
        !noted)
      return std::unexpected(noted.error());
    const auto written = write_person(ledger, *key, common.data, *id, options.folder);
    if (!written) return std::unexpected(written.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"order_id", *id},
                                          {"folder", options.folder.string()},
                                          {"events", written->events},
                                          {"pictures", written->pictures}}
                       .dump()
                << '\n';
    else
      std::cout << options.folder.string() << ": record, " << written->events << " events, "
                << written->pictures << " pictures of order " << *id
                << ". It is one person's data: hand it to nobody else / jangan "
                   "diberikan kepada orang lain\n";
    return 0;
  }));
}

int contact_sheet_command(const CommonOptions& common, const PersonOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const auto sheet = write_contact_sheet(
        ledger, pipeline::PictureSafe(evidence_folder(common.data), &*key), options.folder,
        {.time = {}, .by = options.by, .what = "pictures", .reason = options.reason, .card = {}});
    if (!sheet) return std::unexpected(sheet.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"file", sheet->file.string()},
                                          {"cards", sheet->cards},
                                          {"pictures", sheet->pictures}}
                       .dump()
                << '\n';
    else
      std::cout
          << sheet->file.string() << ": " << sheet->cards << " cards, " << sheet->pictures
          << " pictures. They show persons: delete the folder when it has served / hapus folder ini setelah "
             "dipakai\n";
    return 0;
  }));
}

int person_erase_command(const CommonOptions& common, const PersonOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const auto id = order_meant(ledger, *key, options.order);
    if (!id) return std::unexpected(id.error());
    const auto cards = ledger.cards_of(*id);
    if (!cards) return std::unexpected(cards.error());
    // What an earlier call did not come to the end of goes first.
    if (auto finished = ledger::finish_erasures(ledger, *key); !finished)
      return std::unexpected(finished.error());
    auto erased = ledger::erase(
        ledger, *key, {*id},
        {.reason = options.reason, .confirmed_by = options.confirmed_by, .by_rule = false}, options.by);
    if (!erased) return std::unexpected(erased.error());
    const auto swept = sweep_pictures(ledger, *key, common.data);
    if (!swept) return std::unexpected(swept.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"order_id", *id},
                                          {"pictures", *swept},
                                          {"without_own_key", erased->without_own_key}}
                       .dump()
                << '\n';
    else
      std::cout << "the personal record of order " << *id << " is deleted / dihapus, with " << *swept
                << " pictures of its " << names_of(*cards).size() << " cards\n"
                << kept_elsewhere(erased->without_own_key);
    return 0;
  }));
}

}  // namespace ktp::app
