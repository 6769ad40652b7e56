// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "domain/card.hpp"

namespace ktp {
namespace {

TEST(CardStates, NoStateAndEventPairLeadsToTwoStates) {
  std::set<std::pair<CardState, CardEvent>> seen;
  for (const CardTransition& row : card_transitions()) EXPECT_TRUE(seen.insert({row.from, row.event}).second);
}

TEST(CardStates, ExactlyThePairsOfTheTableAreLegal) {
  std::size_t legal = 0;
  for (const CardState from : kCardStates)
    for (const CardEvent event : kCardEvents) legal += next_state(from, event).has_value() ? 1u : 0u;
  EXPECT_EQ(legal, card_transitions().size());
}

TEST(CardStates, NothingLeavesNotStartedOrDestroyed) {
  for (const CardTransition& row : card_transitions()) {
    EXPECT_NE(row.from, CardState::not_started);
    EXPECT_NE(row.from, CardState::destroyed);
  }
}

TEST(CardStates, AnUnknownCardIsOnlyEverSettledNeverPrintedAgain) {
  for (const CardTransition& row : card_transitions()) {
    if (row.from == CardState::unknown) {
      EXPECT_TRUE(row.event == CardEvent::settled_not_started || row.event == CardEvent::settled_printed ||
                  row.event == CardEvent::settled_spoiled);
    }
    if (row.event == CardEvent::print_started) {
      EXPECT_EQ(row.from, CardState::committed);
    }
  }
}

// Random walks over events, legal and illegal mixed: the state never becomes one the table does not lead to,
// a card is printed at most once in its life, and never sealed without having been judged and sorted.
TEST(CardStates, NoWalkReachesAnIllegalHistory) {
  std::mt19937 random(20200707);
  for (int walk = 0; walk < 20'000; ++walk) {
    CardState state = CardState::committed;
    int print_starts = 0;
    bool judged = false, sorted = false, body = false;
    for (int step = 0; step < 60; ++step) {
      const CardEvent event = kCardEvents[random() % kCardEvents.size()];
      const auto next = next_state(state, event);
      if (!next) continue;
      if (event == CardEvent::print_started) ++print_starts;
      judged |= event == CardEvent::judged;
      if (event == CardEvent::sorted && state == CardState::inspected) sorted = true;
      body |= *next == CardState::printed || *next == CardState::spoiled;
      if (event == CardEvent::sealed) {
        EXPECT_TRUE(judged && sorted);
      }
      if (body) {
        EXPECT_NE(*next, CardState::committed);
      }
      state = *next;
    }
    EXPECT_LE(print_starts, 1);
  }
}

TEST(CardStates, WordsRoundTripAndAreUnique) {
  std::set<std::string_view> words;
  for (const CardState state : kCardStates) {
    EXPECT_TRUE(words.insert(to_string(state)).second);
    EXPECT_EQ(card_state_from(to_string(state)), state);
  }
  EXPECT_FALSE(card_state_from("lost-in-space"));
}

TEST(CardStates, OnlyACardThatMayReachItsHolderIsLive) {
  EXPECT_TRUE(is_live(CardState::printing, ""));
  EXPECT_TRUE(is_live(CardState::unknown, ""));
  EXPECT_TRUE(is_live(CardState::sorted, "good"));
  EXPECT_TRUE(is_live(CardState::sorted, "review"));
  EXPECT_FALSE(is_live(CardState::sorted, "damaged"));
  EXPECT_FALSE(is_live(CardState::sorted, "mismatch"));
  EXPECT_FALSE(is_live(CardState::spoiled, ""));
  EXPECT_FALSE(is_live(CardState::not_started, ""));
}

TEST(CardStates, TheDiagramInTheReadmeIsTheTable) {
  std::ifstream file(KTP_SOURCE_DIR "/core/domain/README.md");
  ASSERT_TRUE(file) << "core/domain/README.md is missing";
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(card_state_diagram()), std::string::npos)
      << "paste this into core/domain/README.md:\n"
      << card_state_diagram();
}

}  // namespace
}  // namespace ktp
