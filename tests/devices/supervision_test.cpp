// SPDX-License-Identifier: Apache-2.0
// The life of worker processes: restarts, quarantine, silence, signals, leaks, and the death of the core.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <station/abi.h>
#include <sys/wait.h>

#include <cstdlib>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

class Supervision : public DeviceTest {};

TEST_F(Supervision, AWorkerKilledWhileIdleIsReplacedAtTheNextCall) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(print(*device).ok());
  const int pid = device->last_status().worker_pid;
  signal_worker(pid, SIGKILL);
  ASSERT_TRUE(events_.wait_for(Kind::worker_lost, "signal 9"));
  EXPECT_FALSE(device->last_status().worker_alive);
  EXPECT_FALSE(device->last_status().ready());
  const CallResult result = print(*device);
  EXPECT_TRUE(result.ok()) << result.message;
  EXPECT_EQ(result.counter_before, 1u);
  EXPECT_NE(device->last_status().worker_pid, pid);
  EXPECT_EQ(device->last_status().restarts, 1);
}

TEST_F(Supervision, ACallRightAfterAnUnnoticedDeathIsDoneByTheNextWorkerOrIsHonestlyUnknown) {
  auto config = obedient_printer();
  config.restart_budget = 1'000;
  config.backoff_first = config.backoff_most = 1ms;
  auto device = printer(config);
  std::uint64_t printed = 0, unknown = 0;
  for (int i = 0; i < 20; ++i) {
    signal_worker(device->last_status().worker_pid, SIGKILL);
    if (i % 2 == 0) std::this_thread::sleep_for(2ms);  // sometimes it is seen to die, sometimes not
    const CallResult result = device->print("T" + std::to_string(i), card_, nullptr, 300);
    EXPECT_NE(result.outcome, CardOutcome::not_started) << result.message;
    EXPECT_EQ(result.violation, "");
    (result.outcome == CardOutcome::printed ? printed : unknown) += 1;
    EXPECT_EQ(result.worker_lost, result.outcome == CardOutcome::unknown);
  }
  const std::uint64_t counted = device->counter().counter_after;
  EXPECT_GE(counted, printed);
  EXPECT_LE(counted, printed + unknown);
  EXPECT_GE(printed, 10u);
}

TEST_F(Supervision, ADeviceThatKeepsLosingItsWorkerIsQuarantinedAndNothingIsStartedAnyMore) {
  auto config = misbehaving("crash-in-print");
  config.restart_budget = 2;
  auto device = printer(config);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(print(*device).worker_lost) << i;
  for (int i = 0; i < 3; ++i) {
    const CallResult result = print(*device);
    EXPECT_FALSE(result.worker_lost);
    EXPECT_EQ(result.code, STN_E_HARDWARE);
    EXPECT_EQ(result.action, Action::stop_device);
    EXPECT_EQ(result.outcome, CardOutcome::not_started);
    EXPECT_NE(result.message.find("quarantined"), std::string::npos);
  }
  EXPECT_EQ(events_.count(Kind::worker_started), 3);
  EXPECT_EQ(events_.count(Kind::violation, "quarantined"), 1);
}

TEST_F(Supervision, AQuarantineIsShownAndEndsByItselfWhereTheConfigurationSaysSo) {
  auto config = misbehaving("crash-in-print");
  config.restart_budget = 1;
  auto forever = printer(config);
  for (int i = 0; i < 3; ++i) print(*forever);
  EXPECT_EQ(forever->last_status().quarantine, Quarantine::until_restart);
  EXPECT_EQ(forever->last_status().state, State::stopped);
  ASSERT_EQ(forever->last_status().reasons.size(), 1u);
  EXPECT_EQ(forever->last_status().reasons[0].keyword, "paused");
  EXPECT_FALSE(forever->last_status().ready());

  config.quarantine = 1s;
  auto device = printer(config);
  for (int i = 0; i < 3; ++i) print(*device);
  EXPECT_EQ(device->last_status().quarantine, Quarantine::timed);
  EXPECT_FALSE(device->counter().ok());
  std::this_thread::sleep_for(1100ms);
  EXPECT_TRUE(device->counter().ok());
  EXPECT_EQ(device->last_status().quarantine, Quarantine::none);
  EXPECT_TRUE(device->last_status().reasons.empty());
}

