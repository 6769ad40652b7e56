// SPDX-License-Identifier: Apache-2.0
// A station with one camera: the operator turns each card over, as the station asks.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "scenarios/turning_operator.hpp"

namespace ktp::test {
namespace {

using namespace std::chrono_literals;
StationRun::Lane one_camera(const std::string& camera, const std::string& printer = "") {
  return {.printer = printer, .camera = camera, .more = "turn-over: true"};
}

TEST(TurnOver, BothSidesAreJudgedByOneCameraAndEveryDamagedCardIsFound) {
  StationRun run({one_camera("seed: 3\ndamage: scratch@3:30x0.5; stain@6/back:4; crack@9/back")});
  const auto batch = run.make_batch(12, 51);
  std::filesystem::create_directories(run.world());
  TurningOperator at_work(run);
  at_work.lay_wrongly(5);
  const Ended ended = at_work.produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(rejected(run), (Numbers{3, 6, 9})) << ended.err;
  EXPECT_EQ(at_work.told_wrong, 1) << ended.err;
  EXPECT_EQ(at_work.asked, 15 + 1) << "once for each card, and once for the one that lay wrongly";
  const auto balance = run.balance();
  EXPECT_EQ(balance["discrepancy"], 0);
  EXPECT_EQ(balance["unknown"], 0);
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);
}

TEST(TurnOver, ACardThatNobodyTurnsWaitsAndIsTakenUpAtTheNextStart) {
  StationRun run({one_camera("seed: 3")}, "operator-wait-s: 2\nworker-restarts: 1000");
  const auto batch = run.make_batch(3, 52);
  TurningOperator at_work(run);
  const Ended first = at_work.produce(batch, true);
  EXPECT_EQ(first.exit_code, 70) << first.err;
  EXPECT_NE(first.err.find("was not shown with its back up within 2 s; it waits at the camera"),
            std::string::npos)
      << first.err;
  EXPECT_NE(at_work.at_camera(), 0u);
  const Ended second = at_work.produce(batch);
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(run.difference(500), "");
}

TEST(TurnOver, AStoppedRunDoesNotWaitForTheOperator) {
  StationRun run({one_camera("seed: 3")});
  const auto batch = run.make_batch(3, 53);
  TurningOperator at_work(run);
  const auto station = run.start(batch);
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (station->err_so_far().find("TURN IT OVER") == std::string::npos &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(20ms);
  station->signal(SIGINT);
  std::this_thread::sleep_for(200ms);
  EXPECT_TRUE(station->running()) << "the first Ctrl-C finishes the card, which a person has to turn";
  station->signal(SIGINT);
  const Ended stopped = station->wait(20s);
  EXPECT_FALSE(stopped.timed_out) << stopped.err;
  const Ended second = at_work.produce(batch);
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(run.difference(500), "");
}

TEST(TurnOver, AValueThatIsNoneIsRefusedWithItsLine) {
  StationRun run({StationRun::Lane{.printer = "", .more = "turn-over: maybe"}});
  const Ended checked = run.command({"config", "check"});
  EXPECT_EQ(checked.exit_code, 78) << checked.out << checked.err;
  EXPECT_NE((checked.out + checked.err).find("turn-over is 'maybe', allowed are true, false"),
            std::string::npos)
      << checked.out << checked.err;
}

}  // namespace
}  // namespace ktp::test
