// SPDX-License-Identifier: Apache-2.0
// From the bin to the post office and back: seal, manifest, handover, post results, recall.
#include <algorithm>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/manifest_files.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "app/post_file.hpp"
#include "app/write_lock.hpp"
#include "handover/post.hpp"
#include "handover/seal.hpp"
#include "ledger/custody.hpp"
#include "ledger/personal.hpp"

namespace ktp::app {

namespace {

namespace fs = std::filesystem;

std::string refusal_lines(const fs::path& file, const std::vector<handover::RefusedPostRow>& refused) {
  std::string text;
  for (const auto& row : refused)
    text += file.string() + ":row " + std::to_string(row.row) + ": " + row.reason + "\n";
  return text;
}

}  // namespace

int seal_command(const CommonOptions& common, const SealOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto config = config_of(common.config, find_paths());
    if (!config) return std::unexpected(config.error());
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const auto sealed = handover::seal_region(ledger, options.region, config->items, options.by);
    if (!sealed) return std::unexpected(sealed.error());
    for (const handover::SealedBatch& batch : *sealed) {
      const auto folder = write_manifest(ledger, *key, *config, common.data, batch.seal);
      if (!folder) return std::unexpected(folder.error());
      if (common.json)
        std::cout << nlohmann::ordered_json{{"seal", batch.seal},
                                            {"region", batch.region},
                                            {"cards", batch.cards},
                                            {"folder", folder->string()}}
                         .dump()
                  << '\n';
      else
        std::cout << batch.seal << "  " << batch.region << "  " << batch.cards << " cards  "
                  << (*folder / "manifest.pdf").string() << '\n';
    }
    if (sealed->empty() && !common.json) std::cout << "no good card waits to be sealed\n";
    return 0;
  }));
}

int manifest_command(const CommonOptions& common, const std::string& seal) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto config = config_of(common.config, find_paths());
    if (!config) return std::unexpected(config.error());
    const auto key = ledger::PersonalKey::load(common.data, false);
    if (!key) return std::unexpected(key.error());
    const auto folder = write_manifest(ledger, *key, *config, common.data, seal);
    if (!folder) return std::unexpected(folder.error());
    std::cout << folder->string() << '\n';
    return 0;
  }));
}

int unseal_command(const CommonOptions& common, const UnsealOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    auto taken = handover::unseal(ledger, options.card, options.reason, options.by);
    if (!taken) return std::unexpected(taken.error());
    std::cout << options.card
              << " is back in bin good; print the list of its batch anew: ktp-station manifest\n";
    return 0;
  }));
}

int handover_command(const CommonOptions& common, const HandoverOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    handover::Countersign sign{
        .given_by = options.given_by, .taken_by = options.taken_by, .counted = {}, .scanned = {}};
    if (options.counted > 0) {
      sign.counted = static_cast<std::size_t>(options.counted);
    } else {
      std::ifstream in(options.scanned);
      if (!in) return fail(ErrorCode::input_missing, "cannot read " + options.scanned.string());
      for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) sign.scanned.push_back(line);
      }
    }
    const auto done = handover::hand_over(ledger, options.seal, sign, options.given_by);
    if (!done) return std::unexpected(done.error());
    if (common.json)
      std::cout << nlohmann::ordered_json{{"seal", done->seal}, {"cards", done->cards}}.dump() << '\n';
    else
      std::cout << done->seal << ": " << done->cards << " cards handed over to " << options.taken_by << '\n';
    return 0;
  }));
}

