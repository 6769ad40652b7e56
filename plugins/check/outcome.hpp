// SPDX-License-Identifier: Apache-2.0
// How a test speaks while it runs: lines on a pipe, each written at once, so that what was said before a
// crash arrives.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "plugins/check_report.hpp"

namespace ktp::check {

/// The test's end of the pipe.
class Teller {
 public:
  explicit Teller(int fd) : fd_(fd) {}
  /// From here on the plugin's `call` runs; "" = the plugin has returned.
  void enter(std::string_view call) const { line('@', call); }
  void found(plugins::CheckStatus status, std::string_view what) const;
  void driver(std::string_view description) const { line('#', description); }
  void end() const { line('.', ""); }

 private:
  void line(char kind, std::string_view text) const;
  int fd_;
};

/// The other end: takes bytes as they come.
class Listener {
 public:
  void take(std::span<const char> bytes);

  bool ended = false;  ///< the test ran to its end
  std::string call;    ///< which call of the plugin ran last and did not return
  plugins::CheckStatus status = plugins::CheckStatus::pass;  ///< the worst that was found
  std::string message;                                       ///< everything that was found, "; " between
  std::string drivers;                                       ///< the `driver` lines, newline after each

  void add(plugins::CheckStatus status, std::string_view what);

 private:
  void line(std::string_view text);
  std::string rest_;
};

}  // namespace ktp::check
