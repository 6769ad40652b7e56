// SPDX-License-Identifier: Apache-2.0
// Power cuts: the station and its workers are killed at random moments until a batch is done.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

constexpr int kBlanks = 300;

// Kills until `kills` have struck a running batch, then lets it finish.
void storm(StationRun& run, const std::filesystem::path& batch, int kills, unsigned seed, bool workers_only) {
  const char* const other = std::getenv("KTP_STORM_SEED");  // another storm than the usual one
  std::mt19937 random(other != nullptr ? static_cast<unsigned>(std::strtoul(other, nullptr, 10)) : seed);
  int struck = 0;
  for (int start = 0; start < kills * 4; ++start) {
    auto process = run.start(batch);
    while (struck < kills) {
      // Spread over start-up, the prints and the sorting alike.
      std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % (workers_only ? 900 : 1400)));
      if (!process->running()) break;
      if (workers_only || random() % 3 == 0) {
        const std::vector<pid_t> workers = workers_of(process->pid());
        if (workers.empty()) continue;
        ::kill(workers[random() % workers.size()], SIGKILL);
        ++struck;
        if (workers_only) continue;
      } else {
        process->signal_group(SIGKILL);
        ++struck;
        break;
      }
    }
    const Ended ended = process->wait(std::chrono::seconds(300));
    ASSERT_FALSE(ended.timed_out) << ended.err;
    if (struck >= kills && ended.exit_code == 0) break;
    ASSERT_TRUE(ended.exit_code == 0 || ended.exit_code == 70 || ended.exit_code == 128 + SIGKILL)
        << ended.exit_code << "\n"
        << ended.err;
    if (ended.exit_code == 0 && struck < kills) {
      // The batch is done before the storm is: nothing is left to strike.
      break;
    }
  }
  const Ended last = run.produce(batch);
  EXPECT_EQ(last.exit_code, 0) << last.err;
  std::printf("%d kills struck\n", struck);
}

void everything_adds_up(StationRun& run, int orders) {
  EXPECT_EQ(run.difference(kBlanks), "");
  const auto balance = run.balance();
  EXPECT_EQ(balance.at("unknown"), 0) << "this printer keeps a job log: every card can be settled";
  EXPECT_EQ(balance.at("discrepancy"), 0);
  EXPECT_EQ(balance.at("good"), orders);
  for (const auto& order : run.rows("orders")) EXPECT_EQ(order.at("state"), "done") << order.dump();
}

TEST(PowerCuts, HundredKillsOfABatchOfHundredLoseAndDoubleNothing) {
  StationRun run({StationRun::Lane{"seed: 5\nblanks: 300"}}, StationRun::kStorm);
  const auto batch = run.make_batch(100, 901);
  storm(run, batch, 100, 20200707, false);
  everything_adds_up(run, 100);
}

TEST(PowerCuts, WorkersKilledAloneAreReplacedAndTheirCardsSettled) {
  StationRun run({StationRun::Lane{"seed: 6\nblanks: 300"}}, StationRun::kStorm);
  const auto batch = run.make_batch(30, 902);
  storm(run, batch, 12, 77, true);
  everything_adds_up(run, 30);
}

// A printer without a job log: only its counter and sensors speak.
TEST(PowerCuts, TheCardCounterAloneSettlesWhatItCan) {
  StationRun run({StationRun::Lane{"seed: 7\nblanks: 300\njob-log: false"}}, StationRun::kStorm);
  const auto batch = run.make_batch(30, 903);
  storm(run, batch, 20, 4711, false);
  const auto balance = run.balance();
  EXPECT_EQ(balance.at("discrepancy"), 0);
  std::int64_t sum = 0;
  for (const auto& [term, n] : balance.items())
    if (term != "received") sum += n.get<std::int64_t>();
  EXPECT_EQ(sum, balance.at("received"));
}

TEST(PowerCuts, AfterTheStationDiesItsWorkersEndAndANewStartGoesOn) {
  StationRun run("seed: 8\nblanks: 300");
  const auto batch = run.make_batch(20, 904);
  auto first = run.start(batch);
  const auto started = std::chrono::steady_clock::now();
  std::vector<pid_t> workers;
  while (workers.size() < 2 && std::chrono::steady_clock::now() - started < std::chrono::seconds(30)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    workers = workers_of(first->pid());
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));  // into the first cards
  ASSERT_FALSE(workers.empty()) << first->err_so_far();
  first->signal(SIGKILL);  // the station alone: its workers have to notice by themselves
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (const pid_t worker : workers) {
    while (::kill(worker, 0) == 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_NE(::kill(worker, 0), 0) << "worker " << worker << " outlived the station by five seconds";
  }
  const Ended second = run.produce(batch);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  everything_adds_up(run, 20);
}

}  // namespace
}  // namespace ktp::test
