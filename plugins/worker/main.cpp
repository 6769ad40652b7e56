// SPDX-License-Identifier: Apache-2.0
// station-plugin-worker: loads one plugin, opens one device and does what the core asks over a socket that it
// inherits. Not for people to call; the core does: station-plugin-worker SOCKET-FD CORE-PID PLUGIN
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "lockdown.hpp"
#include "plugin.hpp"
#include "session.hpp"

namespace {

std::optional<int> number(const char* text) {
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto socket = argc == 4 ? number(argv[1]) : std::nullopt;
  const auto core = argc == 4 ? number(argv[2]) : std::nullopt;
  if (!socket || !core) {
    std::fputs("station-plugin-worker is started by ktp-station, not by hand: see plugins/worker/README.md\n",
               stderr);
    return 64;
  }
  if (const std::string why = ktp::worker::lockdown(*core); !why.empty()) {
    std::fprintf(stderr, "station-plugin-worker: %s\n", why.c_str());
    return 70;
  }
  // Never destroyed: its threads use it until the very end, also when a driver calls exit().
  auto& session = *new ktp::worker::Session(*socket);
  session.start_threads();  // before the plugin is loaded: its constructors may already hang
  const auto plugin = ktp::worker::load_plugin(argv[3], session.host());
  if (!plugin) {
    session.line().send(0, 0, ktp::wire::Failed{plugin.error()});
    ::_exit(78);
  }
  for (const auto& part : plugin->description) session.line().send(0, 0, part);
  session.line().send(0, 0, ktp::wire::Ready{});
  session.serve(*plugin);
}
