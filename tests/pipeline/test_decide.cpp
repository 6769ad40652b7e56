// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pipeline/decide.hpp"

namespace ktp::pipeline {
namespace {

using Kind = Decision::Kind;

ledger::CardRow card(CardState state, std::string verdict = "", std::string bin = "") {
  ledger::CardRow row;
  row.card = "C1";
  row.state = state;
  row.verdict = std::move(verdict);
  row.bin = std::move(bin);
  return row;
}

TEST(NextStepOfAnOrder, AnUnknownCardIsNeverReplacedByRule) {
  EXPECT_EQ(decide({card(CardState::unknown)}, {}).kind, Kind::wait);
  EXPECT_EQ(decide({card(CardState::spoiled), card(CardState::unknown)}, {}).kind, Kind::wait);
}

TEST(NextStepOfAnOrder, SpoiledAndDamagedAndBodilessCardsAreReplacedByRule) {
  EXPECT_EQ(decide({}, {}).kind, Kind::print_first);
  EXPECT_EQ(decide({card(CardState::spoiled)}, {}).kind, Kind::print_again);
  EXPECT_EQ(decide({card(CardState::sorted, "damaged", "damaged")}, {}).kind, Kind::print_again);
  EXPECT_EQ(decide({card(CardState::not_started)}, {}).kind, Kind::print_again);
}

TEST(NextStepOfAnOrder, WrongContentAndDoubtHoldTheOrderForAPerson) {
  for (const char* verdict : {"mismatch", "duplicate", "review"}) {
    const Decision decision = decide({card(CardState::sorted, verdict, verdict)}, {});
    EXPECT_EQ(decision.kind, Kind::hold) << verdict;
    EXPECT_TRUE(decision.reason.starts_with("card:")) << decision.reason;
  }
}

TEST(NextStepOfAnOrder, WhatTwoPeopleDecidedGoesBeforeEveryHoldAndOneAloneBeforeNone) {
  ledger::CardRow mismatch = card(CardState::sorted, "mismatch", "mismatch");
  mismatch.reprint = "wrong name";
  mismatch.asked_by = "siti";
  EXPECT_EQ(decide({mismatch}, {}).kind, Kind::hold);
  mismatch.confirmed_by = "budi";
  const Decision decision = decide({mismatch}, {});
  EXPECT_EQ(decision.kind, Kind::print_again);
  EXPECT_EQ(decision.replaces, "C1");
  EXPECT_EQ(decision.reason, "wrong name");
  EXPECT_EQ(decision.asked_by + " " + decision.confirmed_by, "siti budi");
  EXPECT_EQ(decide({mismatch, card(CardState::unknown)}, {}).kind, Kind::wait) << "never before evidence";
  EXPECT_EQ(decide({mismatch, card(CardState::sorted, "mismatch", "mismatch")}, {}).kind, Kind::hold)
      << "one decision, one card";
}

TEST(NextStepOfAnOrder, ACardOnItsWayIsWaitedFor) {
  for (const CardState state : {CardState::committed, CardState::printing, CardState::printed})
    EXPECT_EQ(decide({card(state)}, {}).kind, Kind::wait);
  EXPECT_EQ(decide({card(CardState::inspected, "good")}, {}).kind, Kind::wait);
  EXPECT_EQ(decide({card(CardState::sorted, "good", "good")}, {}).kind, Kind::done);
}

TEST(NextStepOfAnOrder, BlanksSpentOnOneOrderAreBounded) {
  Settings settings;
  settings.max_cards_per_order = 2;
  const auto damaged = card(CardState::sorted, "damaged", "damaged");
  EXPECT_EQ(decide({damaged}, settings).kind, Kind::print_again);
  EXPECT_EQ(decide({damaged, damaged}, settings).kind, Kind::hold);
  settings.max_not_started_per_order = 1;
  EXPECT_EQ(decide({card(CardState::not_started)}, settings).kind, Kind::hold);
}

}  // namespace
}  // namespace ktp::pipeline
