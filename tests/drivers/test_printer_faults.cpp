// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <thread>

#include "drivers/plugin_host.hpp"
#include "drivers/specimen.hpp"
#include "drivers/world_check.hpp"
#include "sim-world/png_file.hpp"

namespace {

using namespace drivers_test;
using sim::Picture;
using sim::Side;

SettingsMap settings(const TempFolder& temp, const std::string& faults, SettingsMap more = {}) {
  more.insert({{"world", (temp / "w").string()},
               {"dpi", "100"},
               {"blanks", "20"},
               {"faults", faults},
               {"portrait", "62,14,21,27"},  // where the specimen of these tests has them
               {"nik-line", "24,9.5,40,4"},
               {"operator-ms", "120"}});
  return more;
}

Picture face(const TempFolder& temp, int number, const char* side = "front") {
  const std::string data = read_text(temp / ("w/inside/" + std::to_string(number) + "-" + side + ".png"));
  return sim::decode_png({reinterpret_cast<const std::uint8_t*>(data.data()), data.size()});
}

/// Reason keywords that status posts as set.
std::vector<std::string> reasons(Device& printer) {
  TestHost::instance().take_events();
  printer.status();
  std::vector<std::string> set;
  for (const auto& event : TestHost::instance().take_events())
    if (event.kind == STN_EV_REASON && event.b == 1) {
      set.push_back(event.text);
      EXPECT_GT(event.detail.size(), 10u) << "no word of what to do";
    }
  return set;
}

bool wait_until(const std::function<bool()>& ready) {
  for (int i = 0; i < 300; ++i) {
    if (ready()) return true;
    usleep(10'000);
  }
  return false;
}

struct Stop {
  const char* fault;
  stn_code code;
  const char* keyword;
};
class SimPrinterStops : public testing::TestWithParam<Stop> {};

TEST_P(SimPrinterStops, FeedsNothingSaysWhyAndGoesOnWhenTheOperatorHasHelped) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp, std::string(GetParam().fault) + "@2"));
  EXPECT_EQ(printer.print("a", specimen(1, Side::front)).code, STN_OK);
  const stn_result result = printer.print("b", specimen(2, Side::front));
  EXPECT_EQ(result.code, GetParam().code);
  EXPECT_EQ(result.outcome, STN_CARD_NOT_STARTED);
  EXPECT_EQ(result.action, STN_ACT_OPERATOR);
  EXPECT_EQ(result.counter_after, 1u);
  EXPECT_EQ(reasons(printer), std::vector<std::string>{GetParam().keyword});
  EXPECT_EQ(printer.print("b", specimen(2, Side::front)).code, GetParam().code) << "nobody has helped yet";
  ASSERT_TRUE(wait_until([&] { return reasons(printer).empty(); }));
  EXPECT_EQ(printer.print("b", specimen(2, Side::front)).outcome, STN_CARD_PRINTED);
  EXPECT_EQ(printer.counter(), 2u);
}
INSTANTIATE_TEST_SUITE_P(All, SimPrinterStops,
                         testing::Values(Stop{"ribbon-out", STN_E_SUPPLY, "marker-supply-empty"},
                                         Stop{"cover-open", STN_E_COVER, "cover-open"}),
                         [](const auto& chosen) {
                           return chosen.param.fault[0] == 'r' ? "RibbonOut" : "CoverOpen";
                         });

TEST(SimPrinterFaults, AJammedCardIsUnknownUntilTheOperatorHasTakenItOut) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp, "jam@1"));
  const stn_result result = printer.print("a", specimen(1, Side::front));
  EXPECT_EQ(result.code, STN_E_JAM);
  EXPECT_EQ(result.outcome, STN_CARD_UNKNOWN);
  EXPECT_EQ(result.action, STN_ACT_OPERATOR);
  EXPECT_EQ(result.counter_after, 1u);
  EXPECT_EQ(reasons(printer), std::vector<std::string>{"media-jam"});
  stn_card card;
  EXPECT_EQ(printer.lookup("a", card).code, STN_OK);
  EXPECT_EQ(card.outcome, STN_CARD_UNKNOWN);
  EXPECT_EQ(printer.route("a", "damaged").code, STN_E_JAM);
  ASSERT_TRUE(wait_until([&] { return reasons(printer).empty(); }));
  printer.lookup("a", card);
  EXPECT_EQ(card.outcome, STN_CARD_SPOILED);
  EXPECT_EQ(card.card_at, STN_AT_INSIDE);
  EXPECT_EQ(printer.route("a", "damaged").code, STN_OK);
}

