// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace ktp::devices {

/// How often, and how soon, a lost worker is started again. Pure; not thread-safe.
class RestartPolicy {
 public:
  using Clock = std::chrono::steady_clock;
  using Ms = std::chrono::milliseconds;
  RestartPolicy(int budget, Ms window, Ms first, Ms most)
      : budget_(budget), window_(window), first_(first), most_(most) {}

  /// Books one restart and says how long to wait before it: the first of a window at once, then `first`,
  /// doubling up to `most`. nullopt: the budget is used up; the device is quarantined from now on.
  std::optional<Ms> book(Clock::time_point now) {
    while (!booked_.empty() && now - booked_.front() > window_) booked_.pop_front();
    if (quarantined_ || static_cast<std::ptrdiff_t>(booked_.size()) >= budget_) {
      quarantined_ = true;
      return std::nullopt;
    }
    Ms wait{0};
    for (std::size_t i = 0; i < booked_.size(); ++i) wait = std::min(most_, i == 0 ? first_ : wait * 2);
    booked_.push_back(now);
    return wait;
  }
  [[nodiscard]] bool quarantined() const { return quarantined_; }

 private:
  int budget_;
  Ms window_, first_, most_;
  std::deque<Clock::time_point> booked_;
  bool quarantined_ = false;
};

}  // namespace ktp::devices
