// SPDX-License-Identifier: Apache-2.0
// station-plugin-worker: loads one plugin, opens one device and does what the core asks over a socket that it
// inherits. Not for people to call; the core does (README.md has the arguments).
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "isolation.hpp"
#include "lockdown.hpp"
#include "pcsc.hpp"
#include "plugin.hpp"
#include "session.hpp"
#include "usb.hpp"
#include "usb_recorder.hpp"
#include "usb_replay.hpp"

namespace {

struct Arguments {
  int socket = -1, core = -1;
  bool check = false;  ///< prove the isolation and end; no plugin
  ktp::worker::Policy policy;
};

template <class Number>
bool number(std::string_view text, Number& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size();
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  if (argc < 4 || !number(argv[1], arguments.socket) || !number(argv[2], arguments.core) ||
      arguments.socket < 0 || arguments.core <= 0)
    return std::nullopt;
  if (std::string_view(argv[3]) == "--check")
    arguments.check = true;
  else
    arguments.policy.plugin = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string_view word = argv[i];
    const char* const value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (word == "--network") {
      arguments.policy.network = true;
    } else if (word == "--pcsc") {
      arguments.policy.pcsc = true;
    } else if (word == "--usb" && value != nullptr) {
      arguments.policy.usb = argv[++i];
    } else if (word == "--record" && value != nullptr) {
      arguments.policy.record = argv[++i];
    } else if (word == "--record-whole") {
      arguments.policy.record_whole = true;
    } else if (word == "--replay" && value != nullptr) {
      arguments.policy.replay = argv[++i];
    } else if (word == "--read" && value != nullptr) {
      arguments.policy.read.emplace_back(argv[++i]);
    } else if (word == "--write" && value != nullptr) {
      arguments.policy.write.emplace_back(argv[++i]);
    } else if (word == "--memory" && value != nullptr && number(value, arguments.policy.memory_bytes)) {
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ktp;
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs("station-plugin-worker is started by ktp-station, not by hand: see plugins/worker/README.md\n",
               stderr);
    return 64;
  }
  if (const std::string why = worker::lockdown(arguments->core); !why.empty()) {
    std::fprintf(stderr, "station-plugin-worker: %s\n", why.c_str());
    return 70;
  }
  const worker::Line line(arguments->socket);
  // Opened and claimed first: after `isolate` no device can be opened any more, also not this one. No code of
  // the plugin has run by then. Never destroyed, as the session that uses it.
  worker::Session::Transports with;
  if (!arguments->policy.usb.empty()) with.usb = new worker::Usb(arguments->policy.usb);
  if (with.usb != nullptr && !arguments->policy.record.empty())
    with.usb = with.recorder = new worker::UsbRecorder(
        *with.usb, arguments->policy.record, arguments->policy.record_whole,
        [&line](const std::string& why) { line.try_send(wire::Log{STN_LOG_WARNING, why}); });
  std::expected<std::string, std::string> transcript;
  if (!arguments->policy.replay.empty()) transcript = worker::read_transcript(arguments->policy.replay);
  // The same for the smart card service: nothing connects any more after `isolate`.
  with.pcsc = arguments->policy.pcsc ? new worker::Pcsc() : nullptr;
  auto measures = worker::isolate(arguments->policy, arguments->check ? -1 : arguments->socket);
  if (!measures) {
    line.send(0, 0, wire::Failed{"its worker cannot be confined: " + measures.error()});
    ::_exit(78);
  }
  if (arguments->check) worker::prove(*measures, arguments->core);
  line.send(0, 0, wire::Isolation{*measures});
  if (arguments->check) {
    line.send(0, 0, wire::Ready{});
    static_cast<void>(line.receive());  // Close, or the end of the core
    ::_exit(0);
  }
  // Behind the walls: a transcript may come from anywhere.
  if (!arguments->policy.replay.empty())
    with.usb = with.replay = new worker::UsbReplay(
        std::move(transcript), [&line](const std::string& what) { line.send(0, 0, wire::Violation{what}); });
  // Never destroyed: its threads use it until the very end, also when a driver calls exit().
  auto& session = *new worker::Session(arguments->socket, with);
  session.start_threads();  // before the plugin is loaded: its constructors may already hang
  const auto plugin = worker::load_plugin(arguments->policy.plugin, session.host());
  if (!plugin) {
    line.send(0, 0, wire::Failed{plugin.error()});
    ::_exit(78);
  }
  for (const auto& part : plugin->description) line.send(0, 0, part);
  line.send(0, 0, wire::Ready{});
  session.serve(*plugin);
}
