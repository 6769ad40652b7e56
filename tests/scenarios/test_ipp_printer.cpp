// SPDX-License-Identifier: Apache-2.0
// `produce` over an IPP printer: the unmodified program, its worker behind its walls, the unmodified libcups,
// TCP on loopback, and a printer made of PAPPL (tests/models/ipp) whose cards sim-camera photographs.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <set>
#include <thread>

#include "models/ipp/peer_process.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using namespace std::chrono_literals;

/// The printer, and the operator who does what the station asks for, line by line.
class IppRoom {
 public:
  IppRoom(std::string camera, std::vector<std::string> options)
      : run({StationRun::Lane{.printer = "uri: ipp://127.0.0.1/", .camera = camera, .plugin = "ipp"}}),
        peer(run.folder() / "peer", run.world(), std::move(options)),
        camera_(std::move(camera)) {
    printer("");
  }
  /// Settings of the driver besides its address.
  void printer(const std::string& more) {
    run.configure(
        {StationRun::Lane{.printer = "uri: " + peer.uri() + "\nhopper: counted\nfault-wait: 300\n" + more,
                          .camera = camera_,
                          .plugin = "ipp"}},
        StationRun::kStorm, "stock: from-hopper\ntest-mode: true\n");
  }

  Ended produce(const std::filesystem::path& batch, std::chrono::seconds most = 900s) {
    Process station(run.produce_command(batch), run.folder());
    if (station_started) killer = std::thread(station_started, station.pid());
    std::size_t read = 0;
    const auto until = std::chrono::steady_clock::now() + most;
    while (station.running() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(20ms);
      const std::string said = station.err_so_far();
      for (std::size_t end = said.find('\n', read); end != std::string::npos; end = said.find('\n', read)) {
        obey(said.substr(read, end - read));
        read = end + 1;
      }
    }
    return station.wait(1s);
  }

  StationRun run;
  model::PapplPeer peer;
  std::function<void(pid_t)> station_started;  ///< runs beside it, on `killer`
  std::thread killer;

 private:
  const std::string camera_;
  void obey(const std::string& line) const {
    constexpr std::string_view kBin = "put it into bin ";
    if (const auto at = line.find(kBin);
        at != std::string::npos && line.find("ATTENTION") != std::string::npos) {
      if (peer.ask("take " + line.substr(at + kBin.size())) != "ok") peer.ask("clear");  // it is stuck inside
    } else if (line.find("needs you") != std::string::npos) {
      peer.ask("clear");
    }
  }
};

/// Ledger and world agree card by card; what the world knows of each card, by its number.
std::map<std::uint64_t, nlohmann::json> cards_by_number(StationRun& run) {
  std::map<std::string, nlohmann::json> by_token;
  for (const auto& card : run.rows("cards")) by_token[card["token"]] = card;
  std::map<std::uint64_t, nlohmann::json> cards;
  for (const auto& [token, body] : run.world_cards()) {
    EXPECT_TRUE(by_token.contains(token)) << "card " << body.n << " is not in the ledger";
    cards[body.n] = by_token[token];
    EXPECT_EQ(cards[body.n]["bin"], body.place) << "card " << body.n;
  }
  return cards;
}

void expect_balanced(IppRoom& room, int orders, int blanks, const Ended& ended) {
  const auto balance = room.run.balance();
  EXPECT_EQ(balance["received"], blanks) << balance;
  EXPECT_EQ(balance["good"], orders) << ended.err;
  EXPECT_EQ(balance["unknown"], 0);
  EXPECT_EQ(balance["discrepancy"], 0);
  EXPECT_EQ(balance["in_machine"], room.run.hopper_left());
  for (const auto& order : room.run.rows("orders")) EXPECT_EQ(order["state"], "done") << order;
  EXPECT_EQ(room.peer.state("doubles"), "0");
  EXPECT_EQ(room.run.command({"ledger", "verify"}).exit_code, 0);
}

TEST(IppPrinter, ABatchWithDamagedCardsAJamAndAnEmptyHopperIsProducedAndBalances) {
  constexpr int kOrders = 10, kBlanks = 30;
  IppRoom room("seed: 1\ndamage: \"scratch@3:30x0.5; stain@8:4\"",
               {"--blanks", std::to_string(kBlanks), "--faults", "missing-panel@2; half-print@7:0.6"});
  const auto batch = room.run.make_batch(kOrders, 2026);
  ASSERT_EQ(room.peer.ask("fault 4 front media-jam"), "ok");
  ASSERT_EQ(room.peer.ask("fault 5 start cover-open"), "ok");
  ASSERT_EQ(room.peer.ask("fault 6 back abort"), "ok");
  ASSERT_EQ(room.peer.ask("fault 9 front marker-supply-empty"), "ok");

  const Ended ended = room.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  expect_balanced(room, kOrders, kBlanks, ended);

  std::set<std::uint64_t> spoiled, rejected;
  const auto cards = cards_by_number(room.run);
  for (const auto& [number, card] : cards) {
    if (card["state"] == "spoiled")
      spoiled.insert(number);
    else if (card["bin"] != "good")
      rejected.insert(number);
  }
  EXPECT_EQ(static_cast<std::int64_t>(cards.size()) + room.run.hopper_left(), kBlanks);
  EXPECT_EQ(spoiled, (std::set<std::uint64_t>{4, 6})) << ended.err;
  EXPECT_EQ(rejected, (std::set<std::uint64_t>{2, 3, 7, 8})) << ended.err;
  for (const char* words :
       {"A card was stuck", "cover-open", "marker-supply-empty", "Close the cover", "put in a new one"})
    EXPECT_NE(ended.err.find(words), std::string::npos) << words << "\n" << ended.err;

  const Ended again = room.produce(batch);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(room.run.world_cards().size(), cards.size()) << "the same file again prints nothing";
}

