// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "devices/wire/channel.hpp"

namespace ktp::worker {

/// The worker's end of the socket. Thread-safe. A core that has gone ends the process on the spot: nobody is
/// left to tell.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {}
  /// Waits until the core takes it.
  void send(std::uint64_t op, std::uint64_t seq, wire::Body body) const;
  /// Does not wait; false when the core is behind.
  bool try_send(wire::Body body) const;
  /// The next packet of the core; returns only with one.
  wire::Packet receive() const;

 private:
  int socket_;
};

}  // namespace ktp::worker
