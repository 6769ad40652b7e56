// SPDX-License-Identifier: Apache-2.0
// Settings changed on the page: exactly what was asked for, with the comments where they were, or nothing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/settings_desk.hpp"
#include "temp_folder.hpp"

namespace ktp::app {
namespace {

const std::string kFile = R"(# One station.
version: 1
station: kantor-lama   # its name

limits:
  # how many
  cards-per-order: 4              # bodies
  operator-wait-s: 600

devices:
  printer: {plugin: sim-printer}   # not a setting
)";

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = ledger::Ledger::open(folder_ / "data", true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  void start(const std::string& text) {
    std::ofstream(file_) << text;
    auto config = load_config(file_);
    ASSERT_TRUE(config) << config.error().message;
    config_ = std::move(*config);
    desk_ = std::make_unique<SettingsDesk>(*ledger_, config_);
  }
  Result<std::string> set(const std::map<std::string, std::string>& values) {
    return desk_->commands().write(values, "kepala");
  }
  std::string text() const {
    std::ifstream in(file_);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }
  std::vector<std::string> changes() const { return *ledger_->lines_of_type("settings-changed"); }
  ktp::test::TempFolder folder_;
  std::filesystem::path file_ = folder_ / "station.yaml";
  std::unique_ptr<ledger::Ledger> ledger_;
  Config config_;
  std::unique_ptr<SettingsDesk> desk_;
};

TEST_F(SettingsTest, OnlyWhatWasAskedForChangesAndCommentsStay) {
  start(kFile);
  const auto done =
      set({{"limits.cards-per-order", "2"}, {"station", "Kantor Baru: 2"}, {"limits.quarantine-s", "60"}});
  ASSERT_TRUE(done) << done.error().message;
  std::string expected = kFile;
  expected.replace(expected.find("kantor-lama   "), 14, "\"Kantor Baru: 2\" ");
  expected.replace(expected.find("cards-per-order: 4"), 18, "cards-per-order: 2");
  expected.insert(expected.find("  # how many"), "  quarantine-s: 60\n");
  EXPECT_EQ(text(), expected);
  const auto config = load_config(file_);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->station, "Kantor Baru: 2");
  EXPECT_EQ(config->settings.max_cards_per_order, 2);
  ASSERT_EQ(changes().size(), 1u);
  EXPECT_NE(changes().front().find(R"("setting":"limits.cards-per-order","was":"4","now":"2")"),
            std::string::npos)
      << changes().front();
  const auto shown = nlohmann::json::parse(*done);
  EXPECT_EQ(shown.at("settings").at(1).at("value"), "2");
  EXPECT_EQ(shown.at("settings").at(1).at("running"), "4") << "until the next start";
  EXPECT_FALSE(std::filesystem::exists(file_.string() + ".new"));
}

TEST_F(SettingsTest, ASectionThatIsNotThereIsMade) {
  start("version: 1\n");
  ASSERT_TRUE(set({{"limits.worker-restarts", "7"}}));
  EXPECT_EQ(text(), "version: 1\nlimits:\n  worker-restarts: 7\n");
}

TEST_F(SettingsTest, WhatIsOutOfRangeOrNoSettingChangesNothing) {
  start(kFile);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"limits.cards-per-order", "0"},
                                                        {"limits.cards-per-order", "21"},
                                                        {"limits.cards-per-order", "2; test-mode: true"},
                                                        {"limits.cards-per-order", ""},
                                                        {"limits.cards-per-order", "1e1"},
                                                        {"limits.operator-wait-s", "99999999999999999999"},
                                                        {"station", "a\nstock: from-hopper"},
                                                        {"station", "a\" #"},
                                                        {"station", ""},
                                                        {"test-mode", "true"},
                                                        {"devices", "x"},
                                                        {"limits.nonsense", "1"}}) {
    const auto refused = set({{name, value}, {"limits.operator-wait-s", "5"}});
    ASSERT_FALSE(refused) << name << ' ' << value;
    EXPECT_EQ(refused.error().code, ErrorCode::bad_data);
  }
  EXPECT_FALSE(set({}));
  EXPECT_EQ(text(), kFile);
  EXPECT_TRUE(changes().empty());
}

TEST_F(SettingsTest, AFileWrittenInAnotherWayIsLeftToAPerson) {
  for (const char* other : {"version: 1\nlimits: {cards-per-order: 4}\n", "{version: 1, station: a}\n",
                            "version: 1\nstation: >\n  folded\n  name\n", "version: 1\n\"station\": a\n"}) {
    start(other);
    const auto refused = set({{"limits.cards-per-order", "2"}, {"station", "b"}});
    ASSERT_FALSE(refused) << text();
    EXPECT_EQ(text(), other);
  }
  EXPECT_TRUE(changes().empty());
}

TEST_F(SettingsTest, TheSameValueAgainIsNoChange) {
  start(kFile);
  ASSERT_TRUE(set({{"limits.cards-per-order", "4"}, {"station", "kantor-lama"}}));
  EXPECT_EQ(text(), kFile);
  EXPECT_TRUE(changes().empty());
}

}  // namespace
}  // namespace ktp::app
