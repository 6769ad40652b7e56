// SPDX-License-Identifier: Apache-2.0
#include "web/review.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "ledger/lane_pause.hpp"

namespace ktp::web {

using nlohmann::json;

namespace {

constexpr std::size_t kBatch = 2000, kDecidedShown = 20;
constexpr std::array<std::string_view, 2> kSides{"front", "back"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kPictures{
    {{"expected", ".png"}, {"aligned", ".jpg"}, {"photograph", ".png"}}};

bool is_card_name(std::string_view name) {
  return name.size() >= 2 && name.size() <= 12 && name[0] == 'C' &&
         std::ranges::all_of(name.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

bool concerns_queue(std::string_view type) {
  return type == "sorted" || type == "reviewed" || type == "review-withdrawn" || type == "overridden" ||
         type == "destroyed" || type == "withdrawn" || type == "sealed";
}

}  // namespace

Result<void> ReviewQueue::refresh() {
  std::set<std::string> touched;
  if (!begun_) {
    const auto size = ledger_.size();
    if (!size) return std::unexpected(size.error());
    auto read = ledger_.each_card([&](const ledger::CardRow& card) {
      if (card.state == CardState::sorted && card.bin != "good") touched.insert(card.card);
    });
    if (!read) return read;
    seq_ = *size;  // whatever came while the cards were read is read again: looking twice changes nothing
  }
  for (;;) {
    const auto last = ledger_.lines_after(seq_, kBatch, [&](std::string_view line) {
      const auto event = json::parse(line, nullptr, false);
      if (event.is_object() && concerns_queue(event.value("type", "")))
        touched.insert(event.value("card", ""));
    });
    if (!last) return std::unexpected(last.error());
    const std::uint64_t read = *last - seq_;
    seq_ = *last;
    if (read < kBatch) break;
  }
  for (const std::string& card : touched)
    if (auto looked = look_at(card); !looked) return looked;
  begun_ = true;
  return {};
}

Result<void> ReviewQueue::look_at(const std::string& card) {
  const auto row = ledger_.card(card);
  if (!row) return std::unexpected(row.error());
  const bool in_reject_bin = *row && (*row)->state == CardState::sorted && (*row)->bin != "good";
  const auto trail = ledger_.trail(card);
  if (!trail) return std::unexpected(trail.error());
  Entry entry;
  for (const std::string& line : *trail) {
    const auto event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    const std::string type = event.value("type", "");
    if (type == "inspected") {
      double most = -1;
      entry.spots = ledger::spots_of(event);
      if (const auto findings = event.find("findings"); findings != event.end() && findings->is_array())
        for (const json& finding : *findings) {
          if (const double over = finding.value("score", 0.0) / std::max(finding.value("limit", 1.0), 1e-9);
              over > most) {
            most = over;
            entry.kind = finding.value("kind", "");
            entry.field = finding.value("field", "");
          }
        }
    } else if (type == "judged" || type == "review-withdrawn" ||
               (type == "overridden" && event.value("taken_back", false))) {
      entry.decided.clear();
      entry.decided_by.clear();
      if (type == "judged") entry.since = event.value("time", "");
    } else if (type == "reviewed" || type == "overridden") {
      entry.decided = type;
      entry.decided_by = event.value("actor", "");
    }
  }
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(card);
  ++version_;
  // A card that went to bin good by a decision stays in the list of decided ones; one that left otherwise
  // does not.
  if (!in_reject_bin && entry.decided.empty()) {
    if (known != entries_.end()) entries_.erase(known);
    return {};
  }
  entry.order_id = (*row)->order_id;
  entry.verdict = (*row)->verdict;
  // A decision that is taken back puts the card where it was in the queue.
  entry.arrived = known != entries_.end() ? known->second.arrived : ++arrivals_;
  const bool as_before = known != entries_.end() && known->second.decided == entry.decided;
  entry.decided_at = as_before ? known->second.decided_at : ++arrivals_;
  entries_[card] = std::move(entry);
  return {};
}

ReviewQueue::Count ReviewQueue::count() const {
  const std::lock_guard lock(mutex_);
  const auto open =
      std::ranges::count_if(entries_, [](const auto& one) { return one.second.decided.empty(); });
  return {static_cast<std::size_t>(open), version_};
}

std::string ReviewQueue::list_json() const {
  std::vector<std::pair<std::string, Entry>> open, decided;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& one : entries_) (one.second.decided.empty() ? open : decided).push_back(one);
  }
  std::ranges::sort(open, {}, [](const auto& one) { return one.second.arrived; });
  std::ranges::sort(decided, std::ranges::greater(), [](const auto& one) { return one.second.decided_at; });
  if (decided.size() > kDecidedShown) decided.resize(kDecidedShown);
  const auto list = [](const auto& entries) {
    json all = json::array();
    for (const auto& [card, one] : entries)
      all.push_back({{"card", card},
                     {"order", one.order_id},
                     {"verdict", one.verdict},
                     {"kind", one.kind},
                     {"field", one.field},
                     {"since", one.since},
                     {"decided", one.decided},
                     {"by", one.decided_by}});
    return all;
  };
  return json{{"open", list(open)}, {"decided", list(decided)}}.dump(-1, ' ', false,
                                                                     json::error_handler_t::replace);
}

Result<std::string> ReviewQueue::card_json(const std::string& card) const {
  {
    const std::lock_guard lock(mutex_);
    if (!entries_.contains(card)) return fail(ErrorCode::input_missing, "card: not in the queue");
  }
  const auto row = ledger_.card(card);
  if (!row) return std::unexpected(row.error());
  const auto trail = ledger_.trail(card);
  if (!trail) return std::unexpected(trail.error());
  if (!*row) return fail(ErrorCode::input_missing, "card: there is no such card");
  const auto order = ledger_.order((*row)->order_id);
  if (!order) return std::unexpected(order.error());
  json out{{"card", card},
           {"order", (*row)->order_id},
           {"verdict", (*row)->verdict},
           {"bin", (*row)->bin},
           {"order_state", *order ? (*order)->state : ""},
           {"findings", json::array()},
           {"why", ""},
           {"trail", json::array()}};
  for (const std::string& line : *trail) {
    const auto event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    const std::string type = event.value("type", "");
    json step{{"type", type}, {"time", event.value("time", "")}, {"actor", event.value("actor", "")}};
    for (const char* member : {"verdict", "was", "bin", "outcome", "reason", "confirmed_by"})
      if (event.contains(member)) step[member] = event.at(member);
    out["trail"].push_back(std::move(step));
    if (type == "inspected" && event.contains("findings")) {
      out["findings"] = event.at("findings");
      out["profile"] = event.value("profile", "");
    }
    if (type == "judged") out["why"] = event.value("why", "");
  }
  json& pictures = out["pictures"] = json::object();
  for (const std::string_view side : kSides) {
    json& there = pictures[std::string(side)] = json::array();
    for (const auto& [what, suffix] : kPictures)
      if (pictures_.has(card + "-" + std::string(side) + "-" + std::string(what) + std::string(suffix)))
        there.push_back(what);
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Every finding of both lies on one spot, that of the first one.
bool ReviewQueue::same(const Entry& one, const Entry& other) {
  if (one.spots.empty() || other.spots.empty()) return false;
  const auto on_it = [&](const Spot& spot) { return ktp::same_spot(one.spots.front(), spot); };
  return std::ranges::all_of(one.spots, on_it) && std::ranges::all_of(other.spots, on_it);
}

std::vector<std::string> ReviewQueue::same_spot(const std::string& card) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(card);
  if (found == entries_.end() || !found->second.decided.empty()) return {};
  std::vector<std::string> cards{card};
  for (const auto& [name, entry] : entries_)
    if (name != card && entry.decided.empty() && same(found->second, entry)) cards.push_back(name);
  return cards;
}

Result<std::string> ReviewQueue::same_spot_json(const std::string& card) const {
  const auto cards = same_spot(card);
  if (cards.empty()) return fail(ErrorCode::input_missing, "card: it does not wait for a decision");
  json out = json::array();
  for (const std::string& name : cards) {
    const auto row = ledger_.card(name);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    const auto order = ledger_.order((*row)->order_id);
    if (!order) return std::unexpected(order.error());
    out.push_back({{"card", name},
                   {"order", (*row)->order_id},
                   {"can", *order && (*order)->state == "held" && (*row)->state == CardState::sorted}});
  }
  return out.dump();
}

Result<std::string> ReviewQueue::picture(const std::string& card, const std::string& side,
                                         const std::string& what) const {
  const auto missing = [] { return fail(ErrorCode::input_missing, "there is no such picture"); };
  const auto kind = std::ranges::find(kPictures, what, [](const auto& one) { return one.first; });
  // The name is put together from words of fixed lists and a card's name: nothing else can be asked for.
  if (!is_card_name(card) || std::ranges::find(kSides, side) == kSides.end() || kind == kPictures.end())
    return missing();
  const std::string name = card + "-" + side + "-" + what + std::string(kind->second);
  if (!pictures_.has(name)) return missing();
  return pictures_.get(name);
}

std::string ReviewQueue::picture_type(const std::string& what) {
  return what == "aligned" ? "image/jpeg" : "image/png";
}

}  // namespace ktp::web
