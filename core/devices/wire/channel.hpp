// SPDX-License-Identifier: Apache-2.0
// Packets over the socket pair between core and worker, with descriptors (SCM_RIGHTS). Both ends are used
// from several threads without a lock: SOCK_SEQPACKET takes each packet whole.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "devices/wire.hpp"
#include "devices/wire/fd.hpp"

namespace ktp::wire {

inline constexpr std::size_t kMaxFds = 8;

enum class Sent { yes, full, gone };
enum class Wait { no, yes };

/// Sends one message. `full`: the other side does not read and Wait::no was asked. Descriptors stay the
/// caller's.
Sent send(int socket, const Message& message, Wait wait, std::span<const int> fds = {});

struct Packet {
  std::vector<std::uint8_t> bytes;
  std::vector<Fd> fds;
};
enum class Received { packet, nothing, end };

/// Takes one packet; `end` when the other side is gone. A packet that was cut arrives with no bytes, so
/// decode refuses it.
Received receive(int socket, Packet& packet, Wait wait);

}  // namespace ktp::wire
