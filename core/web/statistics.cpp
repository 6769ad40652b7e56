// SPDX-License-Identifier: Apache-2.0
#include "web/statistics.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace ktp::web {

using nlohmann::json;

namespace {

constexpr std::size_t kBatch = 2000;
constexpr std::array<std::string_view, 13> kHeard{
    "print-started", "print-ended", "settled",   "inspected", "judged",    "reviewed", "review-withdrawn",
    "overridden",    "handed-over", "delivered", "returned",  "withdrawn", "destroyed"};
constexpr std::array<std::string_view, 5> kCustody{"handed-over", "delivered", "returned", "withdrawn",
                                                   "destroyed"};

// Most lines say nothing that is counted: found out without taking them apart.
bool is_heard(std::string_view line) {
  constexpr std::string_view kType = "\"type\":\"";
  const auto at = line.find(kType);
  if (at == std::string_view::npos) return false;
  const std::string_view rest = line.substr(at + kType.size());
  const std::string_view type = rest.substr(0, rest.find('"'));
  return std::ranges::find(kHeard, type) != kHeard.end();
}

std::string local_date(const std::string& time) {
  std::tm parts{};
  if (::strptime(time.c_str(), "%Y-%m-%dT%H:%M", &parts) == nullptr) return time.substr(0, 10);
  const std::time_t at = ::timegm(&parts);
  ::localtime_r(&at, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

}  // namespace

Statistics::Day& Statistics::day_of(const std::string& time) {
  const std::string minute = time.substr(0, 16);
  if (last_minute_.first != minute) last_minute_ = {minute, local_date(minute)};
  return days_[last_minute_.second];
}

void Statistics::count_verdict(const std::string& card, const std::string& verdict, const std::string& time) {
  Day& day = day_of(time);
  ++day.verdicts[verdict];
  const auto device = device_of_.find(card);
  ++day.printers[device == device_of_.end() ? std::string() : device->second][verdict];
  if (device != device_of_.end()) device_of_.erase(device);
  std::string kind;
  if (const auto worst = worst_of_.find(card); worst != worst_of_.end()) {
    kind = worst->second;
    worst_of_.erase(worst);
  }
  if (verdict == "good" || verdict == "spoiled") return;
  ++day.kinds[kind];
  rejects_[card] = {.verdict = verdict, .kind = kind, .by = {}, .decided = {}};
}

void Statistics::hear(std::string_view line) {
  if (!is_heard(line)) return;
  const auto event = json::parse(line, nullptr, false);
  if (!event.is_object()) return;
  const auto text = [&](const char* key) { return event.value(key, std::string()); };
  const std::string type = text("type"), card = text("card"), time = text("time");
  if (std::ranges::find(kCustody, type) != kCustody.end()) {
    ++day_of(time).custody[type];
  } else if (type == "print-started") {
    device_of_[card] = text("device");
  } else if (type == "print-ended" || type == "settled") {
    if (text("outcome") == "spoiled") count_verdict(card, "spoiled", time);
  } else if (type == "inspected") {
    std::string& worst = worst_of_[card];
    worst.clear();
    double most = -1;
    if (const auto findings = event.find("findings"); findings != event.end() && findings->is_array())
      for (const json& finding : *findings)
        if (const double over = finding.value("score", 0.0) / std::max(finding.value("limit", 1.0), 1e-9);
            over > most) {
          most = over;
          worst = finding.value("kind", "");
        }
  } else if (type == "judged") {
    count_verdict(card, text("verdict"), time);
  } else if (const auto reject = rejects_.find(card); reject != rejects_.end()) {
    const bool stands = type == "reviewed" || (type == "overridden" && !event.value("taken_back", false));
    reject->second.by = stands ? text("actor") : "";
    reject->second.decided = !stands ? "" : type == "reviewed" ? reject->second.verdict : text("verdict");
  }
}

Result<std::string> Statistics::as_json(const ledger::Ledger& ledger) {
  const std::lock_guard lock(mutex_);
  for (;;) {
    const auto last = ledger.lines_after(seq_, kBatch, [&](std::string_view line) { hear(line); });
    if (!last) return std::unexpected(last.error());
    const std::uint64_t read = *last - seq_;
    seq_ = *last;
    if (read < kBatch) break;
  }
  nlohmann::json out{{"days", nlohmann::json::array()},
                     {"kinds", nlohmann::json::array()},
                     {"inspectors", nlohmann::json::array()}};
  for (const auto& [date, day] : days_)
    out["days"].push_back({{"date", date},
                           {"verdicts", day.verdicts},
                           {"kinds", day.kinds},
                           {"printers", day.printers},
                           {"custody", day.custody}});
  struct Agreement {
    std::int64_t flagged = 0, agreed = 0, good = 0, other = 0;
  };
  std::map<std::string, Agreement> kinds, inspectors;
  for (const auto& [card, reject] : rejects_) {
    ++kinds[reject.kind].flagged;
    if (reject.by.empty()) continue;
    for (Agreement* const to : {&kinds[reject.kind], &inspectors[reject.by]})
      ++(reject.decided == reject.verdict ? to->agreed : reject.decided == "good" ? to->good : to->other);
  }
  for (const auto& [kind, of] : kinds)
    out["kinds"].push_back({{"kind", kind},
                            {"flagged", of.flagged},
                            {"agreed", of.agreed},
                            {"good", of.good},
                            {"other", of.other}});
  for (const auto& [name, of] : inspectors)
    out["inspectors"].push_back(
        {{"name", name}, {"agreed", of.agreed}, {"good", of.good}, {"other", of.other}});
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ktp::web
