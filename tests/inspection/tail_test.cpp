// SPDX-License-Identifier: Apache-2.0
// How limits are read off the highest values of good cards: laws whose quantiles are known by construction.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "inspection/tail.hpp"

namespace {

namespace insp = ktp::inspection;

double uniform(std::mt19937_64& random) {
  return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
}

std::vector<double> exponential(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back(-0.1 * std::log(uniform(random)));
  return values;
}

TEST(Tail, ReadsTheQuantileOfAKnownLawFarBeyondTheCardsThatWereSeen) {
  const insp::Tail tail = insp::fit_tail(exponential(1000, 3));
  const double truth = -0.1 * std::log(1e-4);
  EXPECT_NEAR(tail.quantile(1e-4), truth, 0.2 * truth);
  EXPECT_NEAR(tail.exceedance(tail.quantile(1e-4)), 1e-4, 1e-6);
}

TEST(Tail, ItsUpperBoundHoldsInNineteenOfTwentySets) {
  const double truth = -0.1 * std::log(1e-3);
  int below = 0;
  constexpr int kSets = 120;
  for (int set = 0; set < kSets; ++set)
    below += insp::upper_bound(insp::fit_tail(exponential(300, 100 + static_cast<std::uint64_t>(set))), 1e-3,
                               0.95) < truth;
  EXPECT_LE(below, kSets / 8);  // 6 are meant; the bootstrap of a fitted law is a little too sure of itself
}

TEST(Tail, FewerCardsGiveAWiderBoundAndTheSameCardsTheSame) {
  const auto few = insp::fit_tail(exponential(60, 5)), many = insp::fit_tail(exponential(3000, 5));
  EXPECT_GT(insp::upper_bound(few, 1e-3, 0.95) - few.quantile(1e-3),
            insp::upper_bound(many, 1e-3, 0.95) - many.quantile(1e-3));
  EXPECT_EQ(insp::upper_bound(few, 1e-3, 0.95),
            insp::upper_bound(insp::fit_tail(exponential(60, 5)), 1e-3, 0.95));
}

TEST(Tail, NothingMeasuredAnywhereHasNoTail) {
  const insp::Tail tail = insp::fit_tail(std::vector<double>(200, 0.0));
  EXPECT_EQ(tail.above, 0u);
  EXPECT_EQ(tail.quantile(1e-3), 0);
}

TEST(Tail, CardsThatShowARateFollowTheRuleOfThree) {
  EXPECT_EQ(insp::cards_to_show(0.001), 2995u);
  EXPECT_EQ(insp::cards_to_show(0.01), 299u);
}

TEST(Outlyingness, FindsOneDamagedCardInTwentyAndNoneAmongGoodOnes) {
  std::mt19937_64 random(11);
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) {
    double sum = 0;
    for (int k = 0; k < 12; ++k) sum += uniform(random);
    values.push_back(0.25 * std::exp(0.25 * (sum - 6)));
  }
  for (const double v : values) EXPECT_LT(insp::outlyingness(v, values, 0.02), 4);
  for (int i = 0; i < 20; ++i) values[static_cast<std::size_t>(i) * 20] = 1.3;
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(insp::outlyingness(values[i], values, 0.02) >= 4, i % 20 == 0) << values[i];
}

}  // namespace
