// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace textprint {

/// The device does not answer as it should.
struct Silent : std::runtime_error {  // in time
  using std::runtime_error::runtime_error;
};
struct Gone : std::runtime_error {  // the connection has ended
  using std::runtime_error::runtime_error;
};

/// A connection that speaks in lines. One thread, except `wake`. Every wait ends: by what came, by `wake`, or
/// when `limit_ms` is over.
class Connection {
 public:
  /// Throws Gone when nobody listens at `path`.
  explicit Connection(const std::string& path);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Throws Gone or Silent.
  void send(std::string_view bytes);
  /// The next line without its end. `idle` is asked at least every 50 ms while nothing comes.
  std::string line(int limit_ms, const std::function<void()>& idle = {});
  /// Any thread: a waiting `line` asks `idle` at once.
  void wake() noexcept;

 private:
  int socket_ = -1, wake_ = -1;
  std::string rest_;
};

}  // namespace textprint
