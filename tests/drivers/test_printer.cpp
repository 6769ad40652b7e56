// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "drivers/plugin_host.hpp"
#include "drivers/specimen.hpp"
#include "drivers/world_check.hpp"
#include "sim-world/png_file.hpp"

namespace {

using namespace drivers_test;
using sim::Picture;
using sim::Side;

const Picture kFront = specimen(1, Side::front);
const Picture kBack = specimen(1, Side::back);

Picture read_png(const fs::path& file) {
  const std::string data = read_text(file);
  return sim::decode_png({reinterpret_cast<const std::uint8_t*>(data.data()), data.size()});
}

SettingsMap settings(const TempFolder& temp, SettingsMap more = {}) {
  more.insert({{"world", (temp / "w").string()}, {"dpi", "100"}, {"blanks", "20"}});
  return more;
}

TEST(SimPrinter, PrintsACardAndProvesIt) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  TestHost::instance().take_events();
  const stn_result result = printer.print("job1", kFront, &kBack);
  EXPECT_EQ(result.code, STN_OK);
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
  EXPECT_EQ(result.card_at, STN_AT_INSIDE);
  EXPECT_EQ(result.counter_before, 0u);
  EXPECT_EQ(result.counter_after, 1u);
  EXPECT_EQ(printer.counter(), 1u);
  EXPECT_EQ(read_png(temp / "w/inside/1-front.png").rgb, kFront.rgb);
  EXPECT_EQ(read_png(temp / "w/inside/1-back.png").rgb, kBack.rgb);

  std::vector<std::int64_t> steps;
  std::string uid;
  for (const auto& event : TestHost::instance().take_events()) {
    if (event.kind == STN_EV_PROGRESS) steps.push_back(event.a);
    if (event.kind == STN_EV_CHIP_UID) uid = event.text;
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));
  stn_card card;
  EXPECT_EQ(printer.lookup("job1", card).code, STN_OK);
  EXPECT_EQ(card.outcome, STN_CARD_PRINTED);
  EXPECT_EQ(card.number, 1u);
  EXPECT_EQ(uid.size(), 14u);
  EXPECT_EQ(card.uid, uid);
  EXPECT_NE(read_text(temp / "w/inside/1.json").find(uid), std::string::npos);
}

TEST(SimPrinter, WithoutABackTheBackStaysWhite) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  EXPECT_EQ(printer.print("job1", kFront).outcome, STN_CARD_PRINTED);
  const Picture back = read_png(temp / "w/inside/1-back.png");
  EXPECT_TRUE(std::all_of(back.rgb.begin(), back.rgb.end(), [](std::uint8_t v) { return v == 255; }));
}

TEST(SimPrinter, RefusesToPrintAJobTwice) {
  TempFolder temp;
  {
    Device printer("sim-printer", settings(temp));
    EXPECT_EQ(printer.print("job1", kFront).code, STN_OK);
  }
  Device printer("sim-printer", settings(temp));
  const stn_result again = printer.print("job1", kFront);
  EXPECT_EQ(again.code, STN_E_BAD_INPUT);
  EXPECT_EQ(again.outcome, STN_CARD_NOT_STARTED);
  EXPECT_EQ(printer.counter(), 1u);
}

TEST(SimPrinter, RefusesPicturesThatAreNotTheWholeCardWithoutFeeding) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  EXPECT_EQ(printer.print("a", Picture(300, 213, 255)).code, STN_E_BAD_INPUT);
  EXPECT_EQ(printer.print("a", kFront, nullptr, 300).code, STN_E_BAD_INPUT);
  EXPECT_EQ(printer.print("not a token", kFront).code, STN_E_BAD_INPUT);
  EXPECT_EQ(printer.print("", kFront).code, STN_E_BAD_INPUT);
  EXPECT_EQ(printer.counter(), 0u);
  EXPECT_EQ(printer.print("a", kFront).code, STN_OK);
}

TEST(SimPrinter, MovesACardToTheCameraAndIntoABin) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  printer.print("a", kFront);
  EXPECT_EQ(printer.to_camera("a").card_at, STN_AT_CAMERA);
  EXPECT_TRUE(fs::exists(temp / "w/at-camera/1.json"));
  EXPECT_EQ(printer.to_camera("a").code, STN_OK) << "already there";
  EXPECT_EQ(printer.status().card_at, STN_AT_CAMERA);
  EXPECT_EQ(printer.route("a", "good").card_at, STN_AT_OUTPUT);
  EXPECT_EQ(printer.route("a", "good").code, STN_OK) << "already there";
  EXPECT_TRUE(fs::exists(temp / "w/bins/good/1-front.png"));
  EXPECT_EQ(printer.route("a", "damaged").code, STN_E_BAD_INPUT) << "it has left the machine";
  EXPECT_EQ(printer.to_camera("a").code, STN_E_BAD_INPUT);
  stn_card card;
  printer.lookup("a", card);
  EXPECT_EQ(card.card_at, STN_AT_OUTPUT);
  EXPECT_STREQ(card.bin, "good");
}

