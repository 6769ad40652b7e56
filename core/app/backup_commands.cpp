// SPDX-License-Identifier: Apache-2.0
// The ledger in one file, and back; the tables built anew.
#include <array>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/small_file.hpp"
#include "app/write_lock.hpp"
#include "ledger/backup.hpp"
#include "ledger/personal.hpp"

namespace ktp::app {

namespace {

std::string percent(double part) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%3.0f %%", part * 100);
  return text.data();
}

ledger::BackupProgress shown_by(RunOutput& output) {
  return [&output, last = std::string()](const char* what, double part) mutable {
    const std::string text =
        std::string(what) + " " + (std::string(what) == "copying" ? percent(part) : "...");
    if (text != std::exchange(last, text)) output.status(text);
  };
}

void print(const ledger::BackupContent& content, const std::string& file) {
  std::cout << file << ": " << content.events << " events, the last of "
            << (content.last_event.empty() ? "never" : content.last_event) << "; last card "
            << (content.last_card.empty() ? "-" : content.last_card) << ", last batch "
            << (content.batch.empty() ? "-" : content.batch);
  if (content.waiting >= 0)
    std::cout << "; " << content.waiting << " orders waited, " << content.on_their_way
              << " cards were on their way";
  std::cout << (content.balance.closes()
                    ? "\nevery blank is accounted for / semua blangko jelas keberadaannya"
                    : "\nOPEN / TERBUKA: unknown " + std::to_string(content.balance.at("unknown")) +
                          ", discrepancy " + std::to_string(content.balance.at("discrepancy")))
            << "\nit ends at this head:\n"
            << content.head.checkpoint;
}

nlohmann::ordered_json json_of(const ledger::BackupContent& content, const std::string& file) {
  return {{"file", file},
          {"bytes", content.bytes},
          {"events", content.events},
          {"last_event", content.last_event},
          {"last_card", content.last_card},
          {"last_batch", content.batch},
          {"waiting", content.waiting},
          {"on_their_way", content.on_their_way},
          {"balance_closes", content.balance.closes()},
          {"unknown", content.balance.at("unknown")},
          {"discrepancy", content.balance.at("discrepancy")},
          {"checkpoint", content.head.checkpoint},
          {"key", content.head.key}};
}

}  // namespace

int backup_command(const CommonOptions& common, const std::filesystem::path& file,
                   const std::filesystem::path& record_keys) {
  RunOutput output;
  const auto made = ledger::make_backup(common.data, file, shown_by(output));
  output.finish();
  if (!made) return report(made.error());
  // After the ledger: a record that is in it has its key by then.
  if (!record_keys.empty()) {
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return report(key.error());
    if (auto copied = key->record_keys().copy_to(record_keys); !copied) return report(copied.error());
  }
  if (common.json) {
    auto json = json_of(*made, file.string());
    json["record_keys"] = record_keys.string();
    std::cout << json.dump() << '\n';
    return 0;
  }
  print(*made, file.string());
  std::cout << "not in it, and to be kept apart from it: the keys (" << (common.data / "key").string() << ", "
            << (common.data / "head-key").string()
            << (record_keys.empty() ? ", " + (common.data / "record-keys.sqlite").string() : "")
            << "), without which it cannot be read or gone on with. Photographs (evidence), users and papers "
               "are plain files of the data folder: copy them with any program\n";
  return 0;
}

int restore_command(const CommonOptions& common, const RestoreOptions& options) {
  ledger::VerifyAgainst against;
  if (!options.key.empty()) {
    auto key = read_small_file(options.key);
    if (!key) return report(key.error());
    against.key = *std::move(key);
  }
  for (const auto& given : options.checkpoints) {
    auto checkpoint = read_small_file(given);
    if (!checkpoint) return report(checkpoint.error());
    against.checkpoints.push_back(*std::move(checkpoint));
  }
  std::optional<ledger::DataLock> lock;
  if (!options.to.empty()) {
    auto held = ledger::DataLock::acquire(options.to, std::chrono::seconds(0));
    if (!held) return report(held.error());
    lock.emplace(*std::move(held));
  }
  RunOutput output;
  const auto restored = ledger::restore_backup(options.file, options.to, against, shown_by(output));
  output.finish();
  if (!restored) return report(restored.error());
  if (common.json) {
    auto json = json_of(restored->content, options.file.string());
    json["to"] = options.to.string();
    json["events_missing"] = restored->events_missing;
    std::cout << json.dump() << '\n';
    return 0;
  }
  print(restored->content, options.file.string());
  std::cout << "tree, signature and every table verify"
            << (options.key.empty() ? "; give --key with the published key to know whose it is\n" : "\n");
  if (restored->events_missing > 0)
    std::cout << "MISSING / HILANG: a head that was given is over " << restored->events_missing
              << " events more; they are lost\n";
  std::cout << "whatever happened after " << restored->content.last_event << " is not in it"
            << (options.checkpoints.empty()
                    ? "; give --checkpoint with the newest head that somebody kept to know how much that is\n"
                    : "\n");
  if (!options.to.empty())
    std::cout << "restored to " << options.to.string()
              << ". Put the keys there (key, head-key, record-keys.sqlite). The first command that writes "
                 "holds every order that "
                 "waits: release each (`ktp-station release`) when it is certain that no card of it was "
                 "printed since\n";
  return 0;
}

int ledger_rebuild_command(const CommonOptions& common) {
  return exit_code_of([&]() -> Result<int> {
    if (auto there = ledger::Ledger::open(common.data, false); !there) return std::unexpected(there.error());
    auto lock = ledger::DataLock::acquire(
        common.data, std::chrono::seconds(15),
        [](const std::string& holder) { std::cerr << "waiting for " << holder << " to finish\n"; });
    if (!lock) return std::unexpected(lock.error());
    if (auto built = ledger::rebuild_tables(common.data); !built) return std::unexpected(built.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"rebuilt", true}}.dump() << '\n';
    else
      std::cout << "every table was built anew from the events / semua tabel disusun ulang dari catatan\n";
    return 0;
  }());
}

}  // namespace ktp::app
