// SPDX-License-Identifier: Apache-2.0
// What the wall between core and driver costs: one call, one picture in, one picture out, one new worker.
// Prints medians and 95th percentiles; not a test.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "devices/devices.hpp"

using namespace ktp::devices;

namespace {

void measure(const char* what, int times, const std::function<void()>& body) {
  std::vector<double> us;
  for (int i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(us);
  std::printf("%-48s median %9.1f us, 95 %% %9.1f us (%d times)\n", what, us[us.size() / 2],
              us[us.size() * 95 / 100], times);
}

}  // namespace

int main() {
  DeviceConfig config;
  config.name = "bench";
  config.plugin = std::filesystem::path(TEST_PLUGINS) / "test-obedient.so";
  config.worker = WORKER;
  config.restart_budget = 1'000;
  config.backoff_first = config.backoff_most = std::chrono::milliseconds(0);
  DeviceConfig eye = config;
  std::string folder = (std::filesystem::temp_directory_path() / "ktp-bench-XXXXXX").string();
  config.settings = {{"folder", ::mkdtemp(folder.data())}};
  eye.settings = {{"width", "2048"}, {"height", "1366"}};

  measure("open and close", 50, [&] { static_cast<void>(Printer::open(config, nullptr)); });
  auto printer = *Printer::open(config, nullptr);
  measure("counter(): one call and its answer", 5'000, [&] { printer->counter(); });
  const ktp::Image face(2022, 1275);
  measure("print of two sides at 600 dpi, driver included", 50,
          [&] { printer->print("BENCH", face, &face, 600); });
  auto camera = *Camera::open(eye, nullptr);
  Frame frame;
  measure("grab of 8.4 MB, driver's drawing included", 100,
          [&] { camera->grab(ktp::Side::front, 1, 0, frame); });
  ktp::Image copy;
  measure("  of which: a copy of 8.4 MB into a new picture", 100, [&] { copy = ktp::Image(frame.image); });
  measure("worker killed -> next call answered", 50, [&] {
    if (const int pid = printer->last_status().worker_pid; pid > 1) ::kill(pid, SIGKILL);
    printer->counter();
  });
  printer.reset();
  std::filesystem::remove_all(folder);
}
