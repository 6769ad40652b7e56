// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace ktp::check {

/// The host a plugin under test sees: every answer is the test's. Functions of the table may be called from
/// any thread.
class FakeHost {
 public:
  explicit FakeHost(bool real_time);
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const stn_host* table() const { return &sized_.host; }
  /// The table as a later station gives it: longer, with something behind what this plugin knows.
  void pretend_newer();

  [[nodiscard]] std::uint64_t now() const;
  /// Operation `op` counts as cancelled from its n-th question (`cancelled` or sleep) on; 0 = at once, -1 =
  /// never.
  void cancel_from(std::uint64_t op, std::int64_t question);
  [[nodiscard]] std::int64_t questions() const { return questions_; }

  /// Events are expected between these two.
  void device_opens() { open_ = true; }
  void device_closed() { open_ = false; }
  [[nodiscard]] std::uint64_t late_events() const { return late_; }
  /// What was posted since the last call.
  [[nodiscard]] std::vector<stn_event> take_events();
  /// What is wrong with events and log lines by themselves, since the last call: sizes, unterminated text.
  [[nodiscard]] std::vector<std::string> take_complaints();

 private:
  struct Sized {
    stn_host host{};
    unsigned char later_fields[64]{};  // what a newer station might have: garbage to an older plugin
  };
  static FakeHost& self(const stn_host* host) { return *static_cast<FakeHost*>(host->ctx); }
  void post(const stn_event* event);
  bool ask(std::uint64_t op);
  void complain(std::string what);

  const bool real_time_;
  Sized sized_;
  std::atomic<std::uint64_t> skipped_{0};  // nanoseconds of sleep that were not slept
  std::atomic<std::uint64_t> cancel_op_{0};
  std::atomic<std::int64_t> cancel_question_{-1};
  std::atomic<std::int64_t> questions_{0};
  std::atomic<bool> open_{false};
  std::atomic<std::uint64_t> late_{0};
  std::mutex mutex_;  // guards the two below
  std::vector<stn_event> events_;
  std::vector<std::string> complaints_;
};

}  // namespace ktp::check
