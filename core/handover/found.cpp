// SPDX-License-Identifier: Apache-2.0
#include "handover/found.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "domain/words.hpp"

namespace ktp::handover {

namespace {

Result<ledger::FoundRow> open_entry(const ledger::Ledger& ledger, const std::string& name) {
  auto row = ledger::BoxView(ledger).found(name);
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return fail(ErrorCode::input_missing,
                "there is no found card " + name + "; `ktp-station found list` lists them");
  if ((*row)->state != "kept")
    return fail(ErrorCode::bad_data, "found card " + name + " is " + (*row)->state +
                                         ((*row)->detail.empty() ? "" : ": " + (*row)->detail) +
                                         "; nothing was done");
  return std::move(**row);
}

ledger::Event about(const char* type, const ledger::FoundRow& row, const std::string& actor) {
  ledger::Event event{.type = type, .actor = actor, .order_id = row.seen.order_id};
  event.data["sighting"] = ledger::sighting_name(row.seen.id);
  return event;
}

Result<void> words(std::initializer_list<std::pair<const char*, const std::string*>> all) {
  for (const auto& [field, text] : all)
    if (auto checked = check_words(field, *text); !checked) return checked;
  return {};
}

Result<ledger::DoubtRow> doubt_of(const ledger::Ledger& ledger, const std::string& card) {
  auto row = ledger::BoxView(ledger).doubt(card);
  if (!row) return std::unexpected(row.error());
  if (*row) return std::move(**row);
  const auto known = ledger.card(card);
  if (!known) return std::unexpected(known.error());
  if (!*known)
    return fail(ErrorCode::input_missing, "there is no card " + card + "; `ktp-station cards` lists them");
  return fail(ErrorCode::bad_data, "card " + card + ": nothing is in doubt about it, nothing was done");
}

std::string seen_as(const ledger::DoubtRow& row) {
  return "sort mode, box " + row.seen.box + ", card " + std::to_string(row.seen.number) + " (" +
         ledger::sighting_name(row.seen.id) + "): " + row.seen.verdict;
}

}  // namespace

Result<void> move_found(ledger::Ledger& ledger, const std::vector<std::string>& names, const std::string& at,
                        const std::string& actor) {
  if (auto checked = words({{"to", &at}, {"by", &actor}}); !checked) return checked;
  std::vector<ledger::Event> events;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const auto row = open_entry(ledger, name);
    if (!row) return std::unexpected(row.error());
    events.push_back(about("found-moved", *row, actor));
    events.back().data["at"] = at;
  }
  return ledger.append(events);
}

Result<void> hand_on_found(ledger::Ledger& ledger, const std::vector<std::string>& names, const HandOn& on,
                           const std::string& actor) {
  if (auto checked =
          words({{"to", &on.to}, {"signed-by", &on.signed_by}, {"reason", &on.reason}, {"by", &actor}});
      !checked)
    return checked;
  std::vector<ledger::Event> events;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const auto row = open_entry(ledger, name);
    if (!row) return std::unexpected(row.error());
    events.push_back(about("found-handed-on", *row, actor));
    events.back().data["to"] = on.to;
    events.back().data["signed_by"] = on.signed_by;
    events.back().data["reason"] = on.reason;
  }
  return ledger.append(events);
}

Result<void> identify_found(ledger::Ledger& ledger, const std::string& name, const std::string& card,
                            const std::string& reason, const std::string& actor,
                            const std::string& confirmed_by) {
  if (auto checked = words({{"reason", &reason}, {"by", &actor}, {"confirmed-by", &confirmed_by}}); !checked)
    return checked;
  if (same_name(actor, confirmed_by))
    return fail(ErrorCode::bad_data, "confirmed-by: must be another person than '" + actor + "'");
  const auto row = open_entry(ledger, name);
  if (!row) return std::unexpected(row.error());
  const auto known = ledger.card(card);
  if (!known) return std::unexpected(known.error());
  if (!*known)
    return fail(ErrorCode::input_missing, "there is no card " + card + "; `ktp-station cards` lists them");
  // What lies on the table was printed, and is not destroyed.
  constexpr CardState kNoBody[] = {CardState::committed, CardState::not_started, CardState::destroyed};
  if (std::ranges::find(kNoBody, (*known)->state) != std::end(kNoBody))
    return fail(ErrorCode::bad_data, "card " + card + " is " + std::string(to_string((*known)->state)) +
                                         "; a found card cannot be it, nothing was done");
  ledger::Event event = about("found-identified", *row, actor);
  event.order_id = (*known)->order_id;
  event.card = card;
  event.data["reason"] = reason;
  event.data["confirmed_by"] = confirmed_by;
  return ledger.append({std::move(event)});
}

Result<void> confirm_doubt(ledger::Ledger& ledger, const std::string& card, const std::string& actor) {
  if (auto checked = words({{"by", &actor}}); !checked) return checked;
  const auto doubt = doubt_of(ledger, card);
  if (!doubt) return std::unexpected(doubt.error());
  const auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  ledger::Event event{.type = "withdrawn", .actor = actor, .order_id = (*row)->order_id, .card = card};
  event.data["reason"] = seen_as(*doubt) + "; looked at by " + actor;
  event.data["was"] = std::string(to_string((*row)->state));
  return ledger.append({std::move(event)});
}

Result<void> clear_doubt(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                         const std::string& actor, const std::string& confirmed_by) {
  if (auto checked = words({{"reason", &reason}, {"by", &actor}, {"confirmed-by", &confirmed_by}}); !checked)
    return checked;
  if (same_name(actor, confirmed_by))
    return fail(ErrorCode::bad_data, "confirmed-by: must be another person than '" + actor + "'");
  const auto doubt = doubt_of(ledger, card);
  if (!doubt) return std::unexpected(doubt.error());
  const auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  ledger::Event event{.type = "doubt-cleared", .actor = actor, .order_id = (*row)->order_id, .card = card};
  event.data["sighting"] = ledger::sighting_name(doubt->seen.id);
  event.data["reason"] = reason;
  event.data["confirmed_by"] = confirmed_by;
  return ledger.append({std::move(event)});
}

Result<std::string> doubt_about(const ledger::Ledger& ledger, const std::string& card) {
  const auto row = ledger::BoxView(ledger).doubt(card);
  if (!row) return std::unexpected(row.error());
  return *row ? seen_as(**row) : std::string();
}

}  // namespace ktp::handover