TEST(SimPrinterFaults, AnEmptyHopperStopsUntilSomebodyFillsIt) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp, "", {{"blanks", "1"}}));
  EXPECT_EQ(printer.print("a", specimen(1, Side::front)).code, STN_OK);
  const stn_result result = printer.print("b", specimen(1, Side::front));
  EXPECT_EQ(result.code, STN_E_MEDIA);
  EXPECT_EQ(result.outcome, STN_CARD_NOT_STARTED);
  EXPECT_EQ(reasons(printer), std::vector<std::string>{"media-empty"});
  write_text(temp / "w/hopper.json", R"({"left": 100})");
  EXPECT_TRUE(reasons(printer).empty());
  EXPECT_EQ(printer.print("b", specimen(1, Side::front)).counter_after, 2u);
}

TEST(SimPrinterFaults, TheRibbonRunsDownAndIsReplaced) {
  TempFolder temp;
  const auto level = [](Device& printer) {
    TestHost::instance().take_events();
    printer.status();
    for (const auto& event : TestHost::instance().take_events())
      if (event.kind == STN_EV_SUPPLY && event.text == "ribbon") return event.a;
    return std::int64_t{-9};
  };
  {
    Device printer("sim-printer", settings(temp, "", {{"ribbon", "3"}}));
    EXPECT_EQ(level(printer), 3);
    printer.print("a", specimen(1, Side::front));
    EXPECT_EQ(level(printer), 2);
  }
  Device printer("sim-printer", settings(temp, "", {{"ribbon", "3"}}));
  EXPECT_EQ(level(printer), 2) << "a restart is no new ribbon";
  printer.print("b", specimen(1, Side::front));
  printer.print("c", specimen(1, Side::front));
  EXPECT_EQ(printer.print("d", specimen(1, Side::front)).code, STN_E_SUPPLY);
  ASSERT_TRUE(wait_until([&] { return reasons(printer).empty(); }));
  EXPECT_EQ(level(printer), 3);
  EXPECT_EQ(printer.print("d", specimen(1, Side::front)).code, STN_OK);
}

TEST(SimPrinterFaults, ASpoiledCardIsSaidToBeSpoiled) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp, "spoiled@1"));
  const stn_result result = printer.print("a", specimen(1, Side::front));
  EXPECT_EQ(result.code, STN_E_HARDWARE);
  EXPECT_EQ(result.outcome, STN_CARD_SPOILED);
  EXPECT_EQ(result.card_at, STN_AT_INSIDE);
  EXPECT_NE(read_text(temp / "w/inside/1.json").find("\"spoiled\""), std::string::npos);
  EXPECT_EQ(printer.route("a", "damaged").code, STN_OK);
}

TEST(SimPrinterFaults, WhatTheDeviceDoesNotNoticeIsReportedAsPrinted) {
  TempFolder temp;
  Device printer("sim-printer",
                 settings(temp, "half-print@1:0.5; ghost@2; scratch@3/back; swap-digit@4; blank@5"));
  for (int n = 1; n <= 5; ++n) {
    const Picture front = specimen(static_cast<std::uint64_t>(n), Side::front),
                  back = specimen(1, Side::back);
    EXPECT_EQ(printer.print("job" + std::to_string(n), front, &back).outcome, STN_CARD_PRINTED);
    EXPECT_EQ(face(temp, n).rgb == front.rgb, n == 3) << n;
    EXPECT_EQ(face(temp, n, "back").rgb == back.rgb, n != 3) << n;
  }
  EXPECT_EQ(face(temp, 1).at(200, 100)[0], 255);
  EXPECT_NE(face(temp, 1).at(100, 100)[0], 255);
}

