// SPDX-License-Identifier: Apache-2.0
// Drivers that crash, hang, lie or talk nonsense: what the station is told, and that it goes on.
#include <station/abi.h>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

class LostWorker : public DeviceTest {};

// ---- crashes ----

/// How to end a worker in each of the calls, and that call.
struct Death {
  const char* how;
  const char* where;
};
void PrintTo(const Death& death, std::ostream* out) {
  *out << death.how << " in " << death.where;
}
class Deaths : public DeviceTest, public ::testing::WithParamInterface<Death> {};

TEST_P(Deaths, CostTheCallAndNothingMore) {
  const std::string where = GetParam().where;
  auto config = misbehaving(std::string(GetParam().how) + "-in-" + where);
  CallResult result;
  DeviceStatus status;
  if (where == "grab") {
    auto device = camera(config);
    Frame frame;
    result = device->grab(Side::front, 1, 0, frame);
    EXPECT_TRUE(result.worker_lost);
    EXPECT_TRUE(device->status(status).ok());  // a new worker
    return;
  }
  auto device = printer(config);
  const int pid = device->last_status().worker_pid;
  std::optional<CardRecord> card;
  if (where == "print") result = print(*device);
  if (where == "status") result = device->status(status);
  if (where == "counter") result = device->counter();
  if (where == "lookup") result = device->lookup("T", card);
  if (where == "to_camera") result = device->to_camera("T");
  if (where == "route") result = device->route("T", "good");
  EXPECT_TRUE(result.worker_lost);
  EXPECT_FALSE(result.ok());
  EXPECT_NE(result.code, 0);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
  EXPECT_EQ(result.at, CardAt::unknown);
  EXPECT_NE(result.message.find("its worker "), std::string::npos) << result.message;
  EXPECT_TRUE(process_gone(pid));
  EXPECT_TRUE(events_.wait_for(Kind::worker_lost));
  EXPECT_FALSE(device->last_status().worker_alive);

  result = where == "counter" ? device->to_camera("T") : device->counter();  // the call that does not strike
  EXPECT_TRUE(result.ok()) << result.message;
  EXPECT_NE(device->last_status().worker_pid, pid);
  EXPECT_EQ(device->last_status().restarts, 1);
}

