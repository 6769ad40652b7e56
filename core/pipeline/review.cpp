// SPDX-License-Identifier: Apache-2.0
#include "pipeline/review.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "domain/words.hpp"

namespace ktp::pipeline {

namespace {

Result<ledger::CardRow> rejected(const ledger::Ledger& ledger, const std::string& card) {
  auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::input_missing, "card: there is no card " + card);
  if ((*row)->state != CardState::sorted)
    return fail(ErrorCode::bad_data, "card: " + card + " is " + std::string(to_string((*row)->state)) +
                                         ", it does not lie in a bin");
  return **row;
}

ledger::Event about(const ledger::CardRow& card, const char* type, const std::string& by) {
  return {.type = type, .actor = by, .order_id = card.order_id, .card = card.card, .token = card.token};
}

struct Decided {
  bool there = false;
  std::string type, actor, was;
};

/// The last decision about a card that still stands.
Result<Decided> last_decision(const ledger::Ledger& ledger, const std::string& card) {
  const auto trail = ledger.trail(card);
  if (!trail) return std::unexpected(trail.error());
  Decided last;
  for (const std::string& line : *trail) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    const std::string type = event.is_object() ? event.value("type", "") : "";
    if (type == "reviewed" || (type == "overridden" && !event.value("taken_back", false)))
      last = {.there = true, .type = type, .actor = event.value("actor", ""), .was = event.value("was", "")};
    else if (type == "review-withdrawn" || type == "overridden" || type == "judged")
      last = {};
  }
  return last;
}

/// Who decides gets the ledger's reason as his own mistake, not as the station's.
Result<void> append(ledger::Ledger& ledger, const std::vector<ledger::Event>& events) {
  auto appended = ledger.append(events);
  if (!appended && appended.error().message.starts_with("ledger refuses"))
    return fail(ErrorCode::bad_data, appended.error().message);
  return appended;
}

ledger::Event carried(const ledger::CardRow& card, std::string_view bin, const std::string& by) {
  ledger::Event sorted = about(card, "sorted", by);
  sorted.data["bin"] = std::string(bin);
  sorted.data["confirmed_by"] = by;
  return sorted;
}

/// What a decision makes happen.
Result<std::vector<ledger::Event>> events_of(const ledger::Ledger& ledger, const Override& decision) {
  if (auto words = check_words("reason", decision.reason); !words) return std::unexpected(words.error());
  const auto row = rejected(ledger, decision.card);
  if (!row) return std::unexpected(row.error());
  if (row->verdict == "good") return fail(ErrorCode::bad_data, "card: " + decision.card + " was judged good");
  const std::string verdict(to_string(decision.verdict));
  ledger::Event overridden = about(*row, "overridden", decision.by);
  overridden.data["verdict"] = verdict;
  overridden.data["was"] = row->verdict;
  overridden.data["reason"] = decision.reason;
  if (!decision.confirmed_by.empty()) overridden.data["confirmed_by"] = decision.confirmed_by;
  std::vector<ledger::Event> events{std::move(overridden), carried(*row, verdict, decision.by)};
  // Damage is replaced by rule; after a wrong or double card a supervisor decides, so that order stays held.
  if (decision.verdict == Verdict::damaged && row->verdict == "review")
    events.push_back({.type = "order-released", .actor = decision.by, .order_id = row->order_id});
  return events;
}

}  // namespace

Result<void> agree(ledger::Ledger& ledger, const std::string& card, const std::string& by) {
  const auto row = rejected(ledger, card);
  if (!row) return std::unexpected(row.error());
  if (row->verdict == "good" || row->verdict == "review")
    return fail(ErrorCode::bad_data, "card: " + card + " was judged " + row->verdict +
                                         ": that asks for a decision, not for agreement");
  const auto last = last_decision(ledger, card);
  if (!last) return std::unexpected(last.error());
  if (last->there)
    return fail(ErrorCode::bad_data, "card: " + card + " was decided by " + last->actor + " already");
  return append(ledger, {about(*row, "reviewed", by)});
}

Result<void> override_verdict(ledger::Ledger& ledger, const Override& decision) {
  auto events = events_of(ledger, decision);
  return events ? append(ledger, *events) : std::unexpected(events.error());
}

Result<void> override_all(ledger::Ledger& ledger, const std::vector<Override>& decisions) {
  std::vector<ledger::Event> all;
  std::set<std::string> seen;
  for (const Override& decision : decisions) {
    if (!seen.insert(decision.card).second)
      return fail(ErrorCode::bad_data, "card: " + decision.card + " stands there twice");
    auto events = events_of(ledger, decision);
    if (!events) return std::unexpected(events.error());
    all.insert(all.end(), events->begin(), events->end());
  }
  return append(ledger, all);
}

Result<void> take_back(ledger::Ledger& ledger, const std::string& card, const std::string& by) {
  const auto row = rejected(ledger, card);
  if (!row) return std::unexpected(row.error());
  const auto last = last_decision(ledger, card);
  if (!last) return std::unexpected(last.error());
  if (!last->there)
    return fail(ErrorCode::bad_data, "card: nothing was decided about " + card + " that could be taken back");
  if (last->actor != by)
    return fail(ErrorCode::bad_data,
                "card: " + card + " was decided by " + last->actor + ", who alone may take it back");
  if (last->type == "reviewed") return append(ledger, {about(*row, "review-withdrawn", by)});
  const auto cards = ledger.cards_of(row->order_id);
  if (!cards) return std::unexpected(cards.error());
  if (cards->empty() || cards->back().card != card)
    return fail(ErrorCode::bad_data,
                "card: another card of order " + row->order_id + " was begun since; the decision stands");
  const std::string was = last->was;
  ledger::Event overridden = about(*row, "overridden", by);
  overridden.data["verdict"] = was;
  overridden.data["was"] = row->verdict;
  overridden.data["reason"] = "taken back";
  overridden.data["taken_back"] = true;
  ledger::Event held{.type = "order-held", .actor = by, .order_id = row->order_id};
  held.data["reason"] = "card: " + card + " lies in " + was + "; an inspector decides";
  return append(ledger, {held, overridden, carried(*row, was, by)});
}

}  // namespace ktp::pipeline
