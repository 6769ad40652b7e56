// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace ktp::web {

/// Who is logged in. In memory only: a new start of the station asks everybody again. Threads: any.
class Sessions {
 public:
  using Clock = std::chrono::steady_clock;
  struct Session {
    std::string user, csrf;
    Clock::time_point begun{}, used{};
  };
  static constexpr auto kIdle = std::chrono::minutes(30);
  static constexpr auto kLongest = std::chrono::hours(12);
  static constexpr std::size_t kMost = 256;

  /// A new session under a name nobody could have known before: what a browser brought along is never taken
  /// up.
  std::string begin(const std::string& user, Clock::time_point now = Clock::now());
  /// The session, if it goes on; looking it up keeps it alive unless `quietly`.
  std::optional<Session> find(const std::string& name, bool quietly = false,
                              Clock::time_point now = Clock::now());
  void end(const std::string& name);
  void end_all_of(const std::string& user);

 private:
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;
};

}  // namespace ktp::web
