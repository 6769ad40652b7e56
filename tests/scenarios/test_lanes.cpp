// SPDX-License-Identifier: Apache-2.0
// Several printers in one run: they share a batch, one's trouble is not the other's, and the books close over
// all.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using nlohmann::json;
using Lane = StationRun::Lane;

/// Which printer was told to print each card.
std::map<std::string, std::string> printer_of_cards(const std::vector<json>& events) {
  std::map<std::string, std::string> printers;
  for (const json& event : events)
    if (event.at("type") == "print-started") printers[event.at("card")] = event.at("device");
  return printers;
}

std::map<std::string, int> bodies_by_printer(StationRun& run) {
  const auto printers = printer_of_cards(run.events());
  std::map<std::string, int> bodies;
  for (const json& card : run.rows("cards"))
    if (card.at("state") != "not-started") ++bodies[printers.at(card.at("card"))];
  return bodies;
}

void all_done(StationRun& run, int orders, std::int64_t blanks) {
  EXPECT_EQ(run.difference(blanks), "");
  const json balance = run.balance();
  EXPECT_EQ(balance.at("good"), orders);
  EXPECT_EQ(balance.at("unknown"), 0);
  EXPECT_EQ(balance.at("discrepancy"), 0);
  for (const json& order : run.rows("orders")) EXPECT_EQ(order.at("state"), "done") << order.dump();
}

TEST(Lanes, TwoPrintersShareABatchAndTheBooksCloseOverBoth) {
  StationRun run({Lane{"seed: 1\nblanks: 40\nprint-ms: 60"}, Lane{"seed: 2\nblanks: 30\nprint-ms: 60"}});
  const auto batch = run.make_batch(24, 501, 2);
  const Ended ended = run.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(run.difference(70), "");
  EXPECT_EQ(run.balance().at("good"), 24);
  EXPECT_EQ(run.balance().at("received"), 70);
  const auto bodies = bodies_by_printer(run);
  ASSERT_EQ(bodies.size(), 2u) << "both printers print";
  for (const auto& [printer, n] : bodies) EXPECT_GE(n, 6) << printer;
  std::map<std::string, int> loaded;
  for (const json& event : run.events())
    if (event.at("type") == "blanks-loaded") loaded[event.at("device")] += event.at("count").get<int>();
  EXPECT_EQ(loaded, (std::map<std::string, int>{{"printer", 40}, {"printer-2", 30}}));
  std::set<std::string> cameras;
  for (const json& event : run.events())
    if (event.at("type") == "captured") cameras.insert(event.at("camera"));
  EXPECT_EQ(cameras, (std::set<std::string>{"camera", "camera-2"}));

  const auto count = [&] {
    std::map<std::string, int> types;
    for (const json& event : run.events()) ++types[event.at("type")];
    return types;
  };
  auto before = count();
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  auto after = count();
  for (const char* type : {"order-accepted", "order-refused", "blank-committed", "blanks-loaded",
                           "print-started", "print-ended", "captured", "judged", "sorted"})
    EXPECT_EQ(before[type], after[type]) << type;
}

TEST(Lanes, BlanksThatVanishFromOneHopperAreNamedWithTheirPrinter) {
  StationRun run({Lane{"seed: 1\nblanks: 20"}, Lane{"seed: 2\nblanks: 20"}});
  const auto batch = run.make_batch(2, 502);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  {
    auto hopper = json::parse(std::ifstream(run.world(1) / "hopper.json"));
    hopper["left"] = hopper["left"].get<int>() - 3;
    std::ofstream(run.world(1) / "hopper.json") << hopper.dump();
  }
  EXPECT_EQ(run.produce(batch).exit_code, 70);
  EXPECT_EQ(run.balance().at("discrepancy"), 3);
  std::vector<std::string> named;
  for (const json& event : run.events())
    if (event.at("type") == "discrepancy") named.push_back(event.at("device"));
  EXPECT_EQ(named, (std::vector<std::string>{"printer-2"}));
}

