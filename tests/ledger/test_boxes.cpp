// SPDX-License-Identifier: Apache-2.0
// Boxes of cards printed earlier: what the ledger lets be said of the cards that pass under the camera.
#include "ledger/boxes.hpp"

#include <gtest/gtest.h>

#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

class Boxes : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(folder_.path(), true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
    ok({box("B1")});
  }
  static Event box(const std::string& name, const std::string& again = "", int first = 1) {
    return {.type = "box-opened", .data = {{"box", name}, {"again", again}, {"first", first}}};
  }
  static Event sighted(const std::string& in, int number, const std::string& who, const std::string& person,
                       const std::string& verdict, const std::string& uid = "") {
    Event event{.type = "sighted", .order_id = who == "known" ? "A-" + person : "", .uid = uid};
    event.data = {{"box", in}, {"number", number}, {"who", who}, {"person", person}, {"verdict", verdict}};
    return event;
  }
  void ok(const std::vector<Event>& events) {
    const auto appended = ledger_->append(events);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  std::string refused(const Event& event) {
    const auto appended = ledger_->append({event});
    return appended ? "" : appended.error().message;
  }
  test::TempFolder folder_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(Boxes, CardsHaveNumbersWithoutGapsAndNoNumberTwice) {
  EXPECT_NE(refused(sighted("B1", 2, "known", "p", "good")).find("not the next"), std::string::npos);
  ok({sighted("B1", 1, "known", "p", "good")});
  EXPECT_NE(refused(sighted("B1", 1, "known", "q", "good")).find("not the next"), std::string::npos);
  ok({sighted("B1", 2, "cannot-tell", "", "review")});
  EXPECT_NE(refused(sighted("B9", 1, "known", "q", "good")).find("no open box"), std::string::npos);
  const BoxView view(*ledger_);
  EXPECT_EQ((*view.box("B1"))->seen, 2u);
  EXPECT_EQ((*view.last_in("B1"))->verdict, "review");
  EXPECT_EQ(view.tally("B1")->at("good"), 1u);
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

TEST_F(Boxes, OnePersonHasOneGoodCardOverAllBoxes) {
  ok({sighted("B1", 1, "known", "p", "good"), box("B2")});
  EXPECT_NE(refused(sighted("B2", 1, "known", "p", "good")).find("same person"), std::string::npos);
  ok({sighted("B2", 1, "known", "p", "duplicate"), sighted("B2", 2, "known", "q", "damaged"),
      sighted("B2", 3, "known", "q", "good")});
  EXPECT_EQ(BoxView(*ledger_).sightings_of("p")->size(), 2u);
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

TEST_F(Boxes, ACardThatWaitsForAPersonCountsAsOneThatMayBeHandedOut) {
  ok({sighted("B1", 1, "known", "p", "review")});
  EXPECT_NE(refused(sighted("B1", 2, "known", "p", "good")), "");
}

TEST_F(Boxes, TheSameChipIsNeverGoodTwice) {
  ok({sighted("B1", 1, "known", "p", "good", "04A1")});
  EXPECT_NE(refused(sighted("B1", 2, "known", "q", "good", "04A1")).find("chip"), std::string::npos);
  ok({sighted("B1", 2, "known", "q", "good", "04A2")});
  EXPECT_EQ(BoxView(*ledger_).sightings_with_uid("04A1")->size(), 1u);
  EXPECT_TRUE(BoxView(*ledger_).sightings_with_uid("")->empty());
}

TEST_F(Boxes, OnlyAKnownCardIsGoodAndWordsAreThoseOfTheContract) {
  EXPECT_NE(refused(sighted("B1", 1, "unknown", "p", "good")).find("only a card that is known"),
            std::string::npos);
  EXPECT_NE(refused(sighted("B1", 1, "somebody", "p", "review")).find("known word"), std::string::npos);
  EXPECT_NE(refused(sighted("B1", 1, "known", "p", "fine")).find("known word"), std::string::npos);
  EXPECT_NE(refused(sighted("B1", 1, "known", "", "good")).find("names its person"), std::string::npos);
}

TEST_F(Boxes, ABoxThatPassesOnceMoreReplacesWhatWasSeenOfItBefore) {
  ok({sighted("B1", 1, "known", "p", "good")});
  EXPECT_NE(refused(box("B1")).find("open already"), std::string::npos);
  EXPECT_NE(refused(box("B2", "B7")).find("no box B7"), std::string::npos);
  ok({box("B2", "B1", 5)});
  EXPECT_EQ((*BoxView(*ledger_).box("B2"))->first, 5u);
  EXPECT_NE(refused(box("B3", "B1")).find("once more already"), std::string::npos);
  EXPECT_NE(refused(sighted("B1", 2, "known", "q", "good")).find("no further one"), std::string::npos);
  ok({sighted("B2", 1, "known", "p", "good")});
  const auto seen = BoxView(*ledger_).sightings_of("p");
  ASSERT_EQ(seen->size(), 1u);
  EXPECT_EQ(seen->front().box, "B2");
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

TEST_F(Boxes, RecordsOfOtherStationsHaveANameOfTheirOwnAndOnePersonOneEachStation) {
  const auto known = [](const std::string& record, const std::string& source, const std::string& person) {
    return Event{.type = "record-known",
                 .data = {{"record", record},
                          {"source", source},
                          {"source_order", record.substr(2)},
                          {"person", person},
                          {"content", "c"},
                          {"file", "f"}}};
  };
  ok({known("a/1", "a", "p"), known("b/1", "b", "p"), known("a/2", "a", "q")});
  EXPECT_NE(refused(known("a/1", "a", "r")), "") << "the name is taken";
  EXPECT_NE(refused(known("a/3", "a", "q")), "") << "the station has a record of that person";
  EXPECT_NE(refused(known("a/4", "a", "")).find("person"), std::string::npos);
  const BoxView view(*ledger_);
  EXPECT_EQ(view.records_of("p")->size(), 2u);
  EXPECT_EQ((*view.record("a/2"))->person, "q");
  EXPECT_EQ(*view.records(), 3u);
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

TEST_F(Boxes, EverySightingHasANumberOverAllBoxesThatItsPicturesAreCalledBy) {
  ok({sighted("B1", 1, "known", "p", "good"), box("B2"), sighted("B2", 1, "known", "q", "damaged"),
      sighted("B1", 2, "cannot-tell", "", "review")});
  const BoxView view(*ledger_);
  EXPECT_EQ(*view.sightings(), 3u);
  ASSERT_EQ(view.sightings_of_order("A-q")->size(), 1u);
  EXPECT_EQ(sighting_name(view.sightings_of_order("A-q")->front().id), "S0000002");
  EXPECT_TRUE(view.sightings_of_order("")->empty());
  std::vector<std::string> all;
  ASSERT_TRUE(view.each_sighting([&](const SightingRow& row) { all.push_back(row.box); }));
  EXPECT_EQ(all, (std::vector<std::string>{"B1", "B2", "B1"}));
}

TEST_F(Boxes, ABoxIsClosedByTheCountOfItsCardsAndTakesNoneAfterwards) {
  const auto closed = [](int counted) {
    return Event{.type = "box-closed", .data = {{"box", "B1"}, {"counted", counted}}};
  };
  ok({sighted("B1", 1, "known", "p", "good"), sighted("B1", 2, "cannot-tell", "", "review")});
  EXPECT_NE(refused(closed(3)).find("counted are 3 cards, seen 2"), std::string::npos);
  ok({closed(2)});
  EXPECT_NE(refused(closed(2)), "");
  EXPECT_NE(refused(sighted("B1", 3, "known", "q", "good")), "");
  ok({box("A0")});
  const auto boxes = BoxView(*ledger_).boxes();
  ASSERT_EQ(boxes->size(), 2u);
  EXPECT_EQ(boxes->front().box, "B1");
  EXPECT_EQ(boxes->front().counted, 2u);
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

}  // namespace
}  // namespace ktp::ledger
