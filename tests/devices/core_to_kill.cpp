// SPDX-License-Identifier: Apache-2.0
// A core for tests to kill: opens the misbehaving printer with a fault, tells the worker's pid and prints,
// which mostly hangs.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "devices/devices.hpp"

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  ktp::devices::DeviceConfig config;
  config.name = "device";
  config.plugin = argv[1];
  config.worker = argv[2];
  config.settings = {{"fault", argv[3]}};
  const auto printer = ktp::devices::Printer::open(config, nullptr);
  if (!printer) return 70;
  std::printf("%d\n", (*printer)->last_status().worker_pid);
  std::fflush(stdout);
  (*printer)->print("TOKEN", ktp::Image(8, 8), nullptr, 300);
  std::this_thread::sleep_for(std::chrono::minutes(1));
}
