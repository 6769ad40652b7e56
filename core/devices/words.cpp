// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ctime>

#include "devices/devices.hpp"

namespace ktp::devices {

std::string_view to_string(CardOutcome outcome) {
  switch (outcome) {
    case CardOutcome::not_started:
      return "not-started";
    case CardOutcome::printed:
      return "printed";
    case CardOutcome::spoiled:
      return "spoiled";
    case CardOutcome::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(CardAt at) {
  switch (at) {
    case CardAt::hopper:
      return "hopper";
    case CardAt::inside:
      return "inside";
    case CardAt::camera:
      return "camera";
    case CardAt::output:
      return "output";
    case CardAt::reject:
      return "reject";
    case CardAt::unknown:
      break;
  }
  return "unknown";
}

std::string_view to_string(State state) {
  switch (state) {
    case State::idle:
      return "idle";
    case State::processing:
      return "processing";
    case State::stopped:
      break;
  }
  return "stopped";
}

std::string_view to_string(Protection::Force force) {
  switch (force) {
    case Protection::Force::in_force:
      return "in force";
    case Protection::Force::weaker:
      return "weaker";
    case Protection::Force::missing:
      break;
  }
  return "missing";
}

bool DeviceStatus::ready() const {
  return worker_alive && state != State::stopped && std::ranges::none_of(reasons, [](const Reason& reason) {
           return reason.severity == Severity::error;
         });
}

std::uint64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace ktp::devices