INSTANTIATE_TEST_SUITE_P(
    each, Deaths,
    ::testing::Values(Death{"crash", "print"}, Death{"crash", "status"}, Death{"crash", "counter"},
                      Death{"crash", "lookup"}, Death{"crash", "to_camera"}, Death{"crash", "route"},
                      Death{"crash", "grab"}, Death{"abort", "print"}, Death{"exit", "print"},
                      Death{"throw", "print"}, Death{"throw", "route"}, Death{"garbage", "print"},
                      Death{"hang-up", "print"}, Death{"hang", "route"}, Death{"hang", "grab"}),
    [](const auto& instance) {
      std::string name = std::string(instance.param.how) + "_in_" + instance.param.where;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_F(LostWorker, ACrashInOpenIsAnError) {
  const auto device = Printer::open(misbehaving("crash-in-open"), events_.sink());
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().message.find("while opening it"), std::string::npos) << device.error().message;
}

TEST_F(LostWorker, ACrashInCloseDoesNotReachTheStation) {
  auto device = printer(misbehaving("crash-in-close"));
  const int pid = device->last_status().worker_pid;
  device.reset();
  EXPECT_TRUE(process_gone(pid));
}

// ---- hangs ----

TEST_F(LostWorker, AHangingPrintIsEndedAtItsDeadlineAndItsCardIsUnknown) {
  auto device = printer(misbehaving("hang-in-print"));
  const int pid = device->last_status().worker_pid;
  const auto begin = std::chrono::steady_clock::now();
  const CallResult result = print(*device);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_TRUE(result.worker_lost);
  EXPECT_EQ(result.code, STN_E_TIMEOUT);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
  EXPECT_EQ(result.action, Action::none);
  EXPECT_GE(took, 400ms);  // its deadline
  EXPECT_LT(took, 3s);
  EXPECT_TRUE(process_gone(pid));
}

TEST_F(LostWorker, AWorkerThatIgnoresSigtermIsKilled) {
  auto device = printer(misbehaving("stubborn-hang-in-print"));
  const int pid = device->last_status().worker_pid;
  const auto begin = std::chrono::steady_clock::now();
  const CallResult result = print(*device);
  EXPECT_TRUE(result.worker_lost);
  EXPECT_NE(result.message.find("signal 9"), std::string::npos) << result.message;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_TRUE(process_gone(pid));
}

TEST_F(LostWorker, ADriverThatHeedsTheInterruptKeepsItsWorkerAndItsAnswer) {
  auto device = printer(misbehaving("heeds-interrupt"));
  const int pid = device->last_status().worker_pid;
  const CallResult result = print(*device);
  EXPECT_FALSE(result.worker_lost);
  EXPECT_EQ(result.code, STN_E_CANCELLED);
  EXPECT_EQ(result.outcome, CardOutcome::spoiled);
  EXPECT_EQ(result.at, CardAt::reject);
  EXPECT_EQ(device->last_status().worker_pid, pid);
}

TEST_F(LostWorker, ADriverThatHangsInItsInterruptIsEndedToo) {
  auto device = printer(misbehaving("hang-in-interrupt"));
  const CallResult result = print(*device);
  EXPECT_TRUE(result.worker_lost);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
}

TEST_F(LostWorker, AHangInOpenIsAnErrorAtItsDeadline) {
  auto config = misbehaving("hang-in-open");
  config.open_deadline = 1500ms;
  const auto begin = std::chrono::steady_clock::now();
  const auto device = Printer::open(config, nullptr);
  EXPECT_FALSE(device);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 6s);
}

TEST_F(LostWorker, AHangInCloseIsEndedWithinTheGracePeriods) {
  auto device = printer(misbehaving("hang-in-close"));
  const int pid = device->last_status().worker_pid;
  const auto begin = std::chrono::steady_clock::now();
  device.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_TRUE(process_gone(pid));
}

// ---- lies about a card ----

struct Lie {
  const char* fault;
  const char* violation;
};
void PrintTo(const Lie& lie, std::ostream* out) {
  *out << lie.fault;
}
class Lies : public DeviceTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(Lies, MakeTheCardUnknownAndAreNamed) {
  auto device = printer(misbehaving(GetParam().fault));
  const CallResult result = print(*device);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
  EXPECT_EQ(result.at, CardAt::unknown);
  EXPECT_EQ(result.action, Action::stop_device);
  EXPECT_FALSE(result.ok());
  EXPECT_NE(result.violation.find(GetParam().violation), std::string::npos) << result.violation;
  EXPECT_TRUE(events_.wait_for(Kind::violation, GetParam().violation));
  EXPECT_FALSE(result.worker_lost);
}

