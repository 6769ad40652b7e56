// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "drivers/plugin_host.hpp"
#include "sim-world/trouble.hpp"
#include "sim-world/world_lock.hpp"

namespace {

using namespace drivers_test;

/// A process that holds the lock until it is killed.
pid_t hold(const fs::path& folder) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const sim::WorldLock lock(folder, {});
    if (write(ends[1], "x", 1) != 1) _exit(1);
    while (true) pause();
  }
  char x;
  EXPECT_EQ(read(ends[0], &x, 1), 1);
  close(ends[0]);
  close(ends[1]);
  return child;
}

void end(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(WorldLock, NamesTheProcessThatHoldsTheWorld) {
  TempFolder temp;
  const pid_t child = hold(temp.path());
  EXPECT_EQ(read_text(temp / ".lock"), std::to_string(child) + "\n");
  try {
    const sim::WorldLock lock(temp.path(), {});
    FAIL() << "two processes hold one world";
  } catch (const sim::Trouble& trouble) {
    EXPECT_EQ(trouble.kind(), sim::Kind::busy);
    EXPECT_NE(std::string(trouble.what()).find("process " + std::to_string(child) + " (test_sim-world)"),
              std::string::npos)
        << trouble.what();
  }
  end(child);
}

TEST(WorldLock, WaitsForTheOtherToEndAndThenHasIt) {
  TempFolder temp;
  const pid_t child = hold(temp.path());
  int asked = 0;
  const sim::WorldLock lock(temp.path(), [&] {
    if (++asked == 3) end(child);
    return asked < 100;
  });
  EXPECT_GE(asked, 3);
  EXPECT_EQ(read_text(temp / ".lock"), std::to_string(getpid()) + "\n");
}

TEST(WorldLock, GivesUpWhenToldTo) {
  TempFolder temp;
  const pid_t child = hold(temp.path());
  int asked = 0;
  EXPECT_THROW(sim::WorldLock(temp.path(), [&] { return ++asked < 4; }), sim::Trouble);
  EXPECT_EQ(asked, 4);
  end(child);
}

}  // namespace
