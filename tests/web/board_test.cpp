// SPDX-License-Identifier: Apache-2.0
#include "web/board.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "temp_folder.hpp"
#include "web/metrics.hpp"

namespace ktp::web {
namespace {

class BoardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = ledger::Ledger::open(folder_.path(), true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  void happens(ledger::Event event) {
    const auto appended = ledger_->append({std::move(event)});
    ASSERT_TRUE(appended) << appended.error().message;
  }
  ledger::Event of_card(const char* type, nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
    return {.type = type,
            .order_id = "B1-0001",
            .card = "C0000001",
            .token = "abcdefgh",
            .data = std::move(data)};
  }
  void print_one() {
    happens({.type = "blanks-received", .data = {{"count", 10}}});
    happens({.type = "blanks-loaded", .data = {{"count", 10}}});
    happens({.type = "order-accepted",
             .order_id = "B1-0001",
             .batch = "1",
             .data = {{"row", 1}, {"person", "p"}, {"content", "c"}, {"region", "32.16.01.2001"}}});
    happens(of_card("blank-committed"));
    happens(of_card("print-started"));
  }
  nlohmann::json board(Board& from) {
    const auto text = from.refresh();
    EXPECT_TRUE(text) << text.error().message;
    return nlohmann::json::parse(from.json());
  }
  ktp::test::TempFolder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(BoardTest, FollowsACardThroughTheMachine) {
  Board view(*ledger_, "test", false);
  EXPECT_TRUE(board(view).at("cards").empty());
  print_one();
  EXPECT_EQ(board(view).at("cards").at(0).at("step"), "print");
  happens(of_card("print-ended", {{"outcome", "printed"}, {"number", 1}}));
  EXPECT_EQ(board(view).at("cards").at(0).at("step"), "photograph");
  happens(of_card("inspected", {{"findings",
                                 {{{"kind", "stain"}, {"field", "nik"}, {"score", 2.0}, {"limit", 1.0}},
                                  {{"kind", "scratch"}, {"field", ""}, {"score", 9.0}, {"limit", 1.0}}}}}));
  happens(of_card("judged", {{"verdict", "damaged"}}));
  auto now = board(view);
  EXPECT_EQ(now.at("cards").at(0).at("step"), "sort");
  EXPECT_EQ(now.at("today").at("damaged"), 1);
  EXPECT_EQ(now.at("recent").at(0).at("kind"), "scratch") << "the worst of its findings";
  happens(of_card("sorted", {{"bin", "damaged"}}));
  now = board(view);
  EXPECT_TRUE(now.at("cards").empty());
  EXPECT_EQ(now.at("balance").at("damaged"), 1);
  EXPECT_TRUE(now.at("closes"));
}

TEST_F(BoardTest, NamesACardThatNobodyKnows) {
  Board view(*ledger_, "test", false);
  print_one();
  happens(of_card("print-ended", {{"outcome", "unknown"}}));
  const auto now = board(view);
  EXPECT_FALSE(now.at("closes"));
  EXPECT_EQ(now.at("unknown").at(0).at("card"), "C0000001");
}

TEST_F(BoardTest, SaysNothingWhenNothingChanged) {
  Board view(*ledger_, "test", false);
  EXPECT_TRUE(view.refresh()->has_value());
  EXPECT_FALSE(view.refresh()->has_value());
  view.note("warning", "the printer coughed");
  EXPECT_TRUE(view.refresh()->has_value());
}

TEST_F(BoardTest, ALateBoardShowsTheWholeDay) {
  print_one();
  happens(of_card("print-ended", {{"outcome", "spoiled"}, {"number", 1}}));
  Board late(*ledger_, "test", false);
  EXPECT_EQ(board(late).at("today").at("spoiled"), 1);
  EXPECT_EQ(board(late).at("recent").at(0).at("verdict"), "spoiled");
}

TEST_F(BoardTest, APausedLaneIsShownUntilSomebodyResumesItAlsoByABoardOfAnotherDay) {
  Board view(*ledger_, "test", false);
  EXPECT_TRUE(board(view).at("paused").empty());
  const ledger::LanePause pause{.camera = "camera",
                                .printer = "printer",
                                .spot = {.kind = "stain", .side = "back", .x = 10, .y = 20, .w = 30, .h = 40},
                                .cards = {"C0000001", "C0000002", "C0000003"},
                                .width = 1011};
  happens(ledger::paused_event(pause));
  Board late(*ledger_, "test", false);
  for (Board* one : {&view, &late}) {
    const auto paused = board(*one).at("paused");
    ASSERT_EQ(paused.size(), 1u);
    EXPECT_EQ(paused[0].at("camera"), "camera");
    EXPECT_EQ(paused[0].at("kind"), "stain");
    EXPECT_EQ(paused[0].at("side"), "back");
    EXPECT_EQ(paused[0].at("box"), nlohmann::json({10.0, 20.0, 30.0, 40.0}));
    EXPECT_EQ(paused[0].at("width"), 1011);
    EXPECT_EQ(paused[0].at("cards").size(), 3u);
  }
  happens(ledger::resumed_event(pause, "siti"));
  EXPECT_TRUE(board(view).at("paused").empty());
}

TEST_F(BoardTest, TheMetricsAreNumbersAndNameNoCard) {
  print_one();
  Board view(*ledger_, "test", false);
  devices::DeviceStatus status;
  status.supplies["ribbon"] = {.level = 7, .max = 200, .unit = "panels"};
  view.show_devices({{.name = "pri\"nter\n", .kind = "printer", .plugin = "p", .status = status}});
  ASSERT_TRUE(view.refresh());
  const std::string text = metrics_text(view.json());
  EXPECT_NE(text.find("ktp_station_blanks{term=\"received\"} 10\n"), std::string::npos) << text;
  EXPECT_NE(text.find("ktp_station_supply_level{device=\"pri\\\"nter\\n\",supply=\"ribbon\"} 7\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("C0000001"), std::string::npos);
  EXPECT_EQ(text.find("B1-0001"), std::string::npos);
  EXPECT_EQ(metrics_text("not a board"), "");
}

TEST_F(BoardTest, ADevicesWordsCannotBreakThePage) {
  Board view(*ledger_, "test", false);
  devices::DeviceStatus status;
  status.reasons.push_back({.keyword = "media-jam",
                            .severity = devices::Severity::error,
                            .text = "\xff\xfe</script><img src=x onerror=alert(1)>\r\n\r\n"});
  view.show_devices({{.name = "printer", .kind = "printer", .plugin = "p", .status = status}});
  ASSERT_TRUE(view.refresh());
  const std::string text = view.json();
  EXPECT_EQ(text.find('\n'), std::string::npos) << "a line break would end the event";
  EXPECT_TRUE(nlohmann::json::accept(text));
}

}  // namespace
}  // namespace ktp::web