TEST_F(Supervision, AWorkerLostWhileItStartsIsStartedAgainWithinTheBudget) {
  auto config = obedient_printer();
  config.restart_budget = 3;
  config.backoff_first = config.backoff_most = 1ms;
  auto device = printer(config);
  signal_worker(device->last_status().worker_pid, SIGKILL);
  ASSERT_TRUE(events_.wait_for(Kind::worker_lost));
  std::ofstream(folder_.path() / "crashes-left") << 2;
  const CallResult counted = device->counter();
  EXPECT_TRUE(counted.ok()) << counted.message;
  EXPECT_EQ(device->last_status().restarts, 3);
}

TEST_F(Supervision, ACancelEndsTheWaitBeforeARestart) {
  auto config = misbehaving("crash-in-print");
  config.backoff_first = config.backoff_most = 60s;
  auto device = printer(config);
  EXPECT_TRUE(print(*device).worker_lost);
  EXPECT_TRUE(print(*device).worker_lost);  // the first restart does not wait
  std::thread other([&] {
    std::this_thread::sleep_for(200ms);
    device->cancel();
  });
  const auto begin = std::chrono::steady_clock::now();
  const CallResult result = print(*device);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_EQ(result.code, STN_E_CANCELLED);
  EXPECT_EQ(result.outcome, CardOutcome::not_started);
}

TEST_F(Supervision, AStoppedWorkerIsNoticedWithoutACall) {
  auto config = obedient_printer();
  config.silence_limit = 2500ms;
  auto device = printer(config);
  const int pid = device->last_status().worker_pid;
  signal_worker(pid, SIGSTOP);
  EXPECT_TRUE(events_.wait_for(Kind::worker_lost, "was silent", 10s));
  EXPECT_TRUE(process_gone(pid));
  EXPECT_TRUE(device->counter().ok());
}

TEST_F(Supervision, AnIdleWorkerIsNotTakenForASilentOne) {
  auto config = obedient_printer();
  config.silence_limit = 2500ms;
  auto device = printer(config);
  const int pid = device->last_status().worker_pid;
  std::this_thread::sleep_for(4s);
  EXPECT_TRUE(device->counter().ok());
  EXPECT_EQ(device->last_status().worker_pid, pid);
}

TEST_F(Supervision, AWorkerOutlivesTheThreadThatOpenedIt) {
  std::unique_ptr<Printer> device;
  std::thread([&] { device = printer(obedient_printer()); }).join();
  const int pid = device->last_status().worker_pid;
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(process_gone(pid));
  EXPECT_TRUE(device->counter().ok());
  EXPECT_EQ(device->last_status().restarts, 0);
}

TEST_F(Supervision, SignalsFromTheTerminalOrAServiceManagerDoNotEndAWorker) {
  auto device = printer(obedient_printer());
  const int pid = device->last_status().worker_pid;
  EXPECT_NE(::getpgid(pid), ::getpgrp());  // Ctrl-C goes to the group
  const std::string by_another = "kill -INT " + std::to_string(pid) + "; kill -TERM " + std::to_string(pid) +
                                 "; kill -HUP " + std::to_string(pid);
  ASSERT_EQ(std::system(by_another.c_str()), 0);
  std::this_thread::sleep_for(300ms);
  EXPECT_TRUE(print(*device).ok());
  EXPECT_EQ(device->last_status().worker_pid, pid);
}

