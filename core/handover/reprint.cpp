// SPDX-License-Identifier: Apache-2.0
#include "handover/reprint.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "domain/words.hpp"

namespace ktp::handover {

namespace {

Result<ledger::CardRow> card_of(const ledger::Ledger& ledger, const std::string& card) {
  auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return fail(ErrorCode::input_missing, "there is no card " + card + "; `ktp-station cards` lists them");
  return std::move(**row);
}

Result<std::string> where_is(const ledger::Ledger& ledger, const ledger::CardRow& card) {
  if (card.state == CardState::withdrawn) return card.place;
  if (card.state == CardState::not_started) return "no blank was fed for it";
  if (card.state != CardState::destroyed) return "bin " + card.bin;
  const auto trail = ledger.trail(card.card);
  if (!trail) return std::unexpected(trail.error());
  std::string record;
  for (const std::string& line : *trail) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (event.is_object() && event.value("type", "") == "destroyed") record = event.value("record", "");
  }
  return "destroyed with " + record;
}

// What helps a person on, beside the reason itself.
std::string next_of(const ledger::CardRow& card) {
  if (card.state == CardState::unknown) return "ktp-station settle " + card.card;
  if (card.state == CardState::withdrawn)
    return "ktp-station locate " + card.card + " --at PLACE --signed-by NAME";
  if (is_live(card.state, card.verdict) && next_state(card.state, CardEvent::withdrawn))
    return "ktp-station withdraw " + card.card + " --reason TEXT";
  return "";
}

Result<Reprint> describe(const ledger::Ledger& ledger, const ledger::CardRow& card) {
  auto at = where_is(ledger, card);
  if (!at) return std::unexpected(at.error());
  return Reprint{.card = card.card,
                 .order_id = card.order_id,
                 .reason = card.reprint,
                 .at = *std::move(at),
                 .asked_by = card.asked_by,
                 .confirmed_by = card.confirmed_by};
}

Result<void> may_be_reprinted(const ledger::CardRow& card) {
  const std::string why = ledger::why_not_reprinted(card);
  if (why.empty()) return {};
  const std::string next = next_of(card);
  return fail(ErrorCode::bad_data, "card: " + card.card + " " + why +
                                       (next.empty() ? "" : " (" + next + ")") + "; nothing was done");
}

Result<void> append(ledger::Ledger& ledger, const char* type, const ledger::CardRow& card,
                    nlohmann::ordered_json data, const std::string& by) {
  auto appended = ledger.append({ledger::Event{
      .type = type, .actor = by, .order_id = card.order_id, .card = card.card, .data = std::move(data)}});
  // Who decides gets the ledger's reason as his own mistake, not as the station's.
  if (!appended && appended.error().message.starts_with("ledger refuses"))
    return fail(ErrorCode::bad_data, "card: " + appended.error().message);
  return appended;
}

}  // namespace

Result<Reprint> ask_reprint(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                            const std::string& by) {
  if (auto words = check_words("reason", reason); !words) return std::unexpected(words.error());
  if (auto name = check_words("by", by, 100); !name) return std::unexpected(name.error());
  const auto row = card_of(ledger, card);
  if (!row) return std::unexpected(row.error());
  if (auto may = may_be_reprinted(*row); !may) return std::unexpected(may.error());
  auto reprint = describe(ledger, *row);
  if (!reprint) return reprint;
  if (auto asked = append(ledger, "reprint-asked", *row, {{"reason", reason}, {"at", reprint->at}}, by);
      !asked)
    return std::unexpected(asked.error());
  reprint->reason = reason;
  reprint->asked_by = by;
  return reprint;
}

Result<Reprint> confirm_reprint(ledger::Ledger& ledger, const std::string& card, const std::string& by) {
  if (auto name = check_words("by", by, 100); !name) return std::unexpected(name.error());
  const auto row = card_of(ledger, card);
  if (!row) return std::unexpected(row.error());
  if (row->reprint.empty())
    return fail(ErrorCode::bad_data, "card: nobody asked for another one in place of " + card +
                                         " (ktp-station reprint ask); nothing was done");
  if (same_name(row->asked_by, by))
    return fail(ErrorCode::bad_data,
                "by: " + row->asked_by + " asked for it, another person confirms it; nothing was done");
  if (auto may = may_be_reprinted(*row); !may) return std::unexpected(may.error());
  auto reprint = describe(ledger, *row);
  if (!reprint) return reprint;
  if (auto confirmed =
          append(ledger, "reprint-confirmed", *row,
                 {{"asked_by", row->asked_by}, {"reason", row->reprint}, {"at", reprint->at}}, by);
      !confirmed)
    return std::unexpected(confirmed.error());
  reprint->confirmed_by = by;
  return reprint;
}

Result<void> drop_reprint(ledger::Ledger& ledger, const std::string& card, const std::string& reason,
                          const std::string& by) {
  if (auto words = check_words("reason", reason); !words) return words;
  if (auto name = check_words("by", by, 100); !name) return name;
  const auto row = card_of(ledger, card);
  if (!row) return std::unexpected(row.error());
  return append(ledger, "reprint-dropped", *row, {{"reason", reason}}, by);
}

Result<std::vector<Reprint>> open_reprints(const ledger::Ledger& ledger) {
  const auto rows = ledger.reprints_open();
  if (!rows) return std::unexpected(rows.error());
  std::vector<Reprint> all;
  for (const ledger::CardRow& row : *rows) {
    auto one = describe(ledger, row);
    if (!one) return std::unexpected(one.error());
    all.push_back(*std::move(one));
  }
  return all;
}

}  // namespace ktp::handover
