// SPDX-License-Identifier: Apache-2.0
#include "web/statistics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "temp_folder.hpp"

namespace ktp::web {
namespace {

using nlohmann::json;

class StatisticsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = ledger::Ledger::open(folder_.path(), true, [this] { return now_; });
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
    happens({.type = "blanks-received", .data = {{"count", 20}}});
    for (const char* device : {"left", "right"})
      happens({.type = "blanks-loaded", .data = {{"count", 10}, {"device", device}}});
  }
  void happens(ledger::Event event) {
    const auto appended = ledger_->append({std::move(event)});
    ASSERT_TRUE(appended) << appended.error().message;
  }
  void about(int n, const char* type, nlohmann::ordered_json data = nlohmann::ordered_json::object(),
             const std::string& actor = "station") {
    happens({.type = type,
             .actor = actor,
             .order_id = "B-" + std::to_string(n),
             .card = "C000000" + std::to_string(n),
             .token = "token" + std::to_string(n),
             .data = std::move(data)});
  }
  void print(int n, const char* device) {
    const std::string one = std::to_string(n);
    happens(
        {.type = "order-accepted",
         .order_id = "B-" + one,
         .batch = "1",
         .data = {{"row", n}, {"person", "p" + one}, {"content", "c" + one}, {"region", "32.16.01.2001"}}});
    about(n, "blank-committed", {{"device", device}});
    about(n, "print-started", {{"device", device}});
  }
  void judge(int n, const char* device, const char* verdict, const char* kind = nullptr) {
    print(n, device);
    about(n, "print-ended", {{"outcome", "printed"}, {"number", n}});
    auto findings = nlohmann::ordered_json::array();
    if (kind != nullptr) {
      findings.push_back({{"kind", "stain"}, {"score", 1.1}, {"limit", 1.0}});
      findings.push_back({{"kind", kind}, {"score", 9.0}, {"limit", 1.0}});
    }
    about(n, "inspected", {{"findings", findings}});
    about(n, "judged", {{"verdict", verdict}});
    about(n, "sorted", {{"bin", verdict}});
  }
  json statistics() {
    const auto text = statistics_.as_json(*ledger_);
    EXPECT_TRUE(text) << text.error().message;
    return json::parse(*text);
  }
  ktp::test::TempFolder folder_;
  std::chrono::system_clock::time_point now_ = std::chrono::sys_days{std::chrono::year{2020} / 3 / 20} +
                                               std::chrono::hours(12);  // noon: the same date east and west
  std::unique_ptr<ledger::Ledger> ledger_;
  Statistics statistics_;
};

TEST_F(StatisticsTest, CountsByDayByPrinterAndByTheWorstFinding) {
  judge(1, "left", "good");
  judge(2, "right", "damaged", "scratch");
  print(3, "right");
  about(3, "print-ended", {{"outcome", "spoiled"}, {"number", 3}});
  EXPECT_EQ(statistics().at("days").size(), 1u) << "a look in between changes nothing";
  now_ += std::chrono::hours(24);
  judge(4, "left", "damaged", "ghost");
  const json all = statistics();
  ASSERT_EQ(all.at("days").size(), 2u);
  const json& first = all.at("days").at(0);
  EXPECT_EQ(first.at("date"), "2020-03-20");
  EXPECT_EQ(first.at("verdicts"), (json{{"good", 1}, {"damaged", 1}, {"spoiled", 1}}));
  EXPECT_EQ(first.at("kinds"), (json{{"scratch", 1}}));
  EXPECT_EQ(first.at("printers"),
            (json{{"left", {{"good", 1}}}, {"right", {{"damaged", 1}, {"spoiled", 1}}}}));
  EXPECT_EQ(all.at("days").at(1).at("kinds"), (json{{"ghost", 1}}));
}

TEST_F(StatisticsTest, ADecisionThatWasTakenBackIsNone) {
  judge(1, "left", "damaged", "scratch");
  judge(2, "left", "damaged", "scratch");
  judge(3, "left", "damaged", "stain");
  about(1, "reviewed", {}, "siti");
  about(2, "reviewed", {}, "siti");
  about(2, "review-withdrawn", {}, "siti");
  happens({.type = "order-held", .order_id = "B-3", .data = {{"reason", "card: an inspector decides"}}});
  about(3, "overridden",
        {{"verdict", "good"}, {"was", "damaged"}, {"reason", "dust"}, {"confirmed_by", "budi"}}, "siti");
  about(3, "sorted", {{"bin", "good"}}, "siti");
  const json all = statistics();
  EXPECT_EQ(all.at("inspectors"),
            (json::array({{{"name", "siti"}, {"agreed", 1}, {"good", 1}, {"other", 0}}})));
  EXPECT_EQ(all.at("kinds"),
            (json::array({{{"kind", "scratch"}, {"flagged", 2}, {"agreed", 1}, {"good", 0}, {"other", 0}},
                          {{"kind", "stain"}, {"flagged", 1}, {"agreed", 0}, {"good", 1}, {"other", 0}}})));
}

TEST_F(StatisticsTest, ALateOneKnowsWhatOneThatWasAskedAllTheTimeKnows) {
  for (int n = 1; n <= 6; ++n) {
    judge(n, n % 2 == 0 ? "left" : "right", n % 3 == 0 ? "mismatch" : "good", n % 3 == 0 ? "text" : nullptr);
    statistics();
  }
  Statistics late;
  EXPECT_EQ(json::parse(*late.as_json(*ledger_)), statistics());
}

}  // namespace
}  // namespace ktp::web
