// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "devices/devices.hpp"

namespace ktp::devices::test {

using namespace std::chrono_literals;
using Kind = DeviceEvent::Kind;

/// Everything a device said, from any thread.
class Events {
 public:
  EventSink sink() {
    return [this](const DeviceEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
      changed_.notify_all();
    };
  }
  /// True as soon as there is an event of this kind whose text contains `words`.
  bool wait_for(Kind kind, const std::string& words = {}, std::chrono::milliseconds limit = 5s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return count_locked(kind, words) > 0; });
  }
  int count(Kind kind, const std::string& words = {}) {
    const std::lock_guard lock(mutex_);
    return count_locked(kind, words);
  }
  std::vector<DeviceEvent> all() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  int count_locked(Kind kind, const std::string& words) const {
    return static_cast<int>(std::ranges::count_if(events_, [&](const DeviceEvent& event) {
      return event.kind == kind && event.text.find(words) != std::string::npos;
    }));
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DeviceEvent> events_;
};

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ktp-devices-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path plugin(const std::string& name) {
  return std::filesystem::path(TEST_PLUGINS) / (name + ".so");
}

class DeviceTest : public ::testing::Test {
 protected:
  DeviceConfig obedient() {
    DeviceConfig config;
    config.name = "device";
    config.plugin = plugin("test-obedient");
    config.worker = WORKER;
    return config;
  }
  DeviceConfig obedient_printer() {
    DeviceConfig config = obedient();
    config.settings = {{"folder", folder_.path().string()}};
    return config;
  }
  /// Short deadlines: these devices are going to miss them.
  DeviceConfig misbehaving(const std::string& fault) {
    DeviceConfig config;
    config.name = "device";
    config.plugin = plugin("test-misbehaving");
    config.worker = WORKER;
    config.settings = {{"fault", fault}};
    config.print_deadline = config.grab_deadline = config.move_deadline = config.status_deadline = 400ms;
    config.interrupt_grace = config.term_grace = 200ms;
    config.backoff_first = 20ms;
    config.backoff_most = 50ms;
    return config;
  }
  std::unique_ptr<Printer> printer(DeviceConfig config) {
    auto opened = Printer::open(std::move(config), events_.sink());
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  std::unique_ptr<Camera> camera(DeviceConfig config) {
    auto opened = Camera::open(std::move(config), events_.sink());
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  CallResult print(Printer& device) {
    return device.print("TOKEN0000000000000000000000000001", card_, nullptr, 300);
  }

  Folder folder_;
  Events events_;
  Image card_{100, 60, 3, 200};
};

/// Sends a signal to a worker, if there is one: pid 0 would be our own process group.
inline void signal_worker(int pid, int number) {
  if (pid > 1) ::kill(pid, number);
}

/// Gone, or dead and only not yet reaped by whoever inherited it.
inline bool process_gone(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return true;
  return line.find(") Z ") != std::string::npos;
}

inline bool gone_within(int pid, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!process_gone(pid)) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

inline std::size_t open_descriptors(const std::string& pid = "self") {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/" + pid + "/fd"))
    ++count;
  return count;
}

}  // namespace ktp::devices::test
