// SPDX-License-Identifier: Apache-2.0
// `produce` with a chip reader: the unmodified program, the real pcscd, a virtual reader in whose field lies
// whatever card lies at the camera.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "models/chip/desk.hpp"
#include "models/chip/service.hpp"
#include "models/own_machine.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using namespace std::chrono_literals;
using model::ChipDesk;
using model::SmartCardService;

class ChipReader : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string& why = model::own_machine(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
    if (const std::string why = service.start(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
  }
  static StationRun::Lane lane(bool printer_reads_too = false) {
    return {.printer = std::string("seed: 1\nblanks: 60\nchip: ") + (printer_reads_too ? "true" : "false"),
            .reader = "reader: " + std::string(SmartCardService::kReader) + "\nwait-ms: 1500"};
  }
  /// Cards of the ledger by their number in the world.
  static std::map<std::uint64_t, nlohmann::json> cards(StationRun& run) {
    std::map<std::uint64_t, nlohmann::json> by_number;
    const auto world = run.world_cards();
    for (const auto& card : run.rows("cards"))
      if (const auto body = world.find(card["token"]); body != world.end()) by_number[body->second.n] = card;
    return by_number;
  }
  TempFolder folder;
  SmartCardService service{folder.path()};
};

TEST_F(ChipReader, EveryCardIsKnownByItsChipAndEveryDoubtfulChipGoesToReviewByName) {
  StationRun run({lane()});
  const auto batch = run.make_batch(10, 31);
  const ChipDesk::Plan plan{{3, std::nullopt},
                            {4, model::Chip{.answer = {0x6A, 0x81}}},
                            {6, model::Chip{.uid = {0x08, 0x11, 0x22, 0x33}}},
                            {7, model::Chip{.uid = {0x50, 0x11, 0x22, 0x33}, .new_uid_each_time = true}},
                            {9, model::Chip{.copy_of = 1}},
                            {10, model::Chip{.uid = {0, 0, 0, 0}}}};
  const ChipDesk desk(run.world(), plan, SmartCardService::kPort);
  const Ended ended = run.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;

  const std::map<std::uint64_t, std::string> expected{
      {3, "no chip answers"},          {4, "6A81"},           {6, "random"}, {7, "random"},
      {9, "chip UID already on card"}, {10, "cannot be read"}};
  std::map<std::string, std::string> why;
  for (const auto& event : run.events())
    if (event["type"] == "judged") why[event["card"]] = event.value("why", "");
  std::map<std::string, std::uint64_t> seen;
  const auto world = run.world_cards();
  for (const auto& [number, card] : cards(run)) {
    const std::string uid = card["uid"];
    if (const auto doubt = expected.find(number); doubt != expected.end()) {
      EXPECT_EQ(card["verdict"], "review") << card;
      EXPECT_EQ(card["bin"], "review") << card;
      EXPECT_NE(why[card["card"]].find(doubt->second), std::string::npos)
          << number << ": " << why[card["card"]];
      if (number != 9) {
        EXPECT_EQ(uid, "") << "what names nothing is not a key";
      }
      continue;
    }
    EXPECT_EQ(card["verdict"], "good") << card << why[card["card"]];
    EXPECT_EQ(uid, world.at(card["token"]).uid);
    EXPECT_TRUE(seen.emplace(uid, number).second);
  }
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_EQ(run.balance()["review"], 6);
  EXPECT_EQ(run.balance()["discrepancy"], 0);
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
}

TEST_F(ChipReader, AnotherChipThanThePrinterReadIsDoubt) {
  StationRun run({lane(true)});
  const auto batch = run.make_batch(3, 32);
  const ChipDesk desk(run.world(), {{2, model::Chip{.uid = {4, 9, 9, 9, 9, 9, 9}}}}, SmartCardService::kPort);
  const Ended ended = run.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto all = cards(run);
  EXPECT_EQ(all.at(1)["verdict"], "good");
  EXPECT_EQ(all.at(2)["verdict"], "review");
  EXPECT_EQ(all.at(3)["verdict"], "good");
  EXPECT_NE(ended.err.find("not the one that this card was seen with"), std::string::npos) << ended.err;
}

TEST_F(ChipReader, AServiceThatEndsInARunIsWaitedForAndNoCardPassesUnread) {
  StationRun run({lane()});
  const auto batch = run.make_batch(6, 33);
  const ChipDesk desk(run.world(), {}, SmartCardService::kPort);
  const auto station = run.start(batch);
  const auto printed = [&] { return run.bodies_now(); };
  for (int i = 0; i < 3'000 && printed() < 2 && station->running(); ++i) std::this_thread::sleep_for(10ms);
  service.kill();
  std::this_thread::sleep_for(2s);
  EXPECT_TRUE(station->running());
  ASSERT_EQ(service.start(), "");
  const Ended ended = station->wait(120s);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("chip reader reader"), std::string::npos) << ended.err;
  for (const auto& [number, card] : cards(run)) {
    EXPECT_EQ(card["verdict"], "good") << card;
    EXPECT_NE(card["uid"], "") << card;
  }
  EXPECT_EQ(run.balance()["good"], 6);
}

TEST_F(ChipReader, AReaderThatStaysAwayEndsTheRunWithItsCardAtTheCameraAndTheNextStartReadsIt) {
  StationRun run({lane()}, "operator-wait-s: 2\nworker-restarts: 1000");
  const auto batch = run.make_batch(3, 34);
  const ChipDesk desk(run.world(), {}, SmartCardService::kPort);
  {
    const auto station = run.start(batch);
    for (int i = 0; i < 3'000 && run.bodies_now() == 0 && station->running(); ++i)
      std::this_thread::sleep_for(10ms);
    service.kill();
    const Ended ended = station->wait(60s);
    EXPECT_EQ(ended.exit_code, 70) << ended.err;
    EXPECT_NE(ended.err.find("waits at the camera"), std::string::npos) << ended.err;
  }
  ASSERT_EQ(service.start(), "");
  const Ended ended = run.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(run.balance()["good"], 3);
  EXPECT_EQ(run.difference(60), "");
}

TEST_F(ChipReader, IsShownByDevicesAndCheckedByConfigCheck) {
  StationRun run({lane()});
  const auto shown = run.command({"devices", "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("\"reader\""), std::string::npos) << shown.out;
  EXPECT_EQ(run.command({"config", "check"}).exit_code, 0);
  StationRun wrong({StationRun::Lane{.printer = "seed: 1", .reader = "reader: x\nbaud: 9600"}});
  const auto refused = wrong.command({"config", "check"});
  EXPECT_EQ(refused.exit_code, 78);
  EXPECT_NE(refused.err.find("baud"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace ktp::test
