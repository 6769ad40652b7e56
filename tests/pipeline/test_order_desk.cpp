// SPDX-License-Identifier: Apache-2.0
// Who prints what. The orders here cannot be drawn (the ledger does not know them): how they are handed out
// does not depend on it.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "pipeline/order_desk.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

using namespace std::chrono_literals;

class OrderDeskRules : public testing::Test {
 protected:
  template <class T>
  static T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }
  const test::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_ = must(ledger::Ledger::open(folder_.path(), true));
  const ledger::PersonalKey key_ = must(ledger::PersonalKey::load(folder_.path(), true));
  StopSwitch stop_;
  StageClock clock_;
  Station station_{.ledger = *ledger_,
                   .key = key_,
                   .lanes = {},
                   .art = nullptr,
                   .profile = nullptr,
                   .settings = {},
                   .evidence = {},
                   .stop = stop_,
                   .clock = clock_};
};

TEST_F(OrderDeskRules, HandsOrdersOutInTheirOrderAndEachOnce) {
  OrderDesk desk(station_, {"A", "B", "C"}, {}, 1);
  desk.started();
  for (const char* id : {"A", "B", "C"}) {
    const auto task = desk.take(300, false);
    ASSERT_TRUE(task);
    EXPECT_EQ(task->order_id, id);
    EXPECT_FALSE(task->job);
  }
  EXPECT_FALSE(desk.take(300, false));
  EXPECT_TRUE(desk.work_left()) << "all three are in somebody's hand";
  for (const char* id : {"A", "B", "C"}) desk.finished(id);
  EXPECT_FALSE(desk.work_left());
  EXPECT_FALSE(desk.take(300, true));
}

TEST_F(OrderDeskRules, PrintersOfTwoResolutionsNeverGetTheSameOrder) {
  std::vector<std::string> orders;
  for (int i = 0; i < 200; ++i) orders.push_back("O" + std::to_string(i));
  OrderDesk desk(station_, orders, {}, 2);
  const auto lane = [&](int dpi) {
    std::vector<std::string> taken;
    desk.started();
    while (auto task = desk.take(dpi, true)) {
      taken.push_back(task->order_id);
      desk.finished(task->order_id);
    }
    return taken;
  };
  auto other = std::async(std::launch::async, lane, 600);
  auto all = lane(300);
  const auto theirs = other.get();
  all.insert(all.end(), theirs.begin(), theirs.end());
  EXPECT_EQ(all.size(), orders.size());
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), orders.size());
}

TEST_F(OrderDeskRules, AnOrderGivenBackGoesToWhoeverWaits) {
  OrderDesk desk(station_, {"A"}, {}, 2);
  desk.started();
  desk.started();
  ASSERT_TRUE(desk.take(300, true));
  auto other = std::async(std::launch::async, [&] { return desk.take(300, true); });
  EXPECT_EQ(other.wait_for(300ms), std::future_status::timeout) << "A may come back";
  desk.give_back("A", nullptr, 300);
  const auto task = other.get();
  ASSERT_TRUE(task);
  EXPECT_EQ(task->order_id, "A");
}

TEST_F(OrderDeskRules, AnOrderWhoseCardIsInAMachineIsNotHandedOut) {
  OrderDesk desk(station_, {"A", "B"}, {"A"}, 1);
  desk.started();
  EXPECT_EQ(desk.take(300, false)->order_id, "B");
  EXPECT_FALSE(desk.take(300, false));
  desk.give_back("A", nullptr, 300);
  EXPECT_EQ(desk.take(300, false)->order_id, "A");
}

TEST_F(OrderDeskRules, NothingIsHandedOutBeforeEveryLaneHasStartedOrWaits) {
  OrderDesk desk(station_, {"A"}, {}, 2);
  desk.started();
  auto early = std::async(std::launch::async, [&] { return desk.take(300, true); });
  EXPECT_EQ(early.wait_for(300ms), std::future_status::timeout);
  desk.started();
  EXPECT_TRUE(early.get());
}

TEST_F(OrderDeskRules, AStopEndsEveryWait) {
  OrderDesk desk(station_, {"A"}, {}, 2);
  auto waiting = std::async(std::launch::async, [&] { return desk.take(300, true); });
  stop_.level = 1;
  EXPECT_FALSE(waiting.get());
  stop_.level = 0;
  desk.started();
  desk.started();
  auto again = std::async(std::launch::async,
                          [&] { return desk.take(300, true).has_value() && !desk.take(300, true); });
  std::this_thread::sleep_for(200ms);
  desk.close();
  EXPECT_TRUE(again.get());
}

}  // namespace
}  // namespace ktp::pipeline
