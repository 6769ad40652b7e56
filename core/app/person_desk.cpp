// SPDX-License-Identifier: Apache-2.0
#include "app/person_desk.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/paper_files.hpp"
#include "app/person_files.hpp"
#include "handover/manifest.hpp"
#include "handover/person.hpp"
#include "pipeline/intake.hpp"

namespace ktp::app {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::uintmax_t kMostExport = 256u
                                       << 20;  // of one person: some cards, two sides, a few pictures each

fs::path folder_of(const fs::path& data) {
  return data / ".person-export";
}

void remove_export(const fs::path& data) {
  std::error_code ignored;
  fs::remove_all(folder_of(data), ignored);
}

la_ssize_t append(archive*, void* to, const void* bytes, std::size_t n) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), n);
  return static_cast<la_ssize_t>(n);
}

// Every file below the folder, by its name there.
Result<std::string> zipped(const fs::path& folder) {
  std::string out;
  const std::unique_ptr<archive, int (*)(archive*)> writing(archive_write_new(), archive_write_free);
  archive_write_set_format_zip(writing.get());
  archive_write_set_bytes_in_last_block(writing.get(), 1);
  archive_write_open(writing.get(), &out, nullptr, append, nullptr);
  std::vector<fs::path> files;
  std::error_code wrong;
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder, wrong))
    if (entry.is_regular_file(wrong)) {
      files.push_back(entry.path());
      bytes += entry.file_size(wrong);
    }
  if (wrong) return fail(ErrorCode::internal, "what was written cannot be read: " + wrong.message());
  if (bytes > kMostExport)
    return fail(ErrorCode::bad_data,
                "this is too much for the page; `ktp-station person export` writes it into a folder");
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    const auto whole = read_whole(file);
    if (!whole) return std::unexpected(whole.error());
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), file.lexically_relative(folder).c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(whole->size()));
    if (archive_write_header(writing.get(), entry.get()) != ARCHIVE_OK ||
        archive_write_data(writing.get(), whole->data(), whole->size()) !=
            static_cast<la_ssize_t>(whole->size()))
      return fail(ErrorCode::internal, "the zip cannot be written");
  }
  if (archive_write_close(writing.get()) != ARCHIVE_OK)
    return fail(ErrorCode::internal, "the zip cannot be written");
  return out;
}

Result<void> note(ledger::Ledger& ledger, const std::string& order, const char* what,
                  const web::PersonAsked& asked, const std::string& user) {
  return handover::note_look(ledger, order,
                             {.time = {}, .by = user, .what = what, .reason = asked.reason, .card = {}});
}

}  // namespace

PersonDesk::PersonDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, fs::path data)
    : ledger_(ledger), key_(key), data_(std::move(data)) {
  remove_export(data_);
}

Result<std::string> PersonDesk::order_meant(const web::PersonAsked& asked) const {
  if (asked.nik.empty()) return asked.order;
  if (asked.nik.size() != 16 || asked.nik.find_first_not_of("0123456789") != std::string::npos)
    return fail(ErrorCode::bad_data, "nik: sixteen digits");
  const auto order = ledger_.order_of_person(key_.hash("person", asked.nik));
  if (!order) return std::unexpected(order.error());
  if (!*order) return fail(ErrorCode::input_missing, "nik: there is no order of this person here");
  return (*order)->order_id;
}

Result<std::string> PersonDesk::looks(const std::string& order) const {
  const auto all = handover::looks_at(ledger_, order);
  if (!all) return std::unexpected(all.error());
  auto out = ordered_json::array();
  for (auto look = all->rbegin(); look != all->rend(); ++look)
    out.push_back({{"time", look->time},
                   {"by", look->by},
                   {"what", look->what},
                   {"reason", look->reason},
                   {"card", look->card}});
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<std::string> PersonDesk::show(const web::PersonAsked& asked, const std::string& user) {
  const auto order = order_meant(asked);
  if (!order) return std::unexpected(order.error());
  if (auto noted = note(ledger_, *order, "record", asked, user); !noted)
    return std::unexpected(noted.error());
  const auto record = pipeline::load_record(ledger_, key_, *order);
  if (!record) return std::unexpected(record.error());
  const auto cards = ledger_.cards_of(*order);
  if (!cards) return std::unexpected(cards.error());
  ordered_json out{{"order", *order}, {"fields", ordered_json::object()}, {"cards", ordered_json::array()}};
  for (const std::string_view column : kOrderColumns)
    out["fields"][std::string(column)] =
        column == "nik" ? handover::masked_nik(record->order.nik()) : record->order.field(column);
  for (const ledger::CardRow& card : *cards)
    out["cards"].push_back(
        {{"card", card.card}, {"state", to_string(card.state)}, {"verdict", card.verdict}});
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<std::string> PersonDesk::hand_out(const web::PersonAsked& asked, const std::string& user) {
  const auto order = order_meant(asked);
  if (!order) return std::unexpected(order.error());
  const std::lock_guard one(mutex_);
  remove_export(data_);
  if (auto made = make_empty_folder(folder_of(data_)); !made) return std::unexpected(made.error());
  const struct Gone {
    const fs::path& data;
    ~Gone() { remove_export(data); }
  } gone{data_};
  if (auto noted = note(ledger_, *order, "export", asked, user); !noted)
    return std::unexpected(noted.error());
  if (const auto written = write_person(ledger_, key_, data_, *order, folder_of(data_)); !written)
    return std::unexpected(written.error());
  return zipped(folder_of(data_));
}

web::PersonCommands PersonDesk::commands() {
  return {
      .show = [this](const web::PersonAsked& asked, const std::string& user) { return show(asked, user); },
      .hand_out = [this](const web::PersonAsked& asked,
                         const std::string& user) { return hand_out(asked, user); },
      .looks = [this](const std::string& order) { return looks(order); }};
}

}  // namespace ktp::app
