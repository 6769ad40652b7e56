// SPDX-License-Identifier: Apache-2.0
// `produce` over the drivers of real devices, all at once, on models of their hardware: a card printer on USB
// (Evolis or Magicard, byte level), two GigE Vision cameras over UDP that see what the printer's bytes print,
// and the real pcscd with a reader in whose field lies the card that they see. The program is unmodified.
#include <gtest/gtest.h>

#include <ostream>
#include <set>

#include "models/chip/desk.hpp"
#include "models/chip/service.hpp"
#include "models/gige/peer_process.hpp"
#include "models/own_machine.hpp"
#include "scenarios/usb_printer.hpp"

namespace ktp::test {
namespace {

using Numbers = std::set<std::uint64_t>;
using model::SmartCardService;

/// A printer on USB, and what becomes of the two cards in which it stops.
struct Station {
  std::string plugin, settings;
  std::vector<std::string> model;  ///< the words that start it
  std::string mend;                ///< what its operator does
  std::vector<std::string> faults;
  Numbers spoiled, more_rejected;
  bool asks_a_person = false;  ///< one card is known to a person alone
};

void PrintTo(const Station& station, std::ostream* out) {
  *out << station.plugin;
}

class RealDevices : public testing::TestWithParam<Station> {};

TEST_P(RealDevices, FiftyOrdersOverUsbPrinterGigeCamerasAndChipReaderAreProducedAndEveryWrongCardIsFound) {
  const Station& station = GetParam();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  if (const std::string& why = model::own_machine(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
  const TempFolder of_service;
  SmartCardService service(of_service.path());
  if (const std::string why = service.start(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;

  constexpr int kOrders = 50, kBlanks = 90;
  StationRun run(
      {StationRun::Lane{.printer = station.settings,
                        .camera = "front: 127.0.0.1\nback: 127.0.0.2\nframe-ms: 5000\ntries: 5",
                        .plugin = station.plugin,
                        .camera_plugin = "genicam",
                        .reader = "reader: " + std::string(SmartCardService::kReader) + "\nwait-ms: 1500"}},
      StationRun::kManyRestarts, "test-mode: true\n");
  const auto batch = run.make_batch(kOrders, 2031);
  // By the number of the card in the world.
  const Numbers printed_wrong{5, 9, 14, 18, 23, 31, 44}, hurt{11, 27, 39}, doubtful{16, 25, 29, 34, 41};
  const Numbers& spoiled = station.spoiled;
  UsbPrinter printer(run,
                     "half-print@5:0.5; missing-panel@9; ghost@14; swap-portrait@18; swap-digit@23; "
                     "missing-panel@31; half-print@44:0.6",
                     kBlanks, station.model, station.mend);
  for (const std::string& fault : station.faults) ASSERT_EQ(printer.ask(fault), "ok");
  model::GigeCameras cameras(
      run.folder() / "cameras", run.world(), true,
      {"--lost", "0.0001", "--setting", "damage=scratch@11:30x0.5; stain@27:4; scratch@39:30x0.5"});
  cameras.lose_packets(true);  // every fourth picture or so is incomplete
  const model::ChipDesk desk(run.world(),
                             {{16, std::nullopt},
                              {25, model::Chip{.answer = {0x6A, 0x81}}},
                              {29, model::Chip{.uid = {0x08, 0x11, 0x22, 0x33}}},
                              {34, model::Chip{.uid = {0x50, 0x11, 0x22, 0x33}, .new_uid_each_time = true}},
                              {41, model::Chip{.copy_of = 2}}},
                             SmartCardService::kPort);
  ASSERT_EQ(run.command({"blanks", "receive", std::to_string(kBlanks)}).exit_code, 0);
  ASSERT_EQ(run.command({"blanks", "load", std::to_string(kBlanks)}).exit_code, 0);

  Ended ended = printer.produce(run, batch, std::chrono::seconds(900));
  if (station.asks_a_person) {
    ASSERT_EQ(ended.exit_code, 70) << ended.err;
    std::vector<std::string> unknown;
    for (const auto& card : run.rows("cards"))
      if (card["state"] == "unknown") unknown.push_back(card["card"]);
    ASSERT_EQ(unknown.size(), 1u) << ended.err;
    const Ended settled =
        run.command({"settle", unknown[0], "--found", "inside the printer", "--by", "petugas"});
    ASSERT_EQ(settled.exit_code, 0) << settled.err;
    ended = printer.produce(run, batch, std::chrono::seconds(300));
  }
  ASSERT_EQ(ended.exit_code, 0) << ended.err;

  const auto balance = run.balance();
  EXPECT_EQ(balance["received"], kBlanks);
  EXPECT_EQ(balance["unknown"], 0);
  EXPECT_EQ(balance["discrepancy"], 0);
  EXPECT_EQ(balance["in_machine"], run.hopper_left());

  std::map<std::string, std::uint64_t> numbers;
  for (const auto& event : run.events())
    if ((event["type"] == "print-ended" || event["type"] == "settled") && event.contains("number"))
      numbers[event["card"]] = event["number"];
  std::map<std::uint64_t, StationRun::WorldCard> bodies;
  for (const auto& [token, body] : run.world_cards()) bodies[body.n] = body;
  Numbers seen_rejected, seen_doubtful, seen_spoiled;
  std::size_t good = 0, cards = 0;
  for (const auto& card : run.rows("cards")) {
    if (card["state"] == "not-started") continue;                    // no blank was fed for it
    if (station.asks_a_person && !numbers.contains(card["card"])) {  // the one that a person found
      EXPECT_EQ(card["state"], "spoiled") << card;
      EXPECT_EQ(card["bin"], "damaged") << card;
      seen_spoiled.insert(*spoiled.begin());
      EXPECT_EQ(bodies[*spoiled.begin()].place, "damaged");
      ++cards;
      continue;
    }
    ASSERT_TRUE(numbers.contains(card["card"])) << card;
    const std::uint64_t n = numbers[card["card"]];
    ASSERT_TRUE(bodies.contains(n)) << "card " << n << " is not in the world";
    EXPECT_EQ(card["bin"], bodies[n].place) << card;
    ++cards;
    if (card["state"] == "spoiled") {
      seen_spoiled.insert(n);
      continue;
    }
    const std::string verdict = card["verdict"], uid = card["uid"];
    if (verdict == "good") {
      ++good;
      EXPECT_EQ(uid, bodies[n].uid) << "a good card is known by its chip: " << card;
    } else if (verdict == "review") {
      seen_doubtful.insert(n);
    } else {
      seen_rejected.insert(n);
    }
  }
  Numbers wrong = printed_wrong;
  wrong.insert(hurt.begin(), hurt.end());
  wrong.insert(station.more_rejected.begin(), station.more_rejected.end());
  EXPECT_EQ(seen_rejected, wrong) << ended.err;
  EXPECT_EQ(seen_doubtful, doubtful) << ended.err;
  EXPECT_EQ(seen_spoiled, spoiled) << ended.err;
  EXPECT_EQ(cards, bodies.size());
  EXPECT_EQ(static_cast<std::int64_t>(cards) + run.hopper_left(), kBlanks);
  std::size_t done = 0, held = 0;
  for (const auto& order : run.rows("orders")) {
    done += order["state"] == "done" ? 1 : 0;
    held += order["state"] == "held" ? 1 : 0;
  }
  EXPECT_EQ(done, good);
  EXPECT_EQ(done + held, static_cast<std::size_t>(kOrders));
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
  std::printf(
      "[   FOUND  ] %zu of %zu damaged or wrong, %zu of %zu doubtful chips, %zu of %zu spoiled, %zu good\n",
      seen_rejected.size(), wrong.size(), seen_doubtful.size(), doubtful.size(), seen_spoiled.size(),
      spoiled.size(), good);

  const Ended again = printer.produce(run, batch);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(run.world_cards().size(), bodies.size()) << "the same file again prints nothing";

  int taken = 0;
  for (const auto& event : run.events()) {
    if (event["type"] != "captured") continue;
    for (const char* picture : {"front_sha256", "back_sha256", "front_again_sha256", "back_again_sha256"})
      taken += event.contains(picture) ? 1 : 0;
  }
  const int sent = cameras.sent();
  std::printf("[ PICTURES ] %d sent, %d taken, the others were incomplete\n", sent, taken);
  EXPECT_GT(sent, taken + taken / 20) << "hardly a picture was incomplete: nothing was tried";
}

INSTANTIATE_TEST_SUITE_P(
    , RealDevices,
    testing::Values(Station{.plugin = "evolis",
                            .settings = "",
                            .model = {EVOLIS_USB_PEER},
                            .mend = "clear",
                            .faults = {"fault 7 Dbc;m CARD JAM", "fault 20 Dbc;c ERROR RIBBON"},
                            .spoiled = {7, 20},
                            .more_rejected = {}},
                    // Film out: switched off, the card comes out half printed and the camera judges it.
                    Station{
                        .plugin = "magicard",
                        .settings = "output-sensor: OUTPUT=1\ncounter: fed\npause-limit: 2\nprint-wait: 20",
                        .model = {MAGICARD_USB_PEER, "--counts", "fed"},
                        .mend = "power",
                        .faults = {"fault 7 G jam", "fault 20 R film"},
                        .spoiled = {7},
                        .more_rejected = {20},
                        .asks_a_person = true}),
    [](const auto& it) { return it.param.plugin; });

}  // namespace
}  // namespace ktp::test
