// SPDX-License-Identifier: Apache-2.0
// The rules of sort mode: which bin, and why, without camera or ledger.
#include <gtest/gtest.h>

#include "pipeline/sort_verdict.hpp"

namespace ktp::pipeline {
namespace {

ledger::CardRow card(const std::string& name, CardState state, const std::string& bin = "") {
  ledger::CardRow row;
  row.card = name;
  row.order_id = "A";
  row.state = state;
  row.bin = bin;
  return row;
}

ledger::SightingRow seen(const std::string& verdict, std::uint64_t number = 4) {
  ledger::SightingRow row;
  row.box = "B1";
  row.number = number;
  row.verdict = verdict;
  return row;
}

// A card that is what it says, looks good, and that the records expect here.
SortFacts expected() {
  SortFacts facts;
  facts.who = Who::known;
  facts.looks = Verdict::good;
  facts.portrait_agrees = true;
  facts.order_id = "A";
  facts.order_state = OrderState::done;
  facts.cards = {card("C1", CardState::sorted, "good")};
  return facts;
}

std::vector<std::string> reasons(const SortDecision& decision) {
  std::vector<std::string> words;
  for (const Reason& reason : decision.why) words.emplace_back(word_of(reason.what));
  return words;
}
using Words = std::vector<std::string>;

TEST(SortVerdict, ACardThatIsWholeKnownAndExpectedIsGoodWithoutAReason) {
  const auto decision = decide_sort(expected());
  EXPECT_EQ(decision.verdict, Verdict::good);
  EXPECT_EQ(decision.card, "C1");
  EXPECT_TRUE(decision.why.empty());
  EXPECT_FALSE(decision.doubt);
  EXPECT_FALSE(decision.hold);
}

TEST(SortVerdict, NothingButAKnownCardIsEverGood) {
  for (const Who who : {Who::unknown, Who::cannot_tell, Who::contradiction}) {
    SortFacts facts = expected();
    facts.who = who;
    EXPECT_EQ(decide_sort(facts).verdict, who == Who::contradiction ? Verdict::mismatch : Verdict::review);
  }
  SortFacts facts = expected();
  facts.looks.reset();
  facts.why = {{SortReason::no_face, "foto: is not there"}};
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::review);
}

TEST(SortVerdict, ASecondCardOfAPersonIsADuplicateWhereverTheFirstMayStillBeHandedOut) {
  for (const char* first : {"good", "review", "duplicate"}) {
    SortFacts facts = expected();
    facts.seen = {seen(first)};
    const auto decision = decide_sort(facts);
    EXPECT_EQ(decision.verdict, Verdict::duplicate) << first;
    EXPECT_EQ(decision.why.front().detail, "box B1, card 4");
    EXPECT_EQ(decision.card, "") << "which of the two it is, nobody can tell";
    EXPECT_FALSE(decision.doubt);
  }
  SortFacts facts = expected();
  facts.seen = {seen("damaged"), seen("mismatch", 5)};
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::good)
      << "the first is not handed out; this may be its reprint";
  EXPECT_EQ(reasons(decide_sort(facts)), (Words{"seen-before", "seen-before"}));
}

TEST(SortVerdict, DamageAndWrongContentOutrankASecondCard) {
  SortFacts facts = expected();
  facts.seen = {seen("good")};
  for (const Verdict looks : {Verdict::damaged, Verdict::mismatch, Verdict::review}) {
    facts.looks = looks;
    EXPECT_EQ(decide_sort(facts).verdict, looks);
  }
}

TEST(SortVerdict, ADamagedCardThatTheRecordsWouldHandOutIsInDoubtIfItIsSurelyThatCard) {
  SortFacts facts = expected();
  facts.looks = Verdict::damaged;
  facts.findings = "scratch on front (14.0 mm)";
  for (const CardState state : {CardState::sorted, CardState::sealed}) {
    facts.cards = {card("C1", state, "good")};
    EXPECT_TRUE(decide_sort(facts).doubt);
  }
  facts.portrait_agrees = false;
  EXPECT_FALSE(decide_sort(facts).doubt) << "only its digits say who it is";
  facts.portrait_agrees = true;
  facts.cards = {card("C1", CardState::sorted, "damaged"), card("C2", CardState::sorted, "good")};
  EXPECT_FALSE(decide_sort(facts).doubt) << "it may be the one that was found damaged before";
  facts.uid = "04A2";
  facts.uid_cards = {"C2"};
  EXPECT_TRUE(decide_sort(facts).doubt) << "the chip says which";
  EXPECT_EQ(decide_sort(facts).card, "C2");
  facts.cards = {card("C2", CardState::handed_over, "good")};
  EXPECT_FALSE(decide_sort(facts).doubt);
}