TEST(Lanes, StockTooSmallForBothHoppersStopsBeforeAnythingIsPrinted) {
  StationRun run({Lane{"seed: 1\nblanks: 20"}, Lane{"seed: 2\nblanks: 20"}}, StationRun::kManyRestarts,
                 "stock: booked\n");
  EXPECT_EQ(run.command({"blanks", "receive", "30"}).exit_code, 0);
  const auto batch = run.make_batch(3, 503);
  const Ended refused = run.produce(batch);
  EXPECT_EQ(refused.exit_code, 65) << refused.err;
  EXPECT_NE(refused.err.find("blanks receive 10"), std::string::npos) << refused.err;
  EXPECT_TRUE(run.world_cards().empty());
  EXPECT_EQ(run.command({"blanks", "receive", "10"}).exit_code, 0);
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  all_done(run, 3, 40);
}

// The operator of the first printer never comes while the run may last.
TEST(Lanes, APrinterThatWaitsForAPersonMakesNobodyWaitAndItsOrdersGoToTheOther) {
  StationRun run({Lane{"seed: 1\nblanks: 40\nfaults: \"cover-open@1\"\noperator-ms: 3600000"},
                  Lane{"seed: 2\nblanks: 40\nprint-ms: 100"}});
  const auto batch = run.make_batch(12, 504);
  const Ended ended = run.produce(batch);
  EXPECT_EQ(ended.exit_code, 0) << "the run waited for the operator\n" << ended.err;
  EXPECT_NE(ended.err.find("printer needs you: cover-open"), std::string::npos) << ended.err;
  all_done(run, 12, 80);
  // The order that the closed cover cost was printed by the other one.
  const auto events = run.events();
  const auto printers = printer_of_cards(events);
  int handed_over = 0;
  for (const json& event : events)
    if (event.at("type") == "reprint-decided" && event.at("reason") == "not started" &&
        printers.at(event.at("replaces")) == "printer" && printers.at(event.at("card")) == "printer-2")
      ++handed_over;
  EXPECT_EQ(handed_over, 1);
}

// A jammed card is unknown until the printer can be asked again; nobody else may print for that person
// meanwhile.
TEST(Lanes, AnUnknownCardIsNeverPrintedByTheOtherPrinter) {
  StationRun run(
      {Lane{"seed: 1\nblanks: 40\nfaults: \"jam@1\"\noperator-ms: 6000"}, Lane{"seed: 2\nblanks: 40"}});
  const auto batch = run.make_batch(8, 505);
  const Ended ended = run.produce(batch);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  all_done(run, 8, 80);
  std::set<std::string> unknown;  // orders
  int settled = 0;
  for (const json& event : run.events()) {
    const std::string order = event.value("order_id", "");
    if (event.at("type") == "print-ended" && event.at("outcome") == "unknown") {
      unknown.insert(order);
      EXPECT_EQ(event.at("reasons"), json::array({"media-jam"})) << "why is kept with the card";
    }
    if (event.at("type") == "settled") {
      unknown.erase(order);
      ++settled;
    }
    if (event.at("type") == "blank-committed") {
      EXPECT_FALSE(unknown.contains(order)) << event.dump();
    }
  }
  EXPECT_EQ(settled, 1);
}

TEST(Lanes, AQuarantinedPrinterKeepsItsUnknownCardAndTheOtherPrintsTheRest) {
  const std::vector<Lane> lanes{Lane{"seed: 1\nblanks: 40\nfaults: \"crash@1-40\""},
                                Lane{"seed: 2\nblanks: 40"}};
  StationRun run(lanes, "operator-wait-s: 30\nworker-restarts: 1");
  const auto batch = run.make_batch(10, 506);
  const Ended ended = run.produce(batch);
  EXPECT_EQ(ended.exit_code, 70) << ended.err;
  EXPECT_NE(ended.err.find("quarantined: lost its worker more than 1 times"), std::string::npos) << ended.err;
  EXPECT_EQ(run.balance().at("unknown"), 1);
  EXPECT_EQ(run.balance().at("good"), 9) << "all but the order of the unknown card";
  // Seen to and started again: the card is settled, the order done, nothing is double.
  run.configure({Lane{"seed: 1\nblanks: 40"}, lanes[1]}, StationRun::kManyRestarts, "stock: from-hopper\n");
  const Ended again = run.produce(batch);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  all_done(run, 10, 80);
}

