// SPDX-License-Identifier: Apache-2.0
// A device whose plug is pulled, and put back.
#include <station/abi.h>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

class Hotplug : public DeviceTest {
 protected:
  void unplug() { std::ofstream(folder_.path() / "unplugged") << 1; }
  void plug_in() { std::filesystem::remove(folder_.path() / "unplugged"); }
  /// Asks until the device answers again.
  bool back_within(Printer& device, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!device.counter().ok()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }
};

TEST_F(Hotplug, ADeviceThatGoesIsStoppedSaysSoAndComesBackAsTheSame) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(print(*device).ok());
  const int pid = device->last_status().worker_pid;
  unplug();
  const CallResult gone = device->counter();
  EXPECT_EQ(gone.code, STN_E_REMOVED);
  EXPECT_EQ(gone.action, Action::gone);
  EXPECT_FALSE(gone.worker_lost);
  EXPECT_TRUE(process_gone(pid));
  const DeviceStatus away = device->last_status();
  EXPECT_EQ(away.state, State::stopped);
  EXPECT_FALSE(away.ready());
  ASSERT_EQ(away.reasons.size(), 1u);
  EXPECT_EQ(away.reasons[0].keyword, "connecting-to-device");
  EXPECT_EQ(away.reasons[0].severity, Severity::error);
  const CallResult print_now = print(*device);
  EXPECT_EQ(print_now.outcome, CardOutcome::not_started);
  EXPECT_EQ(print_now.action, Action::gone);

  plug_in();
  ASSERT_TRUE(back_within(*device, 10s));
  EXPECT_EQ(device->counter().counter_after, 1u);
  EXPECT_TRUE(device->last_status().reasons.empty());
  EXPECT_TRUE(print(*device).ok());
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

TEST_F(Hotplug, APrintCutOffByThePlugIsUnknownAndTheCounterSettlesItOnReturn) {
  auto config = obedient_printer();
  config.settings["label"] = "unplug-in-print";
  auto device = printer(config);
  const CallResult result = print(*device);
  EXPECT_EQ(result.outcome, CardOutcome::unknown);
  EXPECT_EQ(result.action, Action::gone);
  EXPECT_EQ(result.violation, "");
  plug_in();
  ASSERT_TRUE(back_within(*device, 10s));
  EXPECT_EQ(device->counter().counter_after, 1u);  // the blank was fed
}

TEST_F(Hotplug, ComingAndGoingOftenNeitherUsesUpTheRestartsNorLeaksAnything) {
  auto config = obedient_printer();
  config.restart_budget = 1;
  auto device = printer(config);
  ASSERT_TRUE(device->counter().ok());
  unplug();
  device->counter();
  plug_in();
  ASSERT_TRUE(back_within(*device, 10s));
  const auto before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    unplug();
    EXPECT_EQ(device->counter().action, Action::gone);
    plug_in();
    ASSERT_TRUE(back_within(*device, 10s));
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(events_.count(Kind::violation), 0);
}

TEST_F(Hotplug, ADeviceThatIsNotThereAtTheStartIsAnErrorOrWaitedForAsConfigured) {
  unplug();
  auto config = obedient_printer();
  EXPECT_FALSE(Printer::open(config, events_.sink()));
  config.may_be_absent = true;
  auto device = printer(config);
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->counter().action, Action::gone);
  EXPECT_EQ(device->last_status().reasons.at(0).keyword, "connecting-to-device");
  plug_in();
  ASSERT_TRUE(back_within(*device, 10s));
  EXPECT_TRUE(print(*device).ok());
  EXPECT_GT(device->native_dpi(), 0);
  std::ofstream(folder_.path() / "taken") << 1;
  EXPECT_FALSE(Printer::open(config, events_.sink())) << "absent is not the same as in other hands";
}

TEST_F(Hotplug, AnotherDeviceInItsPlaceIsNoticedByItsCounter) {
  auto device = printer(obedient_printer());
  ASSERT_TRUE(print(*device).ok());
  ASSERT_TRUE(print(*device).ok());
  unplug();
  device->counter();
  std::ofstream(folder_.path() / "count") << 1;
  plug_in();
  std::this_thread::sleep_for(600ms);
  EXPECT_NE(device->counter().violation.find("counter went back from 2 to 1"), std::string::npos);
  const CallResult printed = print(*device);
  EXPECT_EQ(printed.outcome, CardOutcome::unknown);
}

}  // namespace ktp::devices::test
