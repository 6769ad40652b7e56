// SPDX-License-Identifier: Apache-2.0
#include "app/handover_desk.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/label_files.hpp"
#include "app/manifest_files.hpp"
#include "app/paper_files.hpp"
#include "app/post_file.hpp"
#include "domain/words.hpp"
#include "handover/post.hpp"
#include "handover/seal.hpp"
#include "ledger/custody.hpp"

namespace ktp::app {

using nlohmann::json;

namespace {

constexpr std::size_t kRowsShown = 500;   // of a post file; refused ones besides
constexpr std::size_t kLongestName = 80;  // of who takes a batch

std::string text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// "32.16.06" of "32.16.06.1001": the level above the desa.
std::string_view kecamatan_of(std::string_view region) {
  return region.substr(0, std::min<std::size_t>(region.size(), 8));
}

}  // namespace

HandoverDesk::HandoverDesk(ledger::Ledger& ledger, const ledger::PersonalKey& key, const Config& config,
                           const artwork::Regions& regions, std::filesystem::path data)
    : ledger_(ledger), key_(key), config_(config), regions_(regions), data_(std::move(data)) {}

std::string HandoverDesk::name_of(std::string_view region) const {
  const artwork::Region* const found = regions_.find(region);
  return found == nullptr ? std::string() : found->name;
}

Result<std::string> HandoverDesk::overview() const {
  const ledger::CustodyView custody(ledger_);
  const auto blocked = handover::sealing_blocked_by(ledger_);
  if (!blocked) return std::unexpected(blocked.error());
  const auto counts = custody.sealable_by_region();
  if (!counts) return std::unexpected(counts.error());
  const auto seals = custody.seals();
  if (!seals) return std::unexpected(seals.error());
  json out{{"blocked", json::array()}, {"bins", json::array()}, {"seals", json::array()}};
  for (const auto& [term, value] : *blocked) out["blocked"].push_back({{"term", term}, {"n", value}});
  json& bins = out["bins"];
  for (const auto& [region, cards] : *counts) {
    const std::string_view kecamatan = kecamatan_of(region);
    if (bins.empty() || bins.back().at("code") != kecamatan)
      bins.push_back(
          {{"code", kecamatan}, {"name", name_of(kecamatan)}, {"cards", 0}, {"desa", json::array()}});
    bins.back()["cards"] = bins.back()["cards"].get<std::int64_t>() + cards;
    bins.back()["desa"].push_back({{"code", region}, {"name", name_of(region)}, {"cards", cards}});
  }
  for (const ledger::SealRow& seal : *seals)
    out["seals"].push_back({{"seal", seal.seal},
                            {"region", seal.region},
                            {"desa", name_of(seal.region)},
                            {"kecamatan", name_of(kecamatan_of(seal.region))},
                            {"cards", seal.count},
                            {"inside", seal.inside},
                            {"taken_by", seal.taken_by}});
  return text(out);
}

Result<std::string> HandoverDesk::batch(const std::string& seal) const {
  const ledger::CustodyView custody(ledger_);
  const auto found = custody.seal(seal);
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail(ErrorCode::input_missing, "seal: there is no such sealed batch");
  const auto rows = custody.cards_in(seal);
  if (!rows) return std::unexpected(rows.error());
  json out = json::array();
  for (const ledger::CustodyRow& row : *rows)
    out.push_back({{"card", row.card},
                   {"order", row.order_id},
                   {"item", row.item},
                   {"state", to_string(row.state)},
                   {"post", row.post}});
  return text(out);
}

Result<std::string> HandoverDesk::seal(const std::string& region, const std::string& user) {
  const std::lock_guard one(mutex_);
  const auto sealed = handover::seal_region(ledger_, region, config_.items, user);
  if (!sealed) {
    // Who asked can do something about it; it is not the station that is broken.
    if (const auto blocked = handover::sealing_blocked_by(ledger_); blocked && !blocked->empty())
      return fail(ErrorCode::bad_data, sealed.error().message);
    return std::unexpected(sealed.error());
  }
  json out = json::array();
  for (const handover::SealedBatch& batch : *sealed) {
    // The list can be written at any time; the seal stands.
    const auto folder = write_manifest(ledger_, key_, config_, data_, batch.seal);
    out.push_back({{"seal", batch.seal},
                   {"region", batch.region},
                   {"cards", batch.cards},
                   {"list", folder ? "" : folder.error().message}});
  }
  return text(out);
}

Result<std::string> HandoverDesk::paper(const std::string& seal, const std::string& form) {
  const std::lock_guard one(mutex_);
  return read_manifest(ledger_, key_, config_, data_, seal, form);
}

Result<std::string> HandoverDesk::regions() const {
  // Over a connection of its own: it reads every order, and the machine need not wait for that.
  const auto own = ledger::Ledger::open(data_, false);
  if (!own) return std::unexpected(own.error());
  std::map<std::string, std::int64_t> orders;  // a region and everything above it but the province
  auto read = (*own)->each_order([&](const ledger::OrderRow& order) {
    if (order.state == "refused") return;
    for (const std::size_t length : {std::size_t{5}, std::size_t{8}, std::size_t{13}})
      if (order.region.size() >= length) ++orders[order.region.substr(0, length)];
  });
  if (!read) return std::unexpected(read.error());
  json out = json::array();
  for (const auto& [code, count] : orders)
    out.push_back({{"code", code}, {"name", name_of(code)}, {"orders", count}});
  return text(out);
}

Result<std::string> HandoverDesk::labels(const std::string& seal, int boxes) {
  const std::lock_guard one(mutex_);
  std::vector<std::string> batches;
  if (seal.empty()) {
    const auto waiting = ledger::CustodyView(ledger_).open_seals();
    if (!waiting) return std::unexpected(waiting.error());
    for (const ledger::SealRow& batch : *waiting)
      if (batch.inside > 0) batches.push_back(batch.seal);
    if (batches.empty()) return fail(ErrorCode::input_missing, "no sealed batch waits for its handover");
  } else {
    batches.push_back(seal);
  }
  const auto folder = data_ / "manifests", file = folder / "labels.pdf";
  if (auto made = make_private_folder(folder); !made) return std::unexpected(made.error());
  if (const auto drawn = write_labels(ledger_, regions_, config_.station, batches, boxes, file); !drawn)
    return std::unexpected(drawn.error());
  return read_whole(file);
}

Result<std::string> HandoverDesk::hand_over(const std::string& seal, const web::Countersigned& sign,
                                            const std::string& user) {
  if (auto name = check_words("taken_by", sign.taken_by, kLongestName); !name)
    return std::unexpected(name.error());
  handover::Countersign countersign{
      .given_by = user, .taken_by = sign.taken_by, .counted = sign.counted, .scanned = {}};
  std::istringstream lines(sign.scanned);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) countersign.scanned.push_back(line);
  const std::lock_guard one(mutex_);
  const auto found = handover::compare_count(ledger_, seal, countersign);
  if (!found) return std::unexpected(found.error());
  json out{{"handed_over", found->none()},
           {"sealed", found->sealed},
           {"counted", found->counted},
           {"missing", json::array()},
           {"foreign", found->foreign}};
  for (const ledger::CustodyRow& row : found->missing)
    out["missing"].push_back({{"card", row.card}, {"order", row.order_id}, {"item", row.item}});
  if (found->none())
    if (const auto done = handover::hand_over(ledger_, seal, countersign, user); !done)
      return std::unexpected(done.error());
  return text(out);
}

