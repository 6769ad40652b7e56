// SPDX-License-Identifier: Apache-2.0
#include "pipeline/spot_watch.hpp"

#include <gtest/gtest.h>

#include "pipeline/one_order.hpp"

namespace ktp::pipeline {
namespace {

using nlohmann::ordered_json;

// Not JSON: {finding} would be the finding itself.
using Findings = std::vector<ordered_json>;

class Spots : public OneOrder {
 protected:
  static ordered_json at(const char* kind, int x, int y, const char* side = "front") {
    return {{"kind", kind}, {"side", side}, {"box", {x, y, 40, 40}}, {"score", 2.0}, {"limit", 1.0}};
  }
  /// A card of an order of its own, photographed by this camera and judged. Its name.
  std::string card(const std::string& verdict, const Findings& findings,
                   const std::string& camera = "camera") {
    const std::string order = "B1-1" + std::to_string(++number_), name = "C1" + std::to_string(number_);
    happens(
        {.type = "order-accepted",
         .order_id = order,
         .batch = "1",
         .data = {{"row", number_ + 1}, {"person", order}, {"content", "c"}, {"region", "32.16.01.2001"}}});
    happens(of_card("blank-committed", name, ordered_json::object(), order));
    passes(name, order, verdict, findings, camera);
    return name;
  }
  void passes(const std::string& name, const std::string& order, const std::string& verdict,
              const Findings& findings, const std::string& camera) {
    happens(of_card("print-started", name, ordered_json::object(), order));
    happens(of_card("print-ended", name, {{"outcome", "printed"}, {"number", number_}}, order));
    happens(of_card("captured", name, {{"camera", camera}}, order));
    happens(of_card("inspected", name, {{"findings", findings}}, order));
    happens(of_card("judged", name, {{"verdict", verdict}}, order));
  }
  std::optional<ledger::LanePause> due(SpotWatch& watch) {
    const auto followed = watch.follow();
    EXPECT_TRUE(followed) << followed.error().message;
    return watch.due();
  }
  SpotWatch watch(int in_a_row = 3) { return {*ledger_, "camera", "printer", in_a_row}; }
};

TEST_F(Spots, ThreeCardsInARowFlaggedAtOneSpotAskForAPause) {
  SpotWatch watching = watch();
  card("damaged", {at("stain", 100, 100)});
  card("review", {at("stain", 120, 110)});
  EXPECT_FALSE(due(watching));
  const std::string last = card("damaged", {at("scratch", 600, 300), at("stain", 95, 100)});
  const auto pause = due(watching);
  ASSERT_TRUE(pause) << "a further finding of one card's own does not hide the spot";
  EXPECT_EQ(pause->cards.size(), 3u);
  EXPECT_EQ(pause->cards.back(), last);
  EXPECT_EQ(pause->spot.kind, "stain");
  EXPECT_EQ(pause->spot.x, 95);
}

TEST_F(Spots, OtherSpotsKindsSidesAndGoodCardsBreakTheRow) {
  SpotWatch watching = watch();
  const Findings there = {at("stain", 100, 100)};
  for (const auto& [verdict, other] :
       {std::pair<const char*, Findings>{"damaged", {at("stain", 400, 100)}},
        {"damaged", {at("stain", 132, 100)}},  // less than a quarter of it covered
        {"damaged", {at("scratch", 100, 100)}},
        {"damaged", {at("stain", 100, 100, "back")}},
        {"review", {{{"kind", "no-picture"}, {"side", "front"}, {"box", {0, 0, 0, 0}}}}},
        {"good", there},
        {"good", {}}}) {
    card("damaged", there);
    card("damaged", there);
    card(verdict, other);
    EXPECT_FALSE(due(watching)) << verdict << ordered_json(other);
    card("good", {});
  }
  card("damaged", there);
  card("damaged", there);
  EXPECT_FALSE(due(watching));
  card("damaged", there);
  EXPECT_TRUE(due(watching));
}

TEST_F(Spots, CardsWithoutAPictureHaveNothingAtOnePlace) {
  SpotWatch watching = watch();
  const Findings nowhere = {{{"kind", "no-picture"}, {"side", "front"}, {"box", {0, 0, 0, 0}}}};
  for (int i = 0; i < 5; ++i) card("review", nowhere);
  EXPECT_FALSE(due(watching));
}

TEST_F(Spots, CardsOfAnotherCameraNeitherCountNorBreakTheRow) {
  SpotWatch watching = watch();
  const Findings there = {at("stain", 100, 100)};
  card("damaged", there);
  card("damaged", there, "camera-2");
  card("damaged", there);
  EXPECT_FALSE(due(watching));
  card("good", {}, "camera-2");
  card("damaged", there);
  EXPECT_TRUE(due(watching));
}

TEST_F(Spots, CardsOfOneOrderAloneSayNothingAboutTheGlass) {
  SpotWatch watching = watch();
  const Findings there = {at("wrong-text", 100, 100)};
  for (int i = 0; i < 4; ++i) {
    const std::string name = "C2" + std::to_string(++number_);
    if (i > 0)
      happens({.type = "reprint-decided",
               .order_id = "B1-0001",
               .card = name,
               .data = {{"replaces", "C2" + std::to_string(number_ - 1)}, {"reason", "damaged"}}});
    happens(of_card("blank-committed", name));
    passes(name, "B1-0001", "damaged", there, "camera");
  }
  EXPECT_FALSE(due(watching));
  card("damaged", there);
  EXPECT_TRUE(due(watching)) << "another order's card has it too";
}

TEST_F(Spots, APauseOutlivesTheProcessAndEndsWithCountsBegunAnew) {
  const Findings there = {at("stain", 100, 100)};
  SpotWatch before = watch();
  for (int i = 0; i < 3; ++i) card("damaged", there);
  const auto pause = due(before);
  ASSERT_TRUE(pause);
  EXPECT_TRUE(due(before)) << "not in the log yet";
  {
    SpotWatch after_a_crash = watch();
    EXPECT_TRUE(due(after_a_crash)) << "found again in the log";
  }
  happens(ledger::paused_event(*pause));
  EXPECT_FALSE(due(before)) << "once is enough";
  card("damaged", there);  // it was in the machine
  EXPECT_FALSE(due(before));
  SpotWatch after = watch();
  ASSERT_TRUE(after.follow());
  ASSERT_TRUE(after.paused());
  EXPECT_EQ(after.paused()->cards, pause->cards);
  EXPECT_EQ(after.paused()->spot.kind, "stain");

  ASSERT_TRUE(resume_lane(*ledger_, "camera", "siti"));
  const auto lines = ledger_->lines_of_type("lane-resumed");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(lines->front()).at("actor"), "siti");
  for (SpotWatch* one : {&before, &after}) {
    EXPECT_FALSE(due(*one));
    EXPECT_FALSE(one->paused());
  }
  card("damaged", there);
  card("damaged", there);
  EXPECT_FALSE(due(after));
  card("damaged", there);
  EXPECT_TRUE(due(after));
  EXPECT_FALSE(resume_lane(*ledger_, "camera", "siti")) << "nothing is paused";
  EXPECT_EQ(resume_lane(*ledger_, "camera-2", "siti").error().code, ErrorCode::input_missing);
}

TEST_F(Spots, APauseOfLongAgoIsKnownThoughOtherCamerasWentOn) {
  happens(ledger::paused_event({.camera = "camera", .printer = "printer", .spot = {}, .cards = {"C11"}}));
  std::vector<ledger::Event> more(SpotWatch::kBack + 10, ledger::Event{.type = "balanced"});
  ASSERT_TRUE(ledger_->append(more));
  SpotWatch watching = watch();
  ASSERT_TRUE(watching.follow());
  EXPECT_TRUE(watching.paused());
}

TEST_F(Spots, NothingAsksForAPauseWhereTheSettingSaysNever) {
  SpotWatch watching = watch(0);
  for (int i = 0; i < 6; ++i) card("damaged", {at("stain", 100, 100)});
  EXPECT_FALSE(due(watching));
}

}  // namespace
}  // namespace ktp::pipeline