TEST(SimPrinterFaults, ASwappedPortraitIsThatOfTheCardBefore) {
  TempFolder temp;
  const double rest[4] = {0, 0, 61, 53.98};
  const Picture first = specimen(1, Side::front), third = specimen(3, Side::front);
  {
    Device printer("sim-printer", settings(temp, "spoiled@2; swap-portrait@3"));
    printer.print("a", first);
    printer.print("b", specimen(2, Side::front));  // spoiled: nobody's portrait
  }
  Device printer("sim-printer", settings(temp, "spoiled@2; swap-portrait@3"));  // also over a restart
  printer.print("c", third);
  EXPECT_EQ(difference(face(temp, 3), first, kPortrait), 0);
  EXPECT_GT(difference(face(temp, 3), third, kPortrait), 5);
  EXPECT_EQ(difference(face(temp, 3), third, rest), 0);
}

TEST(SimPrinterFaults, TheSameSeedGivesTheSameDefect) {
  std::vector<Picture> faces;
  for (const char* seed : {"5", "5", "6"}) {
    TempFolder temp;
    Device printer("sim-printer", settings(temp, "scratch@1; dead-element@1", {{"seed", seed}}));
    printer.print("a", specimen(1, Side::front));
    faces.push_back(face(temp, 1));
  }
  EXPECT_EQ(faces[0].rgb, faces[1].rgb);
  EXPECT_NE(faces[0].rgb, faces[2].rgb);
}

/// Prints one job in a child of this process; answers how the child ended.
int print_in_child(const TempFolder& temp, const std::string& faults, const std::string& token,
                   int kill_after_ms) {
  const pid_t child = fork();
  if (child == 0) {
    Device printer("sim-printer", settings(temp, faults));
    std::thread([] {  // a hang ignores a cancel
      usleep(200'000);
      TestHost::instance().cancel = true;
    })
        .detach();
    _exit(printer.print(token, specimen(1, Side::front)).code == STN_OK ? 0 : 1);
  }
  if (kill_after_ms > 0) {
    usleep(static_cast<useconds_t>(kill_after_ms) * 1000);
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(SimPrinterFaults, ACrashLeavesASpoiledCardAndDoesNotComeAgain) {
  TempFolder temp;
  const int status = print_in_child(temp, "crash@1", "a", 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
  Device printer("sim-printer", settings(temp, "crash@1"));
  EXPECT_EQ(printer.counter(), 1u);
  stn_card card;
  EXPECT_EQ(printer.lookup("a", card).code, STN_OK);
  EXPECT_EQ(card.outcome, STN_CARD_SPOILED);
  EXPECT_EQ(card.card_at, STN_AT_INSIDE);
  EXPECT_EQ(printer.print("a", specimen(1, Side::front)).code, STN_E_BAD_INPUT);
  EXPECT_EQ(printer.print("b", specimen(1, Side::front)).outcome, STN_CARD_PRINTED);
  WorldCheck check(temp / "w", 20);
  EXPECT_EQ(check().size(), 2u);
}

TEST(SimPrinterFaults, AHangIgnoresEverythingAndTheNextProcessWaitsForTheWorld) {
  TempFolder temp;
  const int status = print_in_child(temp, "hang@1", "a", 600);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it came back by itself";
  Device printer("sim-printer", settings(temp, "hang@1"));
  EXPECT_EQ(printer.counter(), 1u) << "the hang comes after the feed";
  stn_card card;
  printer.lookup("a", card);
  EXPECT_EQ(card.outcome, STN_CARD_SPOILED);
}

TEST(SimPrinterFaults, AWrongScriptIsRefusedAtOpen) {
  TempFolder temp;
  for (const char* script : {"explode@1", "jam@", "half-print@1:7"}) {
    try {
      Device printer("sim-printer", settings(temp, script));
      FAIL() << script;
    } catch (const OpenFailed& failed) {
      EXPECT_EQ(failed.result.code, STN_E_BAD_INPUT);
      EXPECT_NE(std::string(failed.result.message).find(script), std::string::npos) << failed.result.message;
    }
  }
}

TEST(SimPrinterFaults, AScriptMayComeFromAFile) {
  TempFolder temp;
  write_text(temp / "faults.txt", "# the first one is lost\nspoiled@1\n");
  Device printer("sim-printer", settings(temp, "", {{"faults-file", (temp / "faults.txt").string()}}));
  EXPECT_EQ(printer.print("a", specimen(1, Side::front)).outcome, STN_CARD_SPOILED);
}

}  // namespace