TEST(SortVerdict, WhatTheRecordsSayOfItsCardIsNeverPassedOver) {
  const auto says = [](std::vector<ledger::CardRow> cards) {
    SortFacts facts = expected();
    facts.cards = std::move(cards);
    const auto decision = decide_sort(facts);
    EXPECT_NE(decision.verdict, Verdict::good);
    return reasons(decision);
  };
  for (const CardState away : {CardState::handed_over, CardState::delivered, CardState::returned,
                               CardState::withdrawn, CardState::unknown, CardState::printed})
    EXPECT_EQ(says({card("C1", away, "good")}), Words{"elsewhere"}) << to_string(away);
  for (const char* bin : {"damaged", "duplicate", "mismatch", "review"})
    EXPECT_EQ(says({card("C1", CardState::sorted, bin)}), Words{"rejected"}) << bin;
  EXPECT_EQ(says({card("C1", CardState::spoiled, "damaged")}), Words{"rejected"});
  EXPECT_EQ(says({card("C1", CardState::destroyed, "damaged")}), Words{"elsewhere"});
  EXPECT_EQ(says({card("C1", CardState::not_started)}), Words{"not-printed"});
  SortFacts reprinted = expected();
  reprinted.cards = {card("C1", CardState::sorted, "damaged"), card("C2", CardState::sorted, "good")};
  EXPECT_EQ(decide_sort(reprinted).verdict, Verdict::good);
  EXPECT_EQ(decide_sort(reprinted).card, "C2");
}

TEST(SortVerdict, ACardOfAnOrderThatWaitsToBePrintedHoldsTheOrder) {
  for (const OrderState state : {OrderState::accepted, OrderState::printing}) {
    SortFacts facts = expected();
    facts.cards.clear();
    facts.order_state = state;
    const auto decision = decide_sort(facts);
    EXPECT_EQ(decision.verdict, Verdict::review);
    EXPECT_EQ(reasons(decision), Words{"not-printed"});
    EXPECT_TRUE(decision.hold);
    facts.order_state = OrderState::held;
    EXPECT_FALSE(decide_sort(facts).hold) << "it is held already";
  }
}

TEST(SortVerdict, ACardThatAnotherStationPrintedIsGoodWhereNothingWasOrderedHere) {
  SortFacts facts = expected();
  facts.record = "cikarang/A-7";
  facts.order_id.clear();
  facts.order_state.reset();
  facts.cards.clear();
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::good);
  EXPECT_EQ(decide_sort(facts).card, "");
  facts = expected();
  facts.record = "cikarang/A-7";
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::review);
  EXPECT_EQ(reasons(decide_sort(facts)), Words{"elsewhere"}) << "this station has one of the same person";
  facts.looks = Verdict::damaged;
  EXPECT_FALSE(decide_sort(facts).doubt) << "it is not this station's card that is damaged";
  facts.looks = Verdict::good;
  facts.cards.clear();
  facts.order_state = OrderState::accepted;
  EXPECT_EQ(reasons(decide_sort(facts)), Words{"not-printed"});
  EXPECT_TRUE(decide_sort(facts).hold);
}

TEST(SortVerdict, TheChipIsAWitnessOfItsOwn) {
  SortFacts facts = expected();
  facts.uid = "04A1";
  facts.uid_cards = {"C1"};
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::good);
  facts.uid_cards = {"C9"};
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::review);
  EXPECT_EQ(decide_sort(facts).why.front().detail, "C9");
  facts.uid_cards = {"C1"};
  facts.same_chip = {seen("good", 2)};
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::review) << "the same card again is no second one";
  facts.same_chip.clear();
  facts.seen = {seen("good")};
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::duplicate);
  EXPECT_EQ(decide_sort(facts).card, "C1") << "the chip says which of the two it is";
  facts.seen.clear();
  facts.chip_doubt = "no chip answers";
  EXPECT_EQ(decide_sort(facts).verdict, Verdict::review);
}

TEST(SortVerdict, EveryReasonHasAWordAndSentencesInBothLanguages) {
  for (int what = 0; what <= static_cast<int>(SortReason::rejected); ++what) {
    const Reason reason{static_cast<SortReason>(what), "C1"};
    EXPECT_FALSE(word_of(reason.what).empty());
    EXPECT_GT(in_english(reason).size(), 10u);
    EXPECT_GT(in_indonesian(reason).size(), 10u);
    EXPECT_NE(in_english(reason), in_indonesian(reason));
  }
}

}  // namespace
}  // namespace ktp::pipeline