TEST(Lanes, AQuarantineThatEndsByItselfBringsThePrinterBack) {
  StationRun run("seed: 1\nblanks: 40\nfaults: \"crash@1-3\"");
  run.configure({Lane{"seed: 1\nblanks: 40\nfaults: \"crash@1-3\""}},
                "operator-wait-s: 30\nworker-restarts: 1\nquarantine-s: 1", "stock: from-hopper\n");
  const Ended ended = run.produce(run.make_batch(4, 507));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("it is tried again after 1 s"), std::string::npos) << ended.err;
  all_done(run, 4, 40);
}

void unplugged(const std::string& more, const std::string& evidence, std::uint64_t seed) {
  StationRun run(
      {Lane{"seed: 1\nblanks: 40\nfaults: \"unplug@2:2500\"\n" + more}, Lane{"seed: 2\nblanks: 40"}});
  const Ended ended = run.produce(run.make_batch(12, seed));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("connecting-to-device"), std::string::npos) << ended.err;
  all_done(run, 12, 80);
  std::string card;
  int commitments = 0;
  for (const json& event : run.events()) {
    if (event.at("type") == "print-ended" && event.at("outcome") == "unknown") card = event.at("card");
    if (event.at("type") == "settled") {
      EXPECT_EQ(event.at("card"), card);
      EXPECT_EQ(event.at("outcome"), "printed");
      EXPECT_NE(event.at("evidence").get<std::string>().find(evidence), std::string::npos) << event.dump();
    }
    commitments += event.at("type") == "blank-committed" ? 1 : 0;
  }
  EXPECT_NE(card, "");
  EXPECT_EQ(commitments, 12) << "the card that was cut off is not printed again";
  EXPECT_EQ(run.world_cards().size(), 12u);
}

TEST(Lanes, APrinterThatIsUnpluggedIsWaitedForAndItsJobLogSettlesTheCard) {
  unplugged("", "job log: printed", 508);
}

TEST(Lanes, WithoutAJobLogTheCounterSettlesTheCardOfAReturnedPrinter) {
  unplugged("job-log: false", "card counter: one more was fed", 509);
}

// The simulated printer keeps in its world until when its plug is out.
void plug_in(const std::filesystem::path& world) {
  const std::filesystem::path file = world / ".printer.json", fresh = world / ".printer.json.new";
  json state = json::parse(std::ifstream(file));
  state["unplugged_until_ns"] = 0;
  std::ofstream(fresh) << state.dump() << "\n";
  std::filesystem::rename(fresh, file);
}

