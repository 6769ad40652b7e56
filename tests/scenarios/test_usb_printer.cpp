// SPDX-License-Identifier: Apache-2.0
// `produce` over a printer on USB: the unmodified program, its worker behind its walls, the unmodified
// libusb, umockdev's bus (usb_printer.hpp).
#include <gtest/gtest.h>

#include <set>

#include "scenarios/usb_printer.hpp"

namespace ktp::test {
namespace {

StationRun::Lane evolis_lane(const std::string& camera) {
  return {.printer = "", .camera = camera, .plugin = "evolis"};
}

/// Cards by the number that the printer's counter gave them, which is the world's.
std::map<std::uint64_t, nlohmann::json> cards_by_number(StationRun& run) {
  std::map<std::string, std::uint64_t> numbers;
  for (const auto& event : run.events())
    if ((event["type"] == "print-ended" || event["type"] == "settled") && event.contains("number"))
      numbers[event["card"]] = event["number"];
  std::map<std::uint64_t, nlohmann::json> cards;
  for (const auto& card : run.rows("cards"))
    if (const auto number = numbers.find(card["card"]); number != numbers.end()) cards[number->second] = card;
  return cards;
}

TEST(UsbPrinter, ABatchWithDamagedCardsAJamAndAnEmptyRibbonIsProducedAndBalances) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  constexpr int kOrders = 10, kBlanks = 30;
  StationRun run({evolis_lane("seed: 1\ndamage: \"scratch@3:30x0.5; stain@8:4\"")}, StationRun::kManyRestarts,
                 "test-mode: true\n");
  const auto batch = run.make_batch(kOrders, 2026);
  UsbPrinter printer(run, "missing-panel@2; half-print@7:0.6", kBlanks);
  ASSERT_EQ(printer.ask("fault 4 Dbc;m CARD JAM"), "ok");
  ASSERT_EQ(printer.ask("fault 6 Dbc;c ERROR RIBBON"), "ok");
  ASSERT_EQ(run.command({"blanks", "receive", std::to_string(kBlanks)}).exit_code, 0);
  ASSERT_EQ(run.command({"blanks", "load", std::to_string(kBlanks)}).exit_code, 0);

  const Ended ended = printer.produce(run, batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;

  const auto balance = run.balance();
  EXPECT_EQ(balance["received"], kBlanks);
  EXPECT_EQ(balance["good"], kOrders);
  EXPECT_EQ(balance["unknown"], 0);
  EXPECT_EQ(balance["discrepancy"], 0);
  EXPECT_EQ(balance["in_machine"], run.hopper_left());
  for (const auto& order : run.rows("orders")) EXPECT_EQ(order["state"], "done") << order;

  // Ledger and world agree card by card, and every fault was found.
  const auto cards = cards_by_number(run);
  std::set<std::uint64_t> spoiled, rejected;
  std::size_t bodies = 0;
  for (const auto& [token, body] : run.world_cards()) {
    ++bodies;
    ASSERT_TRUE(cards.contains(body.n)) << "card " << body.n << " is not in the ledger";
    const auto& card = cards.at(body.n);
    EXPECT_EQ(card["bin"], body.place) << "card " << body.n;
    EXPECT_EQ(card["state"] == "spoiled" || card["verdict"] == "", body.state == "spoiled") << card;
    if (body.state == "spoiled")
      spoiled.insert(body.n);
    else if (body.place != "good")
      rejected.insert(body.n);
  }
  EXPECT_EQ(bodies, cards.size());
  EXPECT_EQ(static_cast<std::int64_t>(bodies) + run.hopper_left(), kBlanks);
  EXPECT_EQ(spoiled, (std::set<std::uint64_t>{4, 6}));
  EXPECT_EQ(rejected, (std::set<std::uint64_t>{2, 3, 7, 8})) << ended.err;
  EXPECT_NE(ended.err.find("CARD JAM"), std::string::npos);
  EXPECT_NE(ended.err.find("ERROR RIBBON"), std::string::npos);
  EXPECT_NE(printer.ask("state").find("mode=0"), std::string::npos) << "the error mode was not given back";
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);

  const Ended again = printer.produce(run, batch);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(run.world_cards().size(), bodies) << "the same file again prints nothing";
}

TEST(UsbPrinter, ThatIsNotPluggedInIsSaidWithWhatWasLookedFor) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  StationRun run({evolis_lane("seed: 1")}, StationRun::kManyRestarts, "test-mode: true\n");
  const auto batch = run.make_batch(1, 5);
  UsbPrinter printer(run, "", 5);
  ASSERT_EQ(printer.ask("unplug"), "ok");
  const Ended ended = printer.produce(run, batch);
  EXPECT_EQ(ended.exit_code, 70);
  EXPECT_NE(ended.err.find("no such USB device is plugged in"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("0f49"), std::string::npos) << ended.err;
}

TEST(UsbPrinter, WithoutBookedBlanksPrintsNothingAndSaysWhatToBook) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  StationRun run({evolis_lane("seed: 1")}, StationRun::kManyRestarts, "test-mode: true\n");
  const auto batch = run.make_batch(1, 5);
  UsbPrinter printer(run, "", 5);
  const Ended ended = printer.produce(run, batch);
  EXPECT_EQ(ended.exit_code, 70);
  EXPECT_NE(ended.err.find("blanks load N --printer printer"), std::string::npos) << ended.err;
  EXPECT_EQ(run.hopper_left(), 5);
}

}  // namespace
}  // namespace ktp::test