TEST(SimPrinter, NeverLaysACardOnAnother) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  printer.print("a", kFront);
  printer.print("b", kFront);
  EXPECT_EQ(printer.to_camera("a").code, STN_OK);
  const stn_result refused = printer.to_camera("b");
  EXPECT_EQ(refused.code, STN_E_BUSY);
  EXPECT_EQ(refused.card_at, STN_AT_INSIDE);
  EXPECT_NE(std::string(refused.message).find("card 1"), std::string::npos);
  EXPECT_EQ(printer.route("b", "review").code, STN_OK) << "straight from inside";
  EXPECT_EQ(printer.route("a", "mismatch").code, STN_OK);
}

TEST(SimPrinter, KnowsNothingOfJobsItNeverFed) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  stn_card card;
  EXPECT_EQ(printer.lookup("never", card).code, STN_E_NOT_FOUND);
  EXPECT_EQ(printer.to_camera("never").code, STN_E_NOT_FOUND);
  EXPECT_EQ(printer.route("never", "good").code, STN_E_NOT_FOUND);
  printer.print("a", kFront);
  EXPECT_EQ(printer.route("a", "attic").code, STN_E_BAD_INPUT);
}

TEST(SimPrinter, CancelledBeforeTheFeedTouchesNoBlank) {
  TempFolder temp;
  Device printer("sim-printer", settings(temp));
  TestHost::instance().cancel = true;
  const stn_result result = printer.print("a", kFront);
  TestHost::instance().cancel = false;
  EXPECT_EQ(result.code, STN_E_CANCELLED);
  EXPECT_EQ(result.outcome, STN_CARD_NOT_STARTED);
  EXPECT_EQ(printer.counter(), 0u);
  EXPECT_EQ(printer.print("a", kFront).code, STN_OK);
}

TEST(SimPrinter, TheJobLogCanBeSwitchedOff) {
  TempFolder temp;
  {
    Device printer("sim-printer", settings(temp));
    EXPECT_NE(printer.printer().caps & STN_CAP_JOB_LOG, 0u);
    EXPECT_NE(printer.printer().lookup, nullptr);
    EXPECT_EQ(printer.printer().native_dpi, 100u);
  }
  Device printer("sim-printer", settings(temp, {{"job-log", "false"}}));
  EXPECT_EQ(printer.printer().caps & STN_CAP_JOB_LOG, 0u);
  EXPECT_EQ(printer.printer().lookup, nullptr);
}

TEST(SimPrinter, AnotherHolderOfTheWorldIsNamed) {
  TempFolder temp;
  Device first("sim-printer", settings(temp));
  try {
    Device second("sim-printer", settings(temp, {{"lock-wait", "0"}}));
    FAIL() << "two printers in one world";
  } catch (const OpenFailed& failed) {
    EXPECT_EQ(failed.result.code, STN_E_BUSY);
    const std::string message = failed.result.message;
    EXPECT_NE(message.find("process " + std::to_string(getpid()) + " (test_sim-printer)"), std::string::npos)
        << message;
  }
}

TEST(SimPrinter, WaitingForTheWorldEndsWhenCancelled) {
  TempFolder temp;
  Device first("sim-printer", settings(temp));
  TestHost::instance().cancel = true;
  const std::uint64_t start = now_ns();
  EXPECT_THROW(Device("sim-printer", settings(temp, {{"lock-wait", "15"}})), OpenFailed);
  TestHost::instance().cancel = false;
  EXPECT_LT(now_ns() - start, 2'000'000'000u);
}

TEST(SimPrinter, EverySettingIsDeclaredWithWords) {
  const auto* config =
      static_cast<const stn_config_v1*>(load_driver("sim-printer").get_extension(STN_EXT_CONFIG));
  for (std::uint32_t i = 0; i < config->n_options; ++i) {
    const stn_option& option = config->options[i];
    EXPECT_GT(std::string(option.doc).size(), 15u) << option.key;
    if (option.type == STN_OPT_INTEGER) {
      EXPECT_LT(option.min, option.max) << option.key;
      EXPECT_GE(std::stod(option.default_value), option.min) << option.key;
    }
  }
}

}  // namespace
