// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

namespace ktp::devices {

/// How often, and how soon, a lost worker is started again. The budget counts losses, whatever was done in
/// between: each may cost a card. The wait only grows while restarts do not help: a worker that did its work
/// before it was lost is replaced at once. Pure; not thread-safe.
class RestartPolicy {
 public:
  using Clock = std::chrono::steady_clock;
  using Ms = std::chrono::milliseconds;
  /// `quarantine`: how long a device with a used-up budget is left alone before it gets a new one; 0 = for
  /// ever.
  RestartPolicy(int budget, Ms window, Ms first, Ms most, Ms quarantine = Ms{0})
      : budget_(budget), window_(window), first_(first), most_(most), quarantine_(quarantine) {}

  /// Books one restart and says how long to wait before it: after work was done at once, then `first`,
  /// doubling up to `most`. nullopt: the budget is used up; the device is quarantined from now on.
  std::optional<Ms> book(Clock::time_point now) {
    if (quarantined_ && quarantine_ > Ms{0} && now - since_ >= quarantine_) {
      quarantined_ = false;
      booked_.clear();
      in_vain_ = 0;
    }
    while (!booked_.empty() && now - booked_.front() > window_) booked_.pop_front();
    if (quarantined_ || static_cast<std::ptrdiff_t>(booked_.size()) >= budget_) {
      if (!quarantined_) since_ = now;
      quarantined_ = true;
      return std::nullopt;
    }
    const std::size_t in_a_row = std::min(in_vain_, booked_.size());
    Ms wait{0};
    for (std::size_t i = 0; i < in_a_row && wait < most_; ++i)
      wait = std::min(most_, i == 0 ? first_ : wait * 2);
    booked_.push_back(now);
    ++in_vain_;
    return wait;
  }
  /// The worker has done what it is there for (printed, moved, photographed).
  void worked() { in_vain_ = 0; }
  [[nodiscard]] bool quarantined() const { return quarantined_; }

 private:
  int budget_;
  Ms window_, first_, most_, quarantine_;
  std::deque<Clock::time_point> booked_;
  std::size_t in_vain_ = 0;  // restarts since the last work done
  bool quarantined_ = false;
  Clock::time_point since_{};
};

}  // namespace ktp::devices
