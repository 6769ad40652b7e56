// SPDX-License-Identifier: Apache-2.0
// `produce` over a printer that tells little of its faults: the unmodified program, its worker behind its
// walls, the unmodified libusb, umockdev's bus (usb_printer.hpp), the Magicard model. What the printer cannot
// tell, the camera or a person does.
#include <gtest/gtest.h>

#include <set>

#include "scenarios/usb_printer.hpp"

namespace ktp::test {
namespace {

TEST(MagicardPrinter, ABatchWithDamagedCardsAJamAndAnEmptyFilmIsProducedAndBalances) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  constexpr int kOrders = 10, kBlanks = 30;
  StationRun run({{.printer = "output-sensor: OUTPUT=1\ncounter: fed\npause-limit: 2\nprint-wait: 20",
                   .camera = "seed: 1\ndamage: \"scratch@3:30x0.5; stain@8:4\"",
                   .plugin = "magicard"}},
                 StationRun::kManyRestarts, "test-mode: true\n");
  const auto batch = run.make_batch(kOrders, 2027);
  UsbPrinter printer(run, "missing-panel@2; half-print@7:0.6", kBlanks,
                     {MAGICARD_USB_PEER, "--counts", "fed"}, "power");
  ASSERT_EQ(printer.ask("fault 4 G jam"), "ok");
  ASSERT_EQ(printer.ask("fault 6 R film"), "ok");
  ASSERT_EQ(run.command({"blanks", "receive", std::to_string(kBlanks)}).exit_code, 0);
  ASSERT_EQ(run.command({"blanks", "load", std::to_string(kBlanks)}).exit_code, 0);

  // The jammed card was taken out by hand, with the printer off: nobody but that person knows of it.
  const Ended first = printer.produce(run, batch);
  ASSERT_EQ(first.exit_code, 70) << first.err;
  EXPECT_NE(first.err.find("Switch it off"), std::string::npos) << first.err;
  EXPECT_NE(first.err.find("printer: magicard: The printer does not answer"), std::string::npos)
      << "what the driver warns of is told\n"
      << first.err;
  std::vector<std::string> unknown;
  for (const auto& card : run.rows("cards"))
    if (card["state"] == "unknown") unknown.push_back(card["card"]);
  ASSERT_EQ(unknown.size(), 1u) << first.err;
  EXPECT_EQ(run.balance()["unknown"], 1);
  const Ended settled =
      run.command({"settle", unknown[0], "--found", "inside the printer", "--by", "petugas"});
  ASSERT_EQ(settled.exit_code, 0) << settled.err;
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
  std::map<std::string, std::uint64_t> numbers;
  for (const auto& event : run.events())
    if ((event["type"] == "print-ended" || event["type"] == "settled") && event.contains("number"))
      numbers[event["card"]] = event["number"];
  std::map<std::uint64_t, StationRun::WorldCard> bodies;
  for (const auto& [token, body] : run.world_cards()) bodies[body.n] = body;
  std::set<std::uint64_t> rejected;
  std::size_t cards = 0;
  for (const auto& card : run.rows("cards")) {
    if (card["state"] == "not-started") continue;
    ++cards;
    if (card["card"] == unknown[0]) {
      EXPECT_EQ(card["state"], "spoiled") << card;
      EXPECT_EQ(card["bin"], "damaged") << card;
      continue;
    }
    ASSERT_TRUE(numbers.contains(card["card"])) << card;
    const std::uint64_t n = numbers[card["card"]];
    ASSERT_TRUE(bodies.contains(n)) << card;
    EXPECT_EQ(card["bin"], bodies[n].place) << card;
    if (bodies[n].place != "good") rejected.insert(n);
  }
  EXPECT_EQ(cards, bodies.size());
  EXPECT_EQ(bodies[4].place, "damaged");
  EXPECT_EQ(bodies[4].state, "spoiled");
  EXPECT_EQ(rejected, (std::set<std::uint64_t>{2, 3, 6, 7, 8})) << first.err << ended.err;
  EXPECT_EQ(static_cast<std::int64_t>(bodies.size()) + run.hopper_left(), kBlanks);
  EXPECT_NE(printer.ask("state").find("refused=0"), std::string::npos) << "the model could not read a job";
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);

  const Ended again = printer.produce(run, batch);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(run.world_cards().size(), bodies.size()) << "the same file again prints nothing";
}

}  // namespace
}  // namespace ktp::test
