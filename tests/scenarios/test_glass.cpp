// SPDX-License-Identifier: Apache-2.0
// Dirt on the glass of a camera: its lane stands before it has spent a blank on every order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string glass(int first, int last) {
  std::string damage;
  for (int n = first; n <= last; ++n) damage += "glass@" + std::to_string(n) + ":4x0.8; ";
  return "seed: 1\ndamage: \"" + damage + "\"";
}

std::vector<json> of_type(StationRun& run, const std::string& type) {
  std::vector<json> found;
  for (json& event : run.events())
    if (event.at("type") == type) found.push_back(std::move(event));
  return found;
}

StationRun::Lane lane(const std::string& camera) {
  return {.printer = "seed: 1\nblanks: 120", .camera = camera};
}
const std::string kLimits = StationRun::kManyRestarts;
constexpr const char* kTop = "stock: from-hopper\n";

TEST(Glass, ALaneStandsAfterThreeCardsAndGoesOnWhenTheGlassIsClean) {
  StationRun run({lane(glass(3, 120))});
  const auto batch = run.make_batch(10, 71);
  const Ended dirty = run.produce(batch);
  EXPECT_EQ(dirty.exit_code, 70) << dirty.err;
  EXPECT_THAT(dirty.err, HasSubstr("3 cards in a row have stain at the same spot of the front"));
  EXPECT_THAT(dirty.err, HasSubstr("--resume-by"));
  EXPECT_LE(run.bodies_now(), 6u) << "2 good ones, 3 that were flagged, 1 that was in the machine by then";
  EXPECT_GE(run.bodies_now(), 5u);
  const auto paused = of_type(run, "lane-paused");
  ASSERT_EQ(paused.size(), 1u);
  EXPECT_EQ(paused[0]["cards"], json({"C0000003", "C0000004", "C0000005"}));
  EXPECT_EQ(paused[0]["width"], 1011);
  EXPECT_TRUE(of_type(run, "lane-resumed").empty());

  // Nothing is lost, and a new start does not forget.
  for (const json& card : run.rows("cards")) EXPECT_EQ(card["state"], "sorted") << card;
  const std::size_t spent = run.bodies_now();
  const Ended again = run.produce(batch);
  EXPECT_EQ(again.exit_code, 70) << again.err;
  EXPECT_EQ(run.bodies_now(), spent);
  EXPECT_EQ(of_type(run, "lane-paused").size(), 1u);

  run.configure({lane("seed: 1")}, kLimits, kTop);
  const Ended clean = run.produce_with(batch, {"--resume-by", "siti"});
  ASSERT_EQ(clean.exit_code, 0) << clean.err;
  const auto resumed = of_type(run, "lane-resumed");
  ASSERT_EQ(resumed.size(), 1u);
  EXPECT_EQ(resumed[0]["actor"], "siti");
  const auto orders = run.rows("orders");
  EXPECT_EQ(std::ranges::count(orders, "done", [](const json& order) { return order["state"]; }), 10);
  EXPECT_EQ(run.difference(120), "");
  const json balance = run.balance();
  EXPECT_EQ(balance["unknown"], 0);
  EXPECT_EQ(balance["discrepancy"], 0);
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
  EXPECT_EQ(run.bodies_now(), 10 + (spent - 2))
      << "each flagged card cost one blank, and no other one was spent";
}

TEST(Glass, WithoutThePauseMostOrdersSpendAllTheirBlanks) {
  StationRun run({lane(glass(3, 120))}, kLimits + "\nsame-spot-cards: 0", kTop);
  const Ended ended = run.produce(run.make_batch(10, 71));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_TRUE(of_type(run, "lane-paused").empty());
  EXPECT_GE(run.bodies_now(), 2 + 6 * 4) << "four a head, then the order is held; some pass under the dirt";
}

TEST(Glass, DamagedCardsAtOtherSpotsPauseNothing) {
  std::string damage;
  for (int n = 2; n <= 8; ++n) damage += "stain@" + std::to_string(n) + ":4x0.8; ";
  StationRun run({lane("seed: 1\ndamage: \"" + damage + "\"")});
  const Ended ended = run.produce(run.make_batch(8, 72));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_TRUE(of_type(run, "lane-paused").empty());
  const auto cards = run.rows("cards");
  EXPECT_GE(std::ranges::count(cards, "damaged", [](const json& card) { return card["verdict"]; }), 5);
  EXPECT_EQ(run.difference(120), "");
}

TEST(Glass, TheOtherLaneDoesTheOrders) {
  StationRun run({lane(glass(1, 120)), lane("seed: 2")});
  const Ended ended = run.produce(run.make_batch(12, 73));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto paused = of_type(run, "lane-paused");
  ASSERT_EQ(paused.size(), 1u);
  const auto orders = run.rows("orders");
  EXPECT_EQ(std::ranges::count(orders, "done", [](const json& order) { return order["state"]; }), 12);
  EXPECT_EQ(run.difference(240), "");
}

TEST(Glass, OneCardIsNoReasonAndTheSettingSaysSo) {
  StationRun run({lane("seed: 1")}, "same-spot-cards: 1", kTop);
  const Ended checked = run.command({"config", "check"});
  EXPECT_EQ(checked.exit_code, 78) << checked.out << checked.err;
  EXPECT_THAT(checked.out + checked.err, HasSubstr("one card says nothing about the glass"));
}

}  // namespace
}  // namespace ktp::test