int batches_command(const CommonOptions& common) {
  const auto ledger = ledger::Ledger::open(common.data, false);
  if (!ledger) return report(ledger.error());
  const auto seals = ledger::CustodyView(**ledger).seals();
  if (!seals) return report(seals.error());
  for (const ledger::SealRow& seal : *seals)
    if (common.json)
      std::cout << nlohmann::ordered_json{{"seal", seal.seal},
                                          {"region", seal.region},
                                          {"cards", seal.count},
                                          {"inside", seal.inside},
                                          {"taken_by", seal.taken_by}}
                       .dump()
                << '\n';
    else
      std::cout << std::left << std::setw(10) << seal.seal << std::setw(16) << seal.region << std::right
                << std::setw(6) << seal.count << " cards  "
                << (seal.taken_by.empty() ? std::to_string(seal.inside) + " in the box"
                                          : "taken by " + seal.taken_by)
                << '\n';
  return 0;
}

int post_import_command(const CommonOptions& common, const PostOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    fs::path mapping_file = options.mapping;
    if (mapping_file.empty()) {
      const auto config = config_of(common.config, find_paths());
      if (!config) return std::unexpected(config.error());
      mapping_file = config->post_mapping;
    }
    const auto mapping = load_post_mapping(mapping_file);
    if (!mapping) return std::unexpected(mapping.error());
    const auto file = read_post_file(options.file, *mapping);
    if (!file) return std::unexpected(file.error());
    auto imported = handover::import_post(ledger, file->rows, options.by);
    if (!imported) return std::unexpected(imported.error());
    auto& refused = imported->refused;
    refused.insert(refused.end(), file->unreadable.begin(), file->unreadable.end());
    std::ranges::sort(refused, {}, &handover::RefusedPostRow::row);
    std::cerr << refusal_lines(options.file, refused);
    if (common.json)
      std::cout << nlohmann::ordered_json{{"entered", imported->entered},
                                          {"delivered", imported->delivered},
                                          {"returned", imported->returned},
                                          {"too_late", imported->too_late},
                                          {"known", imported->known},
                                          {"refused", refused.size()}}
                       .dump()
                << '\n';
    else
      std::cout << imported->entered << " entered, " << imported->delivered << " delivered, "
                << imported->returned << " returned, " << imported->known << " known before, "
                << refused.size() << " rows refused\n";
    if (!common.json && imported->too_late != 0)
      std::cout << imported->too_late << " of the delivered had been recalled: the recall came too late\n";
    return 0;
  }));
}

int recall_command(const CommonOptions& common, const RecallOptions& options) {
  return exit_code_of(with_writable_ledger(common, [&](ledger::Ledger& ledger) -> Result<int> {
    const auto done =
        options.batch.empty()
            ? handover::recall(ledger, options.region, options.reason, options.by, options.dry_run)
            : handover::recall_batch(ledger, options.batch, options.reason, options.by, options.dry_run);
    if (!done) return std::unexpected(done.error());
    const auto line = [&](const ledger::CustodyRow& row, const char* what) {
      if (common.json)
        std::cout << nlohmann::ordered_json{{"card", row.card}, {"order_id", row.order_id},
                                            {"what", what},     {"was", std::string(to_string(row.state))},
                                            {"bin", row.bin},   {"seal", row.seal},
                                            {"item", row.item}}
                         .dump()
                  << '\n';
      else
        std::cout << row.card << "  " << what << "  was " << to_string(row.state)
                  << (!row.seal.empty() ? " in batch " + row.seal + " as " + row.item
                      : row.bin.empty() ? ""
                                        : " in bin " + row.bin)
                  << '\n';
    };
    for (const auto& row : done->withdrawn) line(row, "withdrawn");
    for (const auto& row : done->out_of_reach) line(row, "delivered");
    for (const auto& row : done->unfinished) line(row, "not recalled");
    if (!done->unfinished.empty())
      std::cerr << done->unfinished.size()
                << " cards have not reached a bin: let the run finish (ktp-station produce), then recall "
                   "once more\n";
    if (!common.json)
      std::cout << (options.dry_run ? "nothing written: " : "") << done->withdrawn.size()
                << " cards withdrawn, " << done->held.size() << " waiting orders held, "
                << done->out_of_reach.size() << " delivered already\n";
    return 0;
  }));
}

}  // namespace ktp::app
