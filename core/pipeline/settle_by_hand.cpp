// SPDX-License-Identifier: Apache-2.0
#include "pipeline/settle_by_hand.hpp"

#include "domain/words.hpp"

namespace ktp::pipeline {

namespace {

Result<ledger::CardRow> unknown_card(const ledger::Ledger& ledger, const std::string& card) {
  auto row = ledger.card(card);
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(ErrorCode::input_missing, "card: there is no card " + card);
  if ((*row)->state != CardState::unknown)
    return fail(ErrorCode::bad_data,
                "card: " + card + " is " + std::string(to_string((*row)->state)) + ", not unknown");
  return std::move(**row);
}

ledger::Event about(const ledger::CardRow& card, const char* type, const std::string& by) {
  return {.type = type, .actor = by, .order_id = card.order_id, .card = card.card, .token = card.token};
}

}  // namespace

Result<void> settle_found(ledger::Ledger& ledger, const std::string& card, const std::string& where,
                          const std::string& by) {
  if (auto words = check_words("where", where); !words) return words;
  const auto row = unknown_card(ledger, card);
  if (!row) return std::unexpected(row.error());
  ledger::Event settled = about(*row, "settled", by);
  settled.data["outcome"] = std::string(to_string(CardState::spoiled));
  settled.data["evidence"] = "found by a person: " + where;
  ledger::Event sorted = about(*row, "sorted", by);
  sorted.data["bin"] = "damaged";
  sorted.data["confirmed_by"] = by;
  return ledger.append({settled, sorted});
}

Result<BlanksSay> blanks_say(const ledger::Ledger& ledger, const std::string& card, std::int64_t counted) {
  const auto row = unknown_card(ledger, card);
  if (!row) return std::unexpected(row.error());
  // The ledger takes every unknown card for fed.
  const auto fewest = ledger.hopper_expected(row->device);
  if (!fewest) return std::unexpected(fewest.error());
  const auto unknown = ledger.unknown_of(row->device);
  if (!unknown) return std::unexpected(unknown.error());
  if (counted == *fewest + *unknown) return BlanksSay::none_fed;
  return counted == *fewest ? BlanksSay::all_fed : BlanksSay::unclear;
}

Result<void> settle_not_fed(ledger::Ledger& ledger, const std::string& card, std::int64_t counted,
                            const std::string& by, const std::string& confirmed_by) {
  if (confirmed_by.empty() || confirmed_by == by)
    return fail(ErrorCode::bad_data, "confirmed_by: a second person has to have counted the blanks too");
  const auto says = blanks_say(ledger, card, counted);
  if (!says) return std::unexpected(says.error());
  if (*says != BlanksSay::none_fed)
    return fail(ErrorCode::bad_data, "counted: " + std::to_string(counted) +
                                         " blanks do not say that no card was begun; look for " + card +
                                         " in the printer, its output tray and under the camera");
  const auto row = unknown_card(ledger, card);
  if (!row) return std::unexpected(row.error());
  ledger::Event settled = about(*row, "settled", by);
  settled.data["outcome"] = std::string(to_string(CardState::not_started));
  settled.data["evidence"] = "blanks counted by two people: " + std::to_string(counted) + " in the hopper";
  settled.data["confirmed_by"] = confirmed_by;
  return ledger.append({settled});
}

}  // namespace ktp::pipeline
