// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "devices/devices.hpp"
#include "devices/wire.hpp"
#include "devices/wire/rate_limit.hpp"

namespace ktp::devices {

/// What a device has said of itself, kept up to date from its events, which it passes on to the sink. `hear`,
/// `line` and `tell` are called by one thread at a time (the reader; the caller while there is none); the
/// rest by any. Bounded: a device that posts more than 64 reasons or supplies, or faster than 500 a second,
/// is cut off and reported.
class StatusBoard {
 public:
  StatusBoard(std::string device, EventSink sink) : device_(std::move(device)), sink_(std::move(sink)) {}

  void hear(const wire::Message& message);
  /// A line the worker wrote to stderr.
  void line(std::string_view text);
  void tell(DeviceEvent::Kind kind, std::string text, std::int64_t a = 0);
  /// From now on nothing reaches the sink: its owner is going.
  void mute() { muted_ = true; }

  /// Reasons and supplies of one status call replace the old ones only when the call was answered.
  void begin(std::uint64_t op, bool status_call);
  struct Notes {
    std::string uid;
    std::string violation;
  };
  /// What was heard during the operation. `card_at` is set for an answered status call.
  Notes end(const CardAt* card_at);

  /// A new worker says everything anew.
  void worker_started(int pid);
  /// What the new worker has given up. Returns what is to be told of it: each protection that is not in
  /// force, once for the life of the board.
  std::vector<std::string> confined(std::vector<Protection> protections);
  void worker_gone();
  /// No worker is started for it any more; a new worker ends that.
  void quarantined(Quarantine how);
  /// The device itself has gone, or is back.
  void removed(bool gone);
  [[nodiscard]] DeviceStatus snapshot() const;

 private:
  void forward(DeviceEvent event);
  void hear_event(const wire::Event& event);
  std::string apply(const wire::Event& event, DeviceEvent& out);  // under mutex_; returns a violation

  bool grown(const std::string& id, std::int64_t level);  // under mutex_
  static std::string doubt_supply(DeviceStatus& status, const std::string& id, std::int64_t level);

  using Clock = std::chrono::steady_clock;
  const std::string device_;
  const EventSink sink_;
  std::atomic<bool> muted_{false};
  RateLimit events_{500, 1'000};
  RateLimit lines_{50, 200};

  mutable std::mutex mutex_;  // guards what follows; never held while the sink runs
  DeviceStatus status_;
  bool started_before_ = false;
  bool told_isolation_ = false;
  std::map<std::string, std::int64_t> levels_;   // the last level of each supply, over status calls
  Clock::time_point idle_since_ = Clock::now();  // the end of the last operation that was no status call
  bool attended_ = true;  // since the last operation somebody may have had their hands in the machine
  bool collecting_ = false;
  DeviceStatus fresh_;  // what a status call under way has brought so far
  std::uint64_t op_ = 0;
  std::int64_t step_ = -1;
  Notes notes_;
};

}  // namespace ktp::devices
