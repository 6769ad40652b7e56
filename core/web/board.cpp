// SPDX-License-Identifier: Apache-2.0
#include "web/board.hpp"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <tuple>

namespace ktp::web {

using nlohmann::json;

namespace {

constexpr std::size_t kRecent = 12, kNotes = 20, kBatch = 2000, kOpenShown = 20;

std::string utc(std::time_t at) {
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string local_date(std::time_t at) {
  std::tm parts{};
  ::localtime_r(&at, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

std::time_t last_midnight(std::time_t at) {
  std::tm parts{};
  ::localtime_r(&at, &parts);
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return std::mktime(&parts);
}

std::string_view word(devices::Severity severity) {
  switch (severity) {
    case devices::Severity::report:
      return "report";
    case devices::Severity::warning:
      return "warning";
    case devices::Severity::error:
      return "error";
  }
  return "error";
}

// Where a card under way is on its way, in the words of the page.
std::string_view step_of(CardState state) {
  switch (state) {
    case CardState::committed:
    case CardState::printing:
      return "print";
    case CardState::printed:
      return "photograph";
    case CardState::inspected:
    case CardState::spoiled:
      return "sort";
    default:
      return "unknown";
  }
}

json device_json(const DeviceView& device) {
  const devices::DeviceStatus& status = device.status;
  json reasons = json::array();
  for (const devices::Reason& reason : status.reasons)
    reasons.push_back(
        {{"keyword", reason.keyword}, {"severity", word(reason.severity)}, {"text", reason.text}});
  json supplies = json::object();
  for (const auto& [name, supply] : status.supplies)
    supplies[name] = {{"level", supply.level}, {"max", supply.max}, {"unit", supply.unit}};
  return {{"name", device.name},
          {"kind", device.kind},
          {"plugin", device.plugin},
          {"state", devices::to_string(status.state)},
          {"alive", status.worker_alive},
          {"restarts", status.restarts},
          {"card_at", devices::to_string(status.card_at)},
          {"reasons", reasons},
          {"supplies", supplies}};
}

json pause_json(const ledger::LanePause& pause) {
  const Spot& spot = pause.spot;
  return {{"camera", pause.camera},
          {"printer", pause.printer},
          {"kind", spot.kind},
          {"side", spot.side},
          {"box", {spot.x, spot.y, spot.w, spot.h}},
          {"width", pause.width},
          {"cards", pause.cards},
          {"time", pause.time}};
}

}  // namespace

Board::Board(const ledger::Ledger& ledger, std::string station, bool test_mode)
    : ledger_(ledger), station_(std::move(station)), test_mode_(test_mode) {}

void Board::show_run(RunView run) {
  const std::lock_guard lock(mutex_);
  run_ = std::move(run);
}

void Board::show_devices(std::vector<DeviceView> devices) {
  const std::lock_guard lock(mutex_);
  devices_ = std::move(devices);
}

void Board::show_review(std::size_t open, std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  review_open_ = open;
  review_version_ = version;
}

void Board::show_sort(SortView sort) {
  const std::lock_guard lock(mutex_);
  sort_ = std::move(sort);
}

void Board::note(std::string_view kind, std::string text) {
  constexpr std::size_t kLongest = 400;
  if (text.size() > kLongest) text.resize(kLongest);
  const std::lock_guard lock(mutex_);
  notes_.push_back({++note_number_, std::string(kind), std::move(text), utc(std::time(nullptr))});
  if (notes_.size() > kNotes) notes_.pop_front();
}

std::string Board::json() const {
  const std::lock_guard lock(mutex_);
  return json_;
}

void Board::hear(std::string_view line) {
  const auto event = nlohmann::json::parse(line, nullptr, false);
  if (!event.is_object()) return;
  const auto text = [&](const char* key) { return event.value(key, std::string()); };
  const std::string type = text("type"), card = text("card");
  if (type == "inspected") {
    std::pair<std::string, std::string> worst;
    double most = -1;
    if (const auto findings = event.find("findings"); findings != event.end() && findings->is_array())
      for (const auto& finding : *findings) {
        const double over = finding.value("score", 0.0) / std::max(finding.value("limit", 1.0), 1e-9);
        if (over > most) {
          most = over;
          worst = {finding.value("kind", ""), finding.value("field", "")};
        }
      }
    worst_[card] = std::move(worst);
  } else if (type == "judged" || (type == "print-ended" && text("outcome") == "spoiled") ||
             (type == "settled" && text("outcome") == "spoiled")) {
    Recent recent{.card = card,
                  .order_id = text("order_id"),
                  .verdict = type == "judged" ? text("verdict") : "spoiled",
                  .kind = {},
                  .field = {},
                  .time = text("time")};
    if (const auto found = worst_.find(card); found != worst_.end()) {
      std::tie(recent.kind, recent.field) = found->second;
      worst_.erase(found);
    }
    ++counts_[recent.verdict];
    recent_.push_front(std::move(recent));
    if (recent_.size() > kRecent) recent_.pop_back();
  } else if (type == ledger::kLanePaused || type == ledger::kLaneResumed) {
    pauses_changed_ = true;
  } else if (type == "discrepancy") {
    discrepancy_reason_ = text("reason");
  }
}

// The day's events, then whatever comes.
Result<void> Board::follow() {
  const std::time_t now = std::time(nullptr);
  if (const std::string date = local_date(now); date != today_) {
    const auto before = ledger_.last_before(utc(last_midnight(now)));
    if (!before) return std::unexpected(before.error());
    today_ = date;
    seq_ = *before;
    counts_.clear();
    worst_.clear();
    recent_.clear();
    begun_ = false;
  }
  bool changed = !begun_;
  for (;;) {
    const auto last = ledger_.lines_after(seq_, kBatch, [&](std::string_view line) { hear(line); });
    if (!last) return std::unexpected(last.error());
    const std::uint64_t read = *last - seq_;
    seq_ = *last;
    changed = changed || read > 0;
    if (read < kBatch) break;
  }
  begun_ = true;
  return changed ? look_around() : Result<void>{};
}

Result<void> Board::look_around() {
  auto balance = ledger_.balance();
  if (!balance) return std::unexpected(balance.error());
  auto open = ledger_.open_cards();
  if (!open) return std::unexpected(open.error());
  if (pauses_changed_) {
    auto pauses = ledger::open_pauses(ledger_);
    if (!pauses) return std::unexpected(pauses.error());
    pauses_ = std::move(*pauses);
    pauses_changed_ = false;
  }
  balance_ = std::move(*balance);
  open_ = std::move(*open);
  return {};
}

Result<std::optional<std::string>> Board::refresh() {
  if (auto followed = follow(); !followed) return std::unexpected(followed.error());
  nlohmann::json board;
  board["station"] = station_;
  board["test_mode"] = test_mode_;
  board["seq"] = seq_;
  board["today"] = counts_;
  auto& cards = board["cards"] = json::array();
  auto& unknown = board["unknown"] = json::array();
  for (const ledger::CardRow& card : open_) {
    auto& list = card.state == CardState::unknown ? unknown : cards;
    if (list.size() < kOpenShown)
      list.push_back({{"card", card.card},
                      {"order", card.order_id},
                      {"step", step_of(card.state)},
                      {"device", card.device}});
  }
  auto& paused = board["paused"] = json::array();
  for (const ledger::LanePause& pause : pauses_) paused.push_back(pause_json(pause));
  auto& recent = board["recent"] = json::array();
  for (const Recent& one : recent_)
    recent.push_back({{"card", one.card},
                      {"order", one.order_id},
                      {"verdict", one.verdict},
                      {"kind", one.kind},
                      {"field", one.field},
                      {"time", one.time}});
  auto& balance = board["balance"] = json::object();
  for (const std::string_view term : ledger::kBalanceTerms) balance[std::string(term)] = balance_.at(term);
  board["closes"] = balance_.closes();
  board["discrepancy_reason"] = discrepancy_reason_;

  const std::lock_guard lock(mutex_);
  auto& list = board["devices"] = json::array();
  for (const DeviceView& device : devices_) list.push_back(device_json(device));
  board["review"] = {{"open", review_open_}, {"version", review_version_}};
  board["sort"] = {{"box", sort_.box}, {"seen", sort_.seen}, {"version", sort_.version}};
  auto& turns = board["turns"] = json::array();
  for (const TurnView& turn : run_.turns)
    turns.push_back({{"camera", turn.camera},
                     {"card", turn.card},
                     {"up", turn.up},
                     {"seen", turn.seen},
                     {"left_s", turn.left_s}});
  auto& queue = board["queue"] = json::array();
  for (const BatchView& batch : run_.queue)
    queue.push_back({{"batch", batch.batch},
                     {"file", batch.file},
                     {"rows", batch.rows},
                     {"accepted", batch.accepted},
                     {"known", batch.known},
                     {"refused", batch.refused},
                     {"held", batch.held},
                     {"state", batch.state}});
  board["run"] = {{"state", run_.state},
                  {"orders_total", run_.orders_total},
                  {"orders_done", run_.orders_done},
                  {"cards_printed", run_.cards_printed},
                  {"eta_s", run_.eta_s},
                  {"cards_per_minute", run_.cards_per_minute},
                  {"error", run_.error}};
  auto& notes = board["notes"] = json::array();
  for (const Note& note : notes_)
    notes.push_back({{"n", note.number}, {"kind", note.kind}, {"text", note.text}, {"time", note.time}});
  // A vendor's text may be in any coding; the page must be able to read it.
  std::string text = board.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text == json_) return std::nullopt;
  json_ = text;
  return text;
}

}  // namespace ktp::web
