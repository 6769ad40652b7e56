// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace ktp::devices {

/// Token bucket: `burst` at once, then `per_second`. Not thread-safe. Counts what it turned away.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;
  RateLimit(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  bool allow(Clock::time_point now = Clock::now()) {
    if (last_ != Clock::time_point{}) {
      tokens_ = std::min(burst_, tokens_ + per_second_ * std::chrono::duration<double>(now - last_).count());
    }
    last_ = now;
    if (tokens_ < 1) {
      ++dropped_;
      return false;
    }
    tokens_ -= 1;
    return true;
  }
  /// How many were turned away since the last call of this function.
  std::uint64_t take_dropped() { return std::exchange(dropped_, 0); }

 private:
  double per_second_, burst_, tokens_;
  Clock::time_point last_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace ktp::devices
