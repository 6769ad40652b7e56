// SPDX-License-Identifier: Apache-2.0
#include "line.hpp"

#include <unistd.h>

namespace ktp::worker {

void Line::send(std::uint64_t op, std::uint64_t seq, wire::Body body) const {
  if (wire::send(socket_, {op, seq, std::move(body)}, wire::Wait::yes) == wire::Sent::gone) ::_exit(0);
}

bool Line::try_send(wire::Body body) const {
  const wire::Sent sent = wire::send(socket_, {0, 0, std::move(body)}, wire::Wait::no);
  if (sent == wire::Sent::gone) ::_exit(0);
  return sent == wire::Sent::yes;
}

wire::Packet Line::receive() const {
  wire::Packet packet;
  if (wire::receive(socket_, packet, wire::Wait::yes) != wire::Received::packet) ::_exit(0);
  return packet;
}

}  // namespace ktp::worker