TEST(Lanes, APrinterThatIsUnpluggedAtTheStartJoinsWhenItIsPluggedIn) {
  StationRun run(
      {Lane{"seed: 1\nblanks: 40\nprint-ms: 300"}, Lane{"seed: 2\nblanks: 40\nfaults: \"unplug@1:600000\""}});
  const auto batch = run.make_batch(14, 510);
  {
    auto first = run.start(batch);
    while (first->running() && first->err_so_far().find("connecting-to-device") == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    first->signal_group(SIGKILL);
    (void)first->wait(std::chrono::seconds(10));
  }
  auto second = run.start(batch);
  while (second->running() && second->err_so_far().find("printer-2 needs you: ") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  plug_in(run.world(1));
  const Ended ended = second->wait(std::chrono::seconds(600));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.err.find("printer-2 needs you: "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("printer-2 is ready again"), std::string::npos) << ended.err;
  all_done(run, 14, 80);
}

TEST(Lanes, ACardInAPrinterThatIsNoLongerConfiguredWaitsAndIsNotPrintedElsewhere) {
  const std::vector<Lane> lanes{Lane{"seed: 1\nblanks: 40\nprint-ms: 400"},
                                Lane{"seed: 2\nblanks: 40\nprint-ms: 400"}};
  StationRun run(lanes);
  const auto batch = run.make_batch(6, 511);
  {
    auto first = run.start(batch);
    const auto printing = [&] {
      std::error_code none;
      return std::filesystem::exists(run.world(1) / "inside", none) &&
             !std::filesystem::is_empty(run.world(1) / "inside", none);
    };
    while (first->running() && !printing()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    first->signal_group(SIGKILL);
    (void)first->wait(std::chrono::seconds(10));
  }
  run.configure({lanes[0]}, StationRun::kManyRestarts, "stock: from-hopper\n");
  const Ended alone = run.produce(batch);
  EXPECT_NE(alone.err.find("in printer printer-2, which is not in this run"), std::string::npos) << alone.err;
  std::size_t done = 0;
  for (const json& order : run.rows("orders")) done += order.at("state") == "done" ? 1u : 0u;
  EXPECT_EQ(done, 5u);
  run.configure(lanes, StationRun::kManyRestarts, "stock: from-hopper\n");
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  all_done(run, 6, 80);
}

TEST(Lanes, WhatCannotBeRunTogetherIsAConfigurationErrorThatNamesIt) {
  const auto batch_of = [](StationRun& run) { return run.make_batch(1, 512); };
  StationRun same({Lane{"seed: 1\nworld: /tmp/ktp-same"}, Lane{"seed: 2\nworld: /tmp/ktp-same"}});
  const Ended one_world = same.produce(batch_of(same));
  EXPECT_EQ(one_world.exit_code, 78) << one_world.err;
  EXPECT_NE(one_world.err.find("printer and printer-2 have the same world"), std::string::npos)
      << one_world.err;
  StationRun mixed({Lane{"seed: 1"}, Lane{"seed: 2", "seed: 2", "/opt/acme/acme-x.so"}});
  const Ended both = mixed.produce(batch_of(mixed));
  EXPECT_EQ(both.exit_code, 78) << both.err;
  EXPECT_NE(both.err.find("mixes simulated and other printers"), std::string::npos) << both.err;
}

// A vendor's plugin: here a copy of the simulator, which was not shipped under that name.
TEST(SafeMode, StartsWithoutThirdPartyPluginsAndSaysWhichWereLeftOut) {
  StationRun run("seed: 1");
  const auto library = run.folder() / "acme-x.so";
  std::filesystem::copy_file(std::filesystem::path(KTP_BINARY_DIR) / "lib/ktp-station/plugins/sim-printer.so",
                             library);
  run.configure({Lane{"seed: 1\nblanks: 40"},
                 Lane{"seed: 2\nworld: " + (run.folder() / "acme").string(), "seed: 2", library.string()}},
                StationRun::kManyRestarts, "stock: from-hopper\ntest-mode: true\n");
  const auto batch = run.make_batch(2, 513);
  const Ended whole = run.produce(batch);
  EXPECT_EQ(whole.exit_code, 78) << "it was never checked: " << whole.err;
  const Ended safe = run.produce_with(batch, {"--safe-mode"});
  EXPECT_EQ(safe.exit_code, 0) << safe.err;
  EXPECT_NE(safe.err.find("safe mode: printer-2 is left out, with plugin " + library.string()),
            std::string::npos)
      << safe.err;
  EXPECT_EQ(run.balance().at("good"), 2);
  run.configure({Lane{"seed: 2\nworld: " + (run.folder() / "acme").string(), "seed: 2", library.string()}},
                StationRun::kManyRestarts, "stock: from-hopper\ntest-mode: true\n");
  const Ended nothing = run.produce_with(batch, {"--safe-mode"});
  EXPECT_EQ(nothing.exit_code, 78) << nothing.err;
  EXPECT_NE(nothing.err.find("safe mode leaves no printer"), std::string::npos) << nothing.err;
}

TEST(Devices, AreShownInTheWordsOfIppWithSuppliesAndWhatWentWrong) {
  StationRun run({Lane{"seed: 1\nblanks: 3\nribbon: 40\nfaults: \"crash@1\""}, Lane{"seed: 2\nblanks: 30"}});
  ASSERT_EQ(run.produce(run.make_batch(8, 514)).exit_code, 0);
  const auto look = [&] {
    std::map<std::string, json> devices;
    std::istringstream out(run.command({"devices", "--json", "--world", run.world().string()}).out);
    for (std::string line; std::getline(out, line);) {
      const json device = json::parse(line);
      devices[device.at("name")] = device;
    }
    return devices;
  };
  auto devices = look();
  ASSERT_EQ(devices.size(), 4u);
  EXPECT_EQ(devices["printer-2"].at("state"), "idle");
  EXPECT_EQ(devices["printer-2"].at("supplies").at("hopper").at("level"),
            run.hopper_left() -
                json::parse(std::ifstream(run.world(0) / "hopper.json")).at("left").get<std::int64_t>());
  EXPECT_EQ(devices["printer"].at("supplies").at("ribbon").at("max"), 40);
  EXPECT_EQ(devices["printer"].at("restarts"), 1)
      << "remembered by the ledger: " << devices["printer"].dump();
  EXPECT_EQ(devices["printer-2"].at("restarts"), 0);
  EXPECT_EQ(devices["printer-2"].at("violations"), json::object());
  EXPECT_EQ(devices["camera-2"].at("error"), "");
  std::ofstream(run.world() / "hopper.json") << R"({"left": 0})";
  devices = look();
  EXPECT_EQ(devices["printer"].at("state"), "stopped");
  EXPECT_EQ(devices["printer"].at("reasons"), json::array({"media-empty"}));
  EXPECT_EQ(devices["printer"].at("details").at(0).at("severity"), "error");
  const Ended words = run.command({"devices", "--world", run.world().string()});
  EXPECT_NE(words.out.find("error: media-empty (Fill the hopper with blanks.)"), std::string::npos)
      << words.out;
}

int from_environment(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : otherwise;
}

// tests/bench/bench_crashes strikes a thousand times; KTP_CRASHES and KTP_STORM_SEED choose another storm
// here.
TEST(Lanes, WorkersThatCrashAtRandomPointsOfTwoPrintersLoseAndDoubleNothing) {
  const int crashes = from_environment("KTP_CRASHES", 60), orders = std::max(20, crashes / 2);
  std::mt19937 random(static_cast<unsigned>(from_environment("KTP_STORM_SEED", 20200707)));
  // Printing takes its time, so that the batch is not done before the storm is, however quick the machine.
  StationRun run({Lane{"seed: 1\nblanks: 400\nprint-ms: 200"}, Lane{"seed: 2\nblanks: 400\nprint-ms: 200"}},
                 StationRun::kStorm);
  const auto batch = run.make_batch(orders, 515);
  auto process = run.start(batch);
  while (process->running() && !run.worker(process->pid(), 1, "sim-camera"))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // all four are up
  int struck = 0;
  while (struck < crashes && process->running()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 250));
    // A device, not whoever happens to be up: else the last one standing would take every blow.
    const auto worker =
        run.worker(process->pid(), random() % 2, random() % 2 == 0 ? "sim-printer" : "sim-camera");
    if (worker && ::kill(*worker, SIGKILL) == 0) ++struck;
  }
  const Ended ended = process->wait(std::chrono::seconds(300));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_GE(struck, crashes / 2) << "the batch was done before the storm was";
  all_done(run, orders, 800);
  std::printf("%d crashes struck, seed by KTP_STORM_SEED\n", struck);
}

}  // namespace
}  // namespace ktp::test