Result<void> HandoverDesk::unseal(const std::string& card, const std::string& reason,
                                  const std::string& user) {
  if (auto words = check_words("reason", reason); !words) return words;
  const std::lock_guard one(mutex_);
  return handover::unseal(ledger_, card, reason, user);
}

Result<std::string> HandoverDesk::recall(const std::string& region, const std::string& reason,
                                         const std::string& user, bool dry) {
  if (auto words = check_words("reason", reason); !words) return std::unexpected(words.error());
  const std::lock_guard one(mutex_);
  const auto done = handover::recall(ledger_, region, reason, user, dry);
  if (!done) return std::unexpected(done.error());
  const auto listed = [](const std::vector<ledger::CustodyRow>& rows) {
    json list = json::array();
    for (const ledger::CustodyRow& row : rows) {
      if (list.size() >= kRowsShown) break;
      list.push_back({{"card", row.card},
                      {"order", row.order_id},
                      {"was", to_string(row.state)},
                      {"bin", row.bin},
                      {"seal", row.seal},
                      {"item", row.item}});
    }
    return list;
  };
  return text({{"done", !dry},
               {"name", name_of(region)},
               {"withdrawn", done->withdrawn.size()},
               {"out_of_reach", done->out_of_reach.size()},
               {"held", done->held.size()},
               {"cards", listed(done->withdrawn)},
               {"delivered", listed(done->out_of_reach)}});
}

Result<std::string> HandoverDesk::post(std::string_view bytes, const std::string& user) {
  const auto mapping = load_post_mapping(config_.post_mapping);
  if (!mapping) return std::unexpected(mapping.error());
  const auto file = read_post_text(std::string(bytes), "file", *mapping);
  if (!file) return std::unexpected(file.error());
  const std::lock_guard one(mutex_);
  auto report = user.empty() ? handover::preview_post(ledger_, file->rows)
                             : handover::import_post(ledger_, file->rows, user);
  if (!report) return std::unexpected(report.error());
  report->refused.insert(report->refused.end(), file->unreadable.begin(), file->unreadable.end());
  std::ranges::sort(report->refused, {}, &handover::RefusedPostRow::row);
  json out{{"rows", file->rows.size() + file->unreadable.size()},
           {"entered", report->entered},
           {"delivered", report->delivered},
           {"returned", report->returned},
           {"known", report->known},
           {"shown", json::array()},
           {"refused", json::array()}};
  for (const handover::PostOutcome& row : report->rows) {
    if (out["shown"].size() >= kRowsShown) break;
    if (row.what != "refused")
      out["shown"].push_back({{"row", row.row}, {"item", row.item}, {"card", row.card}, {"what", row.what}});
  }
  for (const handover::RefusedPostRow& row : report->refused)
    out["refused"].push_back({{"row", row.row}, {"reason", row.reason}});
  return text(out);
}

web::PostCommands HandoverDesk::post_commands() {
  return {.preview = [this](std::string_view bytes) { return post(bytes, ""); },
          .import = [this](std::string_view bytes, const std::string& user) { return post(bytes, user); }};
}

web::HandoverCommands HandoverDesk::commands() {
  return {.overview = [this] { return overview(); },
          .batch = [this](const std::string& seal) { return batch(seal); },
          .seal = [this](const std::string& region, const std::string& user) { return seal(region, user); },
          .paper = [this](const std::string& seal, const std::string& form) { return paper(seal, form); },
          .labels = [this](const std::string& seal, int boxes) { return labels(seal, boxes); },
          .regions = [this] { return regions(); },
          .hand_over = [this](const std::string& seal, const web::Countersigned& sign,
                              const std::string& user) { return hand_over(seal, sign, user); },
          .unseal = [this](const std::string& card, const std::string& reason,
                           const std::string& user) { return unseal(card, reason, user); },
          .recall = [this](const std::string& region, const std::string& reason, const std::string& user,
                           bool dry) { return recall(region, reason, user, dry); }};
}

}  // namespace ktp::app
