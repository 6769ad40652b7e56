// SPDX-License-Identifier: Apache-2.0
#include "devices/status_board.hpp"

#include <gtest/gtest.h>
#include <station/abi.h>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

wire::Message event(std::uint32_t kind, std::int64_t a, std::int64_t b, std::string text,
                    std::string detail = {}) {
  return {0, 0, wire::Event{kind, a, b, std::move(text), std::move(detail)}};
}

TEST(StatusBoardTest, ReasonsComeAndGoBetweenStatusCalls) {
  StatusBoard board("device", nullptr);
  board.worker_started(1);
  board.hear(event(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "media-jam", "open the door"));
  EXPECT_FALSE(board.snapshot().ready());
  board.hear(
      event(STN_EV_REASON, STN_SEVERITY_WARNING, 1, "media-jam"));  // the same, milder: replaced, not doubled
  EXPECT_EQ(board.snapshot().reasons.size(), 1u);
  EXPECT_TRUE(board.snapshot().ready());
  board.hear(event(STN_EV_REASON, 0, 0, "media-jam"));
  EXPECT_TRUE(board.snapshot().reasons.empty());
}

TEST(StatusBoardTest, AStatusCallThatIsNotAnsweredChangesNothing) {
  StatusBoard board("device", nullptr);
  board.hear(event(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "media-jam"));
  board.begin(1, true);
  board.hear(event(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "cover-open"));
  board.end(nullptr);
  ASSERT_EQ(board.snapshot().reasons.size(), 1u);
  EXPECT_EQ(board.snapshot().reasons[0].keyword, "media-jam");
}

TEST(StatusBoardTest, ReasonsAreBounded) {
  Events events;
  StatusBoard board("device", events.sink());
  for (int i = 0; i < 200; ++i)
    board.hear(event(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "reason-" + std::to_string(i)));
  EXPECT_EQ(board.snapshot().reasons.size(), 64u);
  EXPECT_EQ(events.count(Kind::violation, "more than 64 reasons"), 136);
}

TEST(StatusBoardTest, UnknownKindsAndValuesAreNamedAndNotPassedOn) {
  Events events;
  StatusBoard board("device", events.sink());
  board.hear(event(99, 0, 0, ""));
  board.hear(event(STN_EV_STATE, 7, 0, ""));
  board.hear(event(STN_EV_REASON, 7, 1, "media-jam"));
  board.hear(event(STN_EV_PROGRESS, STN_STEP_FRONT, 5, ""));  // nothing is under way
  board.hear(event(STN_EV_CHIP_UID, 0, 5, "04AA"));
  EXPECT_EQ(events.count(Kind::violation), 5);
  EXPECT_EQ(events.all().size(), 5u);
}

TEST(StatusBoardTest, TheUidBelongsToTheOperationItWasReadIn) {
  StatusBoard board("device", nullptr);
  board.begin(5, false);
  board.hear(event(STN_EV_CHIP_UID, 0, 4, "04AA"));  // of the one before
  board.hear(event(STN_EV_CHIP_UID, 0, 5, "04BB"));
  EXPECT_EQ(board.end(nullptr).uid, "04BB");
  board.begin(6, false);
  EXPECT_EQ(board.end(nullptr).uid, "");
}

TEST(StatusBoardTest, ASupplyInsideTheMachineThatGrowsByItselfIsNamedAndNotBelieved) {
  Events events;
  StatusBoard board("device", events.sink());
  const auto print = [&](std::uint64_t op) {
    board.begin(op, false);
    board.end(nullptr);
  };
  board.hear(event(STN_EV_SUPPLY, 90, 100, "ribbon", "panels"));
  print(1);
  board.hear(event(STN_EV_SUPPLY, 89, 100, "ribbon", "panels"));
  EXPECT_EQ(board.snapshot().supplies["ribbon"].level, 89);
  print(2);
  board.hear(event(STN_EV_SUPPLY, 95, 100, "ribbon", "panels"));
  EXPECT_EQ(board.snapshot().supplies["ribbon"].level, -2);
  EXPECT_EQ(events.count(Kind::violation, "supply-grew: supply ribbon grew to 95"), 1);
  EXPECT_EQ(board.snapshot().violations.at("supply-grew"), 1u);
}

TEST(StatusBoardTest, ASupplyMayGrowWhereSomebodyCouldHaveReachedIt) {
  Events events;
  StatusBoard board("device", events.sink());
  const auto print = [&](std::uint64_t op) {
    board.begin(op, false);
    board.end(nullptr);
  };
  board.hear(event(STN_EV_SUPPLY, 0, 100, "ribbon", "panels"));
  board.hear(event(STN_EV_SUPPLY, 5, 500, "hopper", "cards"));
  print(1);
  board.hear(event(STN_EV_SUPPLY, 205, 500, "hopper", "cards"));  // an open tray
  board.hear(event(STN_EV_REASON, STN_SEVERITY_ERROR, 1, "cover-open"));
  board.hear(event(STN_EV_REASON, STN_SEVERITY_ERROR, 0, "cover-open"));
  board.hear(event(STN_EV_SUPPLY, 100, 100, "ribbon", "panels"));
  print(2);
  board.worker_started(2);  // a new worker says everything anew
  board.hear(event(STN_EV_SUPPLY, 200, 200, "ribbon", "panels"));
  EXPECT_EQ(events.count(Kind::violation), 0);
  EXPECT_EQ(board.snapshot().supplies["ribbon"].level, 200);
}

TEST(StatusBoardTest, ViolationsAreCountedByNameOverAllWorkers) {
  StatusBoard board("device", nullptr);
  board.hear(event(STN_EV_STATE, 7, 0, ""));
  board.tell(Kind::violation, "stale-frame: exposed 5 us too early");
  board.worker_started(1);
  board.tell(Kind::violation, "stale-frame: exposed 7 us too early");
  board.tell(Kind::violation, "without a name");
  const auto violations = board.snapshot().violations;
  EXPECT_EQ(violations.at("malformed-event"), 1u);
  EXPECT_EQ(violations.at("stale-frame"), 2u);
  EXPECT_EQ(violations.at("other"), 1u);
}

TEST(StatusBoardTest, AMutedBoardIsSilent) {
  Events events;
  StatusBoard board("device", events.sink());
  board.mute();
  board.hear(event(STN_EV_STATE, STN_STATE_IDLE, 0, ""));
  board.line("words");
  EXPECT_TRUE(events.all().empty());
}

}  // namespace ktp::devices::test
