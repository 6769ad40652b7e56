// SPDX-License-Identifier: Apache-2.0
// The main job: a batch with everything that goes wrong in an office, and every one of it found and named.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

using nlohmann::json;

// What the printer's and the camera's scripts inject, at which print commands; commands and physical cards
// are told apart because a command without a blank (ribbon out) feeds no card.
struct Plan {
  std::set<int> half, ghost, scratch, portrait, digit;
  int ribbon_out = 0, jam = 0;
};

Plan plan_of(std::uint64_t seed, int orders) {
  std::mt19937_64 random(seed * 1'000'003 + 17);
  std::vector<int> numbers;
  for (int i = 3; i < orders; ++i) numbers.push_back(i);
  std::ranges::shuffle(numbers, random);
  Plan plan;
  auto next = numbers.begin();
  const auto take = [&](std::set<int>& into, int n) {
    for (int i = 0; i < n; ++i) into.insert(*next++);
  };
  take(plan.half, 5);
  take(plan.ghost, 5);
  take(plan.scratch, 5);
  take(plan.portrait, 3);
  take(plan.digit, 2);
  plan.ribbon_out = *next++;
  plan.jam = *next++;
  return plan;
}

// Commands after the ribbon-out feed one card less than their number says.
int card_of_command(const Plan& plan, int command) {
  return command > plan.ribbon_out ? command - 1 : command;
}

std::string printer_script(const Plan& plan, std::mt19937_64& random) {
  std::string script = "ribbon-out@" + std::to_string(plan.ribbon_out) + "; jam@" + std::to_string(plan.jam);
  const auto uniform = [&](double from, double to) {
    return std::to_string(std::uniform_real_distribution(from, to)(random));
  };
  for (const int n : plan.half) script += "; half-print@" + std::to_string(n) + ":" + uniform(0.3, 0.85);
  for (const int n : plan.ghost)
    script += "; ghost@" + std::to_string(n) + ":" + uniform(0.8, 1.8) + "," + uniform(0.25, 0.45);
  for (const int n : plan.portrait) script += "; swap-portrait@" + std::to_string(n);
  for (const int n : plan.digit) script += "; swap-digit@" + std::to_string(n);
  return script;
}

std::string camera_script(const Plan& plan, std::mt19937_64& random) {
  std::string script;
  for (const int n : plan.scratch)
    script += (script.empty() ? "" : "; ") +
              ("scratch@" + std::to_string(card_of_command(plan, n)) + ":" +
               std::to_string(std::uniform_real_distribution(10.0, 30.0)(random)) + "x" +
               std::to_string(std::uniform_real_distribution(0.3, 0.5)(random)));
  return script;
}

