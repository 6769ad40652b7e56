// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sort_verdict.hpp"

#include <algorithm>
#include <array>

#include "domain/card.hpp"

namespace ktp::pipeline {

namespace {

struct Words {
  SortReason what;
  std::string_view word, english, indonesian;
};

constexpr std::array kWords{
    Words{SortReason::no_picture, "no-picture", "there is no photograph that can be used",
          "tidak ada foto yang dapat dipakai"},
    Words{SortReason::no_card, "no-card", "no card is found in the photograph",
          "tidak ada kartu yang terlihat di foto"},
    Words{SortReason::no_digits, "no-digits", "no NIK is found on it", "NIK tidak ditemukan pada kartu"},
    Words{SortReason::digits, "digits", "the NIK cannot be told", "NIK tidak terbaca"},
    Words{SortReason::nobody, "no-record", "no record has this NIK", "tidak ada data dengan NIK ini"},
    Words{SortReason::several, "several", "more than one record fits", "lebih dari satu data cocok"},
    Words{SortReason::other_portrait, "other-portrait", "NIK and portrait are not one person's",
          "NIK dan foto bukan milik orang yang sama"},
    Words{SortReason::no_face, "no-expected-face", "what it should look like cannot be drawn",
          "rupa yang seharusnya tidak dapat digambar"},
    Words{SortReason::findings, "findings", "the inspection found", "temuan pemeriksaan"},
    Words{SortReason::seen, "seen-before", "a card of this person was seen before",
          "kartu orang ini sudah pernah terlihat"},
    Words{SortReason::same_chip, "same-chip",
          "a card with this very chip was seen before; the same card again, or a copy",
          "chip ini sudah pernah terlihat; kartu yang sama, atau salinan"},
    Words{SortReason::chip, "chip", "the chip does not name the card", "chip tidak mengenali kartu"},
    Words{SortReason::chip_of_other, "chip-of-other", "the chip belongs to another card",
          "chip milik kartu lain"},
    Words{SortReason::not_printed, "not-printed",
          "its order was not printed here; a card of this person exists already",
          "pesanan belum dicetak di sini; kartu orang ini sudah ada"},
    Words{SortReason::elsewhere, "elsewhere", "the records say that this person's card is elsewhere",
          "menurut catatan kartu orang ini ada di tempat lain"},
    Words{SortReason::rejected, "rejected", "the records say that this card was not good",
          "menurut catatan kartu ini tidak baik"},
};

const Words& words_of(SortReason what) {
  return *std::ranges::find(kWords, what, &Words::what);
}

bool may_be_handed_out(const ledger::CardRow& card) {
  return card.state == CardState::sealed || (card.state == CardState::sorted && card.bin == "good");
}

bool has_body(const ledger::CardRow& card) {
  return card.state != CardState::committed && card.state != CardState::not_started &&
         card.state != CardState::printing && card.state != CardState::destroyed;
}

std::string place_of(const ledger::SightingRow& row) {
  return "box " + row.box + ", card " + std::to_string(row.number);
}

// Which of its order's cards lies here: the chip says it, or there is only one that it can be.
std::string card_of(const SortFacts& facts) {
  if (!facts.record.empty()) return {};
  for (const ledger::CardRow& card : facts.cards)
    if (!facts.uid.empty() && std::ranges::find(facts.uid_cards, card.card) != facts.uid_cards.end())
      return card.card;
  if (!facts.uid_cards.empty()) return {};
  std::string only;
  for (const ledger::CardRow& card : facts.cards) {
    if (!has_body(card)) continue;
    if (!only.empty()) return {};
    only = card.card;
  }
  return only;
}

// What the records of its order say against handing this card out; nothing = they expect it here.
std::optional<Reason> records_say(const SortFacts& facts, std::string& card) {
  const auto of_state = [&](auto&& is) { return std::ranges::find_if(facts.cards, is); };
  const auto described = [](const ledger::CardRow& row) {
    return row.card + ": " + std::string(to_string(row.state)) + (row.bin.empty() ? "" : ", bin " + row.bin);
  };
  // The chip names the body; without it the card that may be handed out is the one that looks good.
  const auto named = of_state([&](const auto& row) { return row.card == card; });
  const auto expected = of_state(may_be_handed_out);
  if (facts.record.empty() && expected != facts.cards.end() &&
      (facts.uid_cards.empty() || card.empty() || card == expected->card)) {
    card = expected->card;
    return std::nullopt;
  }
  // Printed by another station: good where nothing was ordered here for the same person.
  if (!facts.record.empty() && facts.order_id.empty()) return std::nullopt;
  const auto body = named != facts.cards.end() ? named : of_state(has_body);
  const auto gone = of_state([](const auto& row) { return row.state == CardState::destroyed; });
  if (body == facts.cards.end() && gone != facts.cards.end())
    return Reason{SortReason::elsewhere, described(*gone)};
  if (body == facts.cards.end())
    return Reason{
        SortReason::not_printed,
        facts.order_id + ": " + (facts.order_state ? std::string(to_string(*facts.order_state)) : "")};
  if (facts.record.empty() && (body->state == CardState::sorted || body->state == CardState::spoiled))
    return Reason{SortReason::rejected, described(*body)};
  return Reason{SortReason::elsewhere, described(*body)};
}

// The second card of one person: its first was seen, or is somewhere on its way.
bool is_second(const SortFacts& facts) {
  return std::ranges::any_of(facts.seen, [](const ledger::SightingRow& row) {
    return row.verdict == "good" || row.verdict == "review" || row.verdict == "duplicate";
  });
}

}  // namespace

std::string_view to_string(Who who) {
  constexpr std::array<std::string_view, 4> kNames{"known", "unknown", "contradiction", "cannot-tell"};
  return kNames[static_cast<std::size_t>(who)];
}

std::string_view word_of(SortReason what) {
  return words_of(what).word;
}

std::string in_english(const Reason& reason) {
  return std::string(words_of(reason.what).english) + (reason.detail.empty() ? "" : ": " + reason.detail);
}

std::string in_indonesian(const Reason& reason) {
  return std::string(words_of(reason.what).indonesian) + (reason.detail.empty() ? "" : ": " + reason.detail);
}

SortDecision decide_sort(const SortFacts& facts) {
  SortDecision decision{.verdict = Verdict::review, .why = facts.why};
  const auto because = [&](SortReason what, std::string detail) {
    decision.why.push_back({what, std::move(detail)});
  };
  if (!facts.findings.empty()) because(SortReason::findings, facts.findings);
  if (facts.who != Who::known) {
    // A card that is plainly not what it says it is, is not a matter of looking once more.
    if (facts.who == Who::contradiction) decision.verdict = Verdict::mismatch;
    for (const ledger::SightingRow& row : facts.seen) because(SortReason::seen, place_of(row));
    for (const ledger::SightingRow& row : facts.same_chip) because(SortReason::same_chip, place_of(row));
    if (!facts.chip_doubt.empty()) because(SortReason::chip, facts.chip_doubt);
    return decision;
  }
  decision.card = card_of(facts);
  const bool good = facts.looks == Verdict::good;
  if (facts.looks) decision.verdict = *facts.looks;
  std::optional<Reason> against;
  if (good) against = records_say(facts, decision.card);
  for (const ledger::SightingRow& row : facts.seen) because(SortReason::seen, place_of(row));
  for (const ledger::SightingRow& row : facts.same_chip) because(SortReason::same_chip, place_of(row));
  if (!facts.chip_doubt.empty()) because(SortReason::chip, facts.chip_doubt);
  const auto other = std::ranges::find_if(facts.uid_cards, [&](const std::string& name) {
    return std::ranges::find(facts.cards, name, &ledger::CardRow::card) == facts.cards.end();
  });
  if (other != facts.uid_cards.end()) because(SortReason::chip_of_other, *other);
  if (against) because(against->what, against->detail);
  decision.hold = against && against->what == SortReason::not_printed &&
                  (facts.order_state == OrderState::accepted || facts.order_state == OrderState::printing);
  if (good) {
    // The chip says more than the picture: the same card again is no second one.
    if (!facts.same_chip.empty() || !facts.chip_doubt.empty() || other != facts.uid_cards.end())
      decision.verdict = Verdict::review;
    else if (is_second(facts))
      decision.verdict = Verdict::duplicate;
    else if (against)
      decision.verdict = Verdict::review;
  }
  // Which of two bodies a second card is, nobody can tell without a chip.
  if (decision.verdict == Verdict::duplicate && facts.uid_cards.empty()) decision.card.clear();
  if (decision.verdict == Verdict::damaged || decision.verdict == Verdict::mismatch) {
    const auto row = std::ranges::find(facts.cards, decision.card, &ledger::CardRow::card);
    decision.doubt = facts.portrait_agrees && !decision.card.empty() && row != facts.cards.end() &&
                     may_be_handed_out(*row);
  }
  return decision;
}

}  // namespace ktp::pipeline