TEST(IppPrinter, FiftyOrdersWithDamagedDoubledAndUnfinishedCardsAreProducedAndEveryOneIsFound) {
  constexpr int kOrders = 50, kBlanks = 80;
  IppRoom room("seed: 3\ndamage: \"scratch@9:30x0.5; stain@21:4; scratch@40:30x0.5\"",
               {"--blanks", std::to_string(kBlanks), "--faults",
                "missing-panel@4; half-print@12:0.6; ghost@17; missing-panel@33; half-print@46:0.4"});
  const auto batch = room.run.make_batch(kOrders, 2027);
  for (const char* fault : {"fault 6 front media-jam", "fault 14 start media-empty", "fault 19 back abort",
                            "fault 26 back marker-supply-empty", "fault 30 front abort",
                            "fault 37 back media-jam", "fault 43 start door-open"})
    ASSERT_EQ(room.peer.ask(fault), "ok");

  const Ended ended = room.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  expect_balanced(room, kOrders, kBlanks, ended);
  std::set<std::uint64_t> spoiled, rejected;
  for (const auto& [number, card] : cards_by_number(room.run)) {
    if (card["state"] == "spoiled")
      spoiled.insert(number);
    else if (card["bin"] != "good")
      rejected.insert(number);
  }
  EXPECT_EQ(spoiled, (std::set<std::uint64_t>{6, 19, 30, 37})) << ended.err;
  EXPECT_EQ(rejected, (std::set<std::uint64_t>{4, 9, 12, 17, 21, 33, 40, 46})) << ended.err;
  std::printf("[   FOUND  ] %zu of %zu damaged, %zu of 4 spoiled, %d good\n", rejected.size(), std::size_t{8},
              spoiled.size(), kOrders);
}

// What the driver knew of its job dies with its process; its note and the printer's own list are left.
TEST(IppPrinter, AWorkerKilledInEveryPhaseOfACardLosesNoCardAndDoublesNone) {
  constexpr int kOrders = 6, kBlanks = 30;
  IppRoom room("seed: 1", {"--blanks", std::to_string(kBlanks), "--page-ms", "250"});
  const auto notes = room.run.folder() / "notes";
  room.printer("notes: " + notes.string());
  const auto batch = room.run.make_batch(kOrders, 2028);
  std::atomic<bool> over{false};
  std::atomic<int> killed{0};
  room.station_started = [&](pid_t station) {
    // Each time at another moment of the some 700 ms of a card.
    std::mt19937 random(7);
    for (int i = 0; i < 8 && !over; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(700 + random() % 900));
      for (const pid_t worker : workers_of(station)) {
        std::ifstream line("/proc/" + std::to_string(worker) + "/cmdline", std::ios::binary);
        std::string words((std::istreambuf_iterator<char>(line)), {});
        if (words.find("/ipp.so") != std::string::npos && ::kill(worker, SIGKILL) == 0) ++killed;
      }
    }
  };
  Ended ended = room.produce(batch);
  over = true;
  room.killer.join();
  EXPECT_GE(killed, 2);
  // A card of which nobody can tell stays unknown and keeps its order back: that is for a person.
  const auto balance = room.run.balance();
  int unknown = balance["unknown"];
  std::printf("[  KILLED  ] %d workers: %d good, %d unknown, exit %d\n", killed.load(),
              balance["good"].get<int>(), unknown, ended.exit_code);
  EXPECT_EQ(balance["discrepancy"], 0) << ended.err;
  EXPECT_EQ(room.peer.state("doubles"), "0");
  EXPECT_EQ(ended.exit_code, unknown == 0 ? 0 : 70) << ended.err;
  std::map<std::string, int> live;
  for (const auto& card : room.run.rows("cards")) {
    if (card["state"] == "not-started") {
      EXPECT_FALSE(room.run.world_cards().contains(card["token"])) << card << "\n" << ended.err;
    } else if (card["verdict"] == "good") {
      EXPECT_EQ(++live[card["order_id"]], 1) << "two good cards for one person";
    }
  }
  EXPECT_EQ(static_cast<int>(balance["good"]) + unknown, kOrders) << ended.err;
}

}  // namespace
}  // namespace ktp::test