void five_hundred(std::uint64_t seed) {
  constexpr int kOrders = 500, kDuplicates = 4, kBlanks = 560;
  const Plan plan = plan_of(seed, kOrders);
  std::mt19937_64 random(seed);
  const std::string printer = "seed: " + std::to_string(seed) + "\nblanks: " + std::to_string(kBlanks) +
                              "\nribbon: 2000\nfaults: \"" + printer_script(plan, random) + "\"";
  const std::string camera =
      "seed: " + std::to_string(seed) + "\ndamage: \"" + camera_script(plan, random) + "\"";
  StationRun run(printer, camera);
  const auto batch = run.make_batch(kOrders, seed, kDuplicates);
  const auto begun = std::chrono::steady_clock::now();
  const Ended ended = run.produce(batch, std::chrono::seconds(900));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  ASSERT_EQ(ended.exit_code, 0) << ended.err;

  // Which card each command made, from the world's own truth.
  std::map<std::uint64_t, json> by_number;
  const auto world = run.world_cards();
  for (const json& card : run.rows("cards"))
    if (const auto found = world.find(card.at("token")); found != world.end())
      by_number[found->second.n] = card;
  std::set<std::uint64_t> expected_bad;
  std::map<std::string, std::set<std::string>> kinds;  // card -> kinds found
  for (const json& event : run.events())
    if (event.at("type") == "inspected")
      for (const json& finding : event.at("findings")) kinds[event.at("card")].insert(finding.at("kind"));
  const auto check = [&](const std::set<int>& commands, const std::string& verdict,
                         const std::set<std::string>& any_of) {
    for (const int command : commands) {
      const auto n = static_cast<std::uint64_t>(card_of_command(plan, command));
      expected_bad.insert(n);
      ASSERT_TRUE(by_number.contains(n));
      const json& card = by_number[n];
      EXPECT_EQ(card.at("verdict"), verdict) << "command " << command << ", card " << card.dump();
      const auto& found = kinds[card.at("card")];
      EXPECT_TRUE(std::ranges::any_of(any_of, [&](const std::string& kind) { return found.contains(kind); }))
          << "card " << card.at("card") << " of command " << command << " should be named " << *any_of.begin()
          << ", is named " << (found.empty() ? "nothing" : *found.begin());
    }
  };
  check(plan.half, "damaged", {"half-print"});
  check(plan.ghost, "damaged", {"ghosting"});
  check(plan.scratch, "damaged", {"scratch"});
  check(plan.portrait, "mismatch", {"wrong-portrait"});
  check(plan.digit, "mismatch", {"wrong-digit"});
  const auto jammed = static_cast<std::uint64_t>(card_of_command(plan, plan.jam));
  expected_bad.insert(jammed);
  EXPECT_EQ(by_number[jammed].at("state"), "spoiled");
  std::size_t good = 0, false_rejects = 0;
  for (const auto& [n, card] : by_number) {
    if (expected_bad.contains(n)) continue;
    card.at("verdict") == "good" ? ++good : ++false_rejects;
    EXPECT_EQ(card.at("verdict"), "good")
        << "good card rejected: " << card.dump()
        << (kinds[card.at("card")].empty() ? "" : *kinds[card.at("card")].begin());
  }
  EXPECT_EQ(good, static_cast<std::size_t>(kOrders) - 5u)
      << "all but the five orders of wrong content, which wait for a supervisor";

  // The four ordered twice, the ribbon and the jam are named.
  std::size_t refused = 0, held = 0;
  for (const json& order : run.rows("orders")) {
    refused += order.at("state") == "refused" &&
                       order.at("reason").get<std::string>().starts_with("nik: already ordered")
                   ? 1u
                   : 0u;
    held += order.at("state") == "held" ? 1u : 0u;
  }
  EXPECT_EQ(refused, static_cast<std::size_t>(kDuplicates));
  EXPECT_EQ(held, 5u);
  EXPECT_NE(ended.err.find("marker-supply-empty"), std::string::npos);
  EXPECT_NE(ended.err.find("media-jam"), std::string::npos);
  EXPECT_NE(ended.err.find("is settled: spoiled"), std::string::npos);
  EXPECT_EQ(run.difference(kBlanks), "");
  const json balance = run.balance();
  EXPECT_EQ(balance.at("good"), good);
  EXPECT_EQ(balance.at("damaged"), 15);
  EXPECT_EQ(balance.at("mismatch"), 5);
  EXPECT_EQ(balance.at("spoiled"), 1);
  EXPECT_EQ(balance.at("unknown"), 0);
  EXPECT_EQ(balance.at("discrepancy"), 0);
  const auto sheet = run.folder() / "sheet";
  const Ended shown = run.command({"contact-sheet", sheet, "--by", "siti", "--reason", "looking at rejects"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_TRUE(std::filesystem::exists(sheet / "contact-sheet.html"));
  EXPECT_GT(std::distance(std::filesystem::directory_iterator(sheet / "pictures"), {}), 4);
  std::printf("seed %llu: %zu cards in %.0f s, %.1f cards/s, false rejects %zu\n",
              static_cast<unsigned long long>(seed), by_number.size(), seconds,
              static_cast<double>(by_number.size()) / seconds, false_rejects);

  // The same file again: nothing is left to do, and nothing is added that claims otherwise.
  const auto count = [&] {
    std::map<std::string, int> types;
    for (const json& event : run.events()) ++types[event.at("type")];
    return types;
  };
  auto before = count();
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  auto after = count();
  for (const char* type : {"order-accepted", "order-refused", "blank-committed", "print-started",
                           "print-ended", "captured", "judged", "sorted"})
    EXPECT_EQ(before[type], after[type]) << type;
}

TEST(FiveHundredPeople, EveryFaultIsFoundAndNamedAndNoGoodCardIsRejected) {
  five_hundred(2020);
}
// Seeds that were never looked at while the engine was made. The usual test run takes one of the three.
bool all_seeds() {
  return std::getenv("KTP_ALL_SEEDS") != nullptr;
}
TEST(FiveHundredPeople, AlsoWithTheFirstUnseenSeed) {
  if (!all_seeds()) GTEST_SKIP() << "KTP_ALL_SEEDS=1 runs it";
  five_hundred(915965);
}
TEST(FiveHundredPeople, AlsoWithTheSecondUnseenSeed) {
  if (!all_seeds()) GTEST_SKIP() << "KTP_ALL_SEEDS=1 runs it";
  five_hundred(261497);
}
TEST(FiveHundredPeople, AlsoWithTheThirdUnseenSeed) {
  if (!all_seeds()) GTEST_SKIP() << "KTP_ALL_SEEDS=1 runs it";
  five_hundred(110320);
}

TEST(Production, ACardThatSpoilsIsReplacedByRuleAndTheDecisionIsLogged) {
  StationRun run("seed: 3\nblanks: 20\nfaults: \"spoiled@2; half-print@4:0.5\"");
  const auto batch = run.make_batch(5, 31);
  const Ended ended = run.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(run.balance().at("good"), 5);
  EXPECT_EQ(run.balance().at("spoiled"), 1);
  EXPECT_EQ(run.balance().at("damaged"), 1);
  std::map<std::string, int> blanks;
  std::set<std::string> decided;
  for (const json& event : run.events()) {
    if (event.at("type") == "reprint-decided") decided.insert(event.at("card"));
    if (event.at("type") == "blank-committed" && ++blanks[event.at("order_id")] > 1) {
      EXPECT_TRUE(decided.contains(event.at("card"))) << event.dump();
    }
  }
  EXPECT_EQ(decided.size(), 2u);
  EXPECT_EQ(run.difference(20), "");
}

TEST(Production, ACrashingOrHangingPrinterCostsAtMostItsCardAndTheBatchIsFinished) {
  StationRun run("seed: 4\nblanks: 20\nfaults: \"crash@2; cover-open@4\"");
  const auto batch = run.make_batch(5, 32);
  const Ended ended = run.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(run.balance().at("good"), 5);
  EXPECT_EQ(run.balance().at("unknown"), 0);
  EXPECT_EQ(run.difference(20), "");
  EXPECT_NE(ended.err.find("cover-open"), std::string::npos);
}

TEST(Production, StockThatDoesNotCoverTheHopperStopsBeforeAnythingMovesAndNamesBothNumbers) {
  StationRun run("seed: 1\nblanks: 40", "", "stock: booked\n");
  const auto batch = run.make_batch(3, 33);
  const Ended refused = run.produce(batch);
  EXPECT_EQ(refused.exit_code, 65) << refused.err;
  EXPECT_NE(refused.err.find("40"), std::string::npos) << refused.err;
  EXPECT_TRUE(run.world_cards().empty());
  EXPECT_EQ(run.command({"blanks", "receive", "60"}).exit_code, 0);
  const Ended ended = run.produce(batch);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(run.balance().at("in_stock"), 20);
  EXPECT_EQ(run.balance().at("in_machine"), 37);
  EXPECT_EQ(run.difference(40), "");
}

TEST(Production, BlanksThatVanishFromTheHopperAreANamedDiscrepancyAndTheExitCodeSaysSo) {
  StationRun run("seed: 1\nblanks: 30");
  const auto batch = run.make_batch(3, 34);
  ASSERT_EQ(run.produce(batch).exit_code, 0);
  std::filesystem::permissions(run.world() / "hopper.json", std::filesystem::perms::owner_write,
                               std::filesystem::perm_options::add);
  {
    auto hopper = json::parse(std::ifstream(run.world() / "hopper.json"));
    hopper["left"] = hopper["left"].get<int>() - 2;
    std::ofstream(run.world() / "hopper.json") << hopper.dump();
  }
  const Ended ended = run.produce(batch);
  EXPECT_EQ(ended.exit_code, 70) << ended.err;
  EXPECT_EQ(run.balance().at("discrepancy"), 2);
  EXPECT_NE(ended.err.find("discrepancy 2"), std::string::npos) << ended.err;
}

TEST(Production, TheFirstInterruptFinishesTheCardAndTheNextStartGoesOn) {
  StationRun run("seed: 1\nblanks: 60\nprint-ms: 150");
  const auto batch = run.make_batch(20, 35);
  auto process = run.start(batch);
  while (process->running() && process->err_so_far().find("cards/s") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  process->signal_group(SIGINT);  // as a terminal sends it: to the workers too
  const Ended stopped = process->wait(std::chrono::seconds(30));
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  for (const json& card : run.rows("cards"))
    EXPECT_TRUE(card.at("state") == "sorted" || card.at("state") == "spoiled") << card.dump();
  EXPECT_LT(run.rows("cards").size(), 20u);
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  EXPECT_EQ(run.balance().at("good"), 20);
  EXPECT_EQ(run.difference(60), "");
}

TEST(Production, ASecondInterruptStopsAtOnceAndEveryCardStaysKnown) {
  StationRun run("seed: 1\nblanks: 60\nprint-ms: 2000");
  const auto batch = run.make_batch(6, 36);
  auto process = run.start(batch);
  while (process->running() && process->err_so_far().find("batch 1") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  process->signal_group(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto begun = std::chrono::steady_clock::now();
  process->signal_group(SIGINT);
  const Ended stopped = process->wait(std::chrono::seconds(30));
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(8));
  EXPECT_EQ(run.produce(batch).exit_code, 0);
  EXPECT_EQ(run.balance().at("good"), 6);
  EXPECT_EQ(run.balance().at("unknown"), 0);
  EXPECT_EQ(run.difference(60), "");
}

}  // namespace
}  // namespace ktp::test
