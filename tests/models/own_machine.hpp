// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ktp::model {

/// Gives this process, and what it starts, a machine of its own: an empty /run and a loopback network that
/// nobody else is on, so that services with fixed ports and sockets can run beside each other. Once a
/// process; it must have no other thread yet. "" = done, else what this machine lacks, to skip a test with.
[[nodiscard]] const std::string& own_machine();

/// One more address of this machine's loopback, like 127.0.0.2. "" = it is there.
[[nodiscard]] std::string add_loopback_address(const std::string& address);

}  // namespace ktp::model