TEST_F(Supervision, FiftyOpensAndClosesLeaveNoDescriptorThreadOrProcessBehind) {
  const auto threads = [] {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ++count;
    return count;
  };
  auto once = [&] {
    auto device = printer(obedient_printer());
    ASSERT_TRUE(print(*device).ok());
    auto eye = camera(obedient());
    Frame frame;
    ASSERT_TRUE(eye->grab(Side::front, 1, 0, frame).ok());
  };
  once();  // the spawning thread stays, once
  const std::size_t descriptors_before = open_descriptors(), threads_before = threads();
  for (int i = 0; i < 25; ++i) once();
  EXPECT_EQ(open_descriptors(), descriptors_before);
  EXPECT_EQ(threads(), threads_before);
  int status = 0;
  EXPECT_EQ(::waitpid(-1, &status, WNOHANG), -1) << "a child is left";
}

TEST_F(Supervision, CrashesLeaveNoDescriptorOrProcessBehindEither) {
  auto config = misbehaving("crash-in-print");
  config.restart_budget = 100;
  config.backoff_first = config.backoff_most = 1ms;
  auto device = printer(config);
  print(*device);
  print(*device);
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 10; ++i) print(*device);
  EXPECT_EQ(open_descriptors(), before);
  device.reset();
  int status = 0;
  EXPECT_EQ(::waitpid(-1, &status, WNOHANG), -1);
}

TEST_F(Supervision, AWorkerHasNoDescriptorsOfTheCore) {
  // Not close-on-exec, as some library may do; high ones, so that nothing else takes their numbers by chance.
  std::vector<int> careless;
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (const int number : {50, 51, 77, 200}) careless.push_back(::fcntl(null, F_DUPFD, number));
  auto device = camera(obedient());
  Frame frame;
  ASSERT_TRUE(device->grab(Side::front, 1, 0, frame).ok());
  EXPECT_EQ(open_descriptors(std::to_string(device->last_status().worker_pid)),
            4u);  // nothing, log, log, socket
  for (const int fd : careless) {
    EXPECT_GE(fd, 50);
    EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(device->last_status().worker_pid) +
                                         "/fd/" + std::to_string(fd)));
    ::close(fd);
  }
  ::close(null);
}

/// Starts the helper, waits until its print hangs, kills it, and says whether the worker followed within 5 s.
void core_dies_and_worker_follows(const std::string& fault) {
  const std::string name = CORE_TO_KILL, library = plugin("test-misbehaving").string(), worker = WORKER;
  int out[2];
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, out[1], 1);
  const char* arguments[] = {name.c_str(), library.c_str(), worker.c_str(), fault.c_str(), nullptr};
  pid_t core = 0;
  ASSERT_EQ(::posix_spawn(&core, name.c_str(), &files, nullptr, const_cast<char**>(arguments), environ), 0);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(out[1]);
  char text[32] = {};
  ASSERT_GT(::read(out[0], text, sizeof text - 1), 0);
  const int pid = std::atoi(text);
  ASSERT_GT(pid, 1);
  std::this_thread::sleep_for(500ms);
  ASSERT_FALSE(process_gone(pid));
  ::kill(core, SIGKILL);
  ::waitpid(core, nullptr, 0);
  EXPECT_TRUE(gone_within(pid, 5s)) << fault;
  ::close(out[0]);
  if (!process_gone(pid)) signal_worker(pid, SIGKILL);
}

TEST_F(Supervision, WhenTheCoreIsKilledItsIdleWorkerEnds) {
  core_dies_and_worker_follows("none");
}

TEST_F(Supervision, WhenTheCoreIsKilledAHangingWorkerEndsToo) {
  core_dies_and_worker_follows("hang-in-print");
}

TEST_F(Supervision, WhenTheCoreIsKilledAWorkerInAnEndlessLoopEndsEvenWithoutTheKernelsHelp) {
  core_dies_and_worker_follows(
      "stubborn-hang-in-print");  // the driver has undone PDEATHSIG; the end of the socket remains
}

TEST_F(Supervision, WhenTheCoreIsKilledAFrozenWorkerEndsToo) {
  core_dies_and_worker_follows("freeze-in-print");  // no thread of it runs; the kernel's signal remains
}

}  // namespace ktp::devices::test
