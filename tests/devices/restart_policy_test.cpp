// SPDX-License-Identifier: Apache-2.0
#include "devices/restart_policy.hpp"

#include <gtest/gtest.h>

namespace ktp::devices::test {

using namespace std::chrono_literals;

TEST(RestartPolicyTest, TheFirstComesAtOnceAndTheWaitDoublesUpToItsLimit) {
  RestartPolicy policy(6, 180s, 250ms, 1500ms);
  const auto now = RestartPolicy::Clock::now();
  EXPECT_EQ(policy.book(now), 0ms);
  EXPECT_EQ(policy.book(now), 250ms);
  EXPECT_EQ(policy.book(now), 500ms);
  EXPECT_EQ(policy.book(now), 1000ms);
  EXPECT_EQ(policy.book(now), 1500ms);
  EXPECT_EQ(policy.book(now), 1500ms);
  EXPECT_EQ(policy.book(now), std::nullopt);
}

TEST(RestartPolicyTest, RestartsLongAgoDoNotCount) {
  RestartPolicy policy(2, 60s, 1ms, 1ms);
  auto now = RestartPolicy::Clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(policy.book(now));
    now += 40s;
  }
}

TEST(RestartPolicyTest, QuarantineIsForGood) {
  RestartPolicy policy(1, 60s, 1ms, 1ms);
  const auto now = RestartPolicy::Clock::now();
  EXPECT_TRUE(policy.book(now));
  EXPECT_FALSE(policy.book(now));
  EXPECT_TRUE(policy.quarantined());
  EXPECT_FALSE(policy.book(now + 24h));
}

TEST(RestartPolicyTest, AWorkerThatDidItsWorkIsReplacedAtOnceButItsLossesCount) {
  RestartPolicy policy(3, 60s, 250ms, 1s);
  const auto now = RestartPolicy::Clock::now();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(policy.book(now), 0ms) << i;
    policy.worked();
  }
  EXPECT_FALSE(policy.book(now)) << "each loss may have cost a card";
}

TEST(RestartPolicyTest, AQuarantineWithAnEndGivesANewBudgetAndNotEarlier) {
  RestartPolicy policy(1, 60s, 1ms, 1ms, 10min);
  const auto now = RestartPolicy::Clock::now();
  EXPECT_TRUE(policy.book(now));
  EXPECT_FALSE(policy.book(now + 1s));
  EXPECT_FALSE(policy.book(now + 1s + 9min));
  EXPECT_TRUE(policy.quarantined());
  EXPECT_EQ(policy.book(now + 1s + 10min), 0ms);
  EXPECT_FALSE(policy.quarantined());
  EXPECT_FALSE(policy.book(now + 1s + 10min + 1s));
}

TEST(RestartPolicyTest, ABudgetOfNothingQuarantinesAtOnce) {
  RestartPolicy policy(0, 60s, 1ms, 1ms);
  EXPECT_FALSE(policy.book(RestartPolicy::Clock::now()));
}

}  // namespace ktp::devices::test
