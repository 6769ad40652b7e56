// SPDX-License-Identifier: Apache-2.0
// The process is killed at every single change to the disk, and at random moments; the next start must find
// physical truth.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "drivers/plugin_host.hpp"
#include "drivers/world_check.hpp"
#include "sim-world/random.hpp"
#include "sim-world/world.hpp"

namespace {

using namespace drivers_test;
using sim::Side;
using sim::State;
using sim::World;

std::uint8_t colour(const std::string& token, Side side) {
  return static_cast<std::uint8_t>(sim::word(token) % 100 + (side == Side::front ? 1 : 101));
}

sim::WorldOptions options(const fs::path& folder, std::uint64_t blanks) {
  sim::WorldOptions o;
  o.folder = folder;
  o.blanks = blanks;
  o.dpi = 20;
  return o;
}

void one_card(World& world, const std::string& token, const std::string& bin, State state = State::printed) {
  const sim::Blank blank = world.feed(token);
  for (const Side side : {Side::front, Side::back}) {
    if (state == State::spoiled && side == Side::back) break;
    world.put_face(blank.number, side, sim::Picture(67, 43, colour(token, side)).view());
  }
  world.finish(blank.number, state);
  if (state == State::printed) world.move(blank.number, sim::kAtCamera);
  world.move(blank.number, sim::bin_folder(bin));
}

/// Runs in a child that SIGKILLs itself before change number `fatal`; true when it got to the end.
bool survives(int fatal, const std::function<void(const std::function<void()>&)>& work) {
  const pid_t child = fork();
  if (child == 0) {
    int steps = 0;
    try {
      work([&] {
        if (++steps == fatal) kill(getpid(), SIGKILL);
      });
    } catch (const std::exception& e) {
      std::fprintf(stderr, "child: %s\n", e.what());
      _exit(2);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "the world could not be opened or used";
  return WIFEXITED(status);
}

TEST(WorldCrash, AtEveryChangeOfThePrintAndOfTheRecoveryThatFollows) {
  int crashes = 0;
  for (int fatal = 1;; ++fatal) {
    bool done = false;
    // `second`: where the recovery is killed as well; 0 = not at all.
    for (int second = 0;; ++second) {
      TempFolder temp;
      const fs::path folder = temp / "w";
      done = survives(fatal, [&](const auto& before_change) {
        auto o = options(folder, 10);
        o.before_change = before_change;
        World world(o);
        one_card(world, "first", "good");
        one_card(world, "second", "damaged", State::spoiled);
        one_card(world, "third", "review");
      });
      const bool recovered = second > 0 && survives(second, [&](const auto& before_change) {
                               auto o = options(folder, 10);
                               o.before_change = before_change;
                               World world(o);
                             });
      WorldCheck check(folder, 10);
      std::map<std::uint64_t, WorldCheck::Card> cards;
      {
        World world(options(folder, 10));
        cards = check(colour);
        ASSERT_EQ(world.taken(), cards.size());
        // And the machine works on, as if nothing had been.
        one_card(world, "later", "good");
      }
      cards = check(colour);
      ASSERT_EQ(cards.rbegin()->second.token, "later");
      if (HasFailure())
        FAIL() << "killed before change " << fatal << " and in the recovery before change " << second;
      ++crashes;
      if (done || recovered) break;
    }
    if (done) break;
  }
  EXPECT_GT(crashes, 300);
  RecordProperty("crashes", crashes);
}

TEST(WorldCrash, AtRandomMomentsSomeHundredTimes) {
  constexpr int kRounds = 300;
  constexpr std::uint64_t kBlanks = 1'000'000;
  TempFolder temp;
  const fs::path folder = temp / "w";
  WorldCheck check(folder, kBlanks);
  std::mt19937 random(4711);
  std::uint64_t spoiled = 0, killed = 0;
  for (int round = 0; round < kRounds; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      World world(options(folder, kBlanks));
      for (int i = 0; i < 1000; ++i) {
        const std::string token = "r" + std::to_string(round) + "-" + std::to_string(i);
        one_card(world, token, sim::kBins[i % 5], i % 7 == 6 ? State::spoiled : State::printed);
        // What the printer has reported stays true.
        if (write(pipe_ends[1], (token + "\n").data(), token.size() + 1) < 0) _exit(3);
      }
      _exit(0);
    }
    close(pipe_ends[1]);
    usleep(static_cast<useconds_t>(random() % 6000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
    std::string reported;
    char buffer[4096];
    for (ssize_t n; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
      reported.append(buffer, static_cast<std::size_t>(n));
    close(pipe_ends[0]);

    World world(options(folder, kBlanks));
    for (std::size_t at = 0, end; (end = reported.find('\n', at)) != std::string::npos; at = end + 1) {
      const auto card = world.find(reported.substr(at, end - at));
      ASSERT_TRUE(card.has_value()) << "a reported card is forgotten";
      EXPECT_TRUE(card->place.starts_with("bins/")) << card->place;
    }
    if (round % 10 == 9 || round + 1 == kRounds) {
      spoiled = 0;
      for (const auto& [number, card] : check(colour))
        spoiled += card.state == "spoiled" && card.place == "inside" ? 1 : 0;
    }
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(killed, 250u);
  EXPECT_GT(spoiled, 10u) << "hardly any kill hit a print; the test proves nothing";
}

}  // namespace
