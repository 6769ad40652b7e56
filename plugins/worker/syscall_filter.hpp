// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>

#include "isolation.hpp"

namespace ktp::worker {

/// From now on the system calls that a driver has no business with fail: other programs and processes,
/// looking into and signalling other processes, networks (unless granted), mounts, modules, keys, changing
/// file modes. Threads, memory, files and time are not touched. The loud ones also tell the core over
/// `socket` (-1: no).
[[nodiscard]] std::expected<wire::Measure, std::string> restrict_system_calls(const Policy& policy,
                                                                              int socket);

}  // namespace ktp::worker