INSTANTIATE_TEST_SUITE_P(
    each, Lies,
    ::testing::Values(Lie{"printed-without-count", "does not show one card (counter 10 -> 10)"},
                      Lie{"printed-two", "does not show one card (counter 10 -> 12)"},
                      Lie{"ok-without-card", "reports success, but the card as not-started"},
                      Lie{"not-started-but-counted",
                          "says not started, but its counter went on (counter 10 -> 11)"},
                      Lie{"counter-back", "counter went back from 11 to 10"},
                      Lie{"nothing-filled", "returned 0 but its result says 32"},
                      Lie{"two-answers", "returned 13 but its result says 0"},
                      Lie{"wrong-size", "changed the size of its result to 7"},
                      Lie{"unterminated-message", "message is not terminated"},
                      Lie{"unknown-outcome", "unknown outcome 77"}, Lie{"unknown-code", "unknown code 4711"},
                      Lie{"two-uids", "two chip UIDs"}),
    [](const auto& instance) {
      std::string name = instance.param.fault;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_F(LostWorker, AnUnknownCardIsNeverOfferedForRetry) {
  auto device = printer(misbehaving("unknown-but-retry"));
  const CallResult result = print(*device);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
  EXPECT_EQ(result.action, Action::none);
}

TEST_F(LostWorker, ACounterThatFallsBetweenCallsIsNamed) {
  auto device = printer(misbehaving("counter-falls"));
  EXPECT_TRUE(device->counter().ok());
  const CallResult result = device->counter();
  EXPECT_NE(result.violation.find("counter went back from 11 to 10"), std::string::npos) << result.violation;
}

TEST_F(LostWorker, AMoveThatDidNotArriveIsNoSuccess) {
  auto device = printer(misbehaving("not-moved"));
  const CallResult moved = device->to_camera("T");
  EXPECT_FALSE(moved.ok());
  EXPECT_NE(moved.violation.find("has it at inside"), std::string::npos);
  EXPECT_FALSE(device->route("T", "good").ok());
}

TEST_F(LostWorker, ALookupWithAnOddCardIsNotBelieved) {
  for (const char* fault : {"odd-card", "odd-uid"}) {
    auto device = printer(misbehaving(fault));
    std::optional<CardRecord> card;
    const CallResult result = device->lookup("T", card);
    EXPECT_FALSE(card);
    EXPECT_FALSE(result.ok());
    EXPECT_NE(result.violation, "");
  }
}

TEST_F(LostWorker, ADriverCannotWriteIntoThePrintPictures) {
  auto device = printer(misbehaving("write-to-raster"));
  EXPECT_TRUE(print(*device).worker_lost);
}

// ---- events ----

TEST_F(LostWorker, ProgressThatGoesBackIsNamed) {
  auto device = printer(misbehaving("progress-back"));
  EXPECT_TRUE(print(*device).ok());
  EXPECT_TRUE(events_.wait_for(Kind::violation, "progress went back from step 4 to 2"));
}

TEST_F(LostWorker, AnEventWhoseTextDoesNotEndIsNamed) {
  auto device = printer(misbehaving("unterminated-event"));
  DeviceStatus status;
  EXPECT_TRUE(device->status(status).ok());
  EXPECT_TRUE(events_.wait_for(Kind::violation, "text is not terminated"));
}

TEST_F(LostWorker, EventsAfterCloseAreCountedAndNotPassedOn) {
  auto device = printer(misbehaving("late-event"));
  device.reset();
  EXPECT_EQ(events_.count(Kind::violation, "posted 2 events after close"), 1);
  EXPECT_EQ(events_.count(Kind::supply), 0);
}

TEST_F(LostWorker, FloodsAreThinnedOutAndDoNotDelayTheAnswer) {
  for (const char* fault : {"log-flood", "stderr-flood", "event-flood"}) {
    Events events;
    auto config = misbehaving(fault);
    config.status_deadline = 20s;
    auto opened = Printer::open(config, events.sink());
    ASSERT_TRUE(opened);
    DeviceStatus status;
    EXPECT_TRUE((*opened)->status(status).ok()) << fault;
    EXPECT_TRUE((*opened)->counter().ok()) << fault;
    opened->reset();
    const auto heard = events.all().size();
    EXPECT_GT(heard, 50u) << fault;
    EXPECT_LT(heard, 15'000u) << fault;
  }
}

TEST_F(LostWorker, TextOfAPluginArrivesAsCleanUtf8) {
  auto device = printer(misbehaving("odd-text"));
  DeviceStatus status;
  ASSERT_TRUE(device->status(status).ok());
  ASSERT_EQ(status.reasons.size(), 1u);
  EXPECT_EQ(status.reasons[0].keyword, "media-?jam?");
  EXPECT_EQ(status.violations, (std::map<std::string, std::uint64_t>{{"malformed-event", 1}}));
  EXPECT_TRUE(events_.wait_for(Kind::log, "caf? ?[31mred"));
}

}  // namespace ktp::devices::test
