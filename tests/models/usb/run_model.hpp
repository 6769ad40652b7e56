// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

namespace model {

/// Listens at the socket `control`, says `ready ADDRESS` on standard output, and answers one line a
/// connection with one line of `command`, until SIGTERM. The exit code.
int run_model(const std::string& address, const std::string& control,
              std::function<std::string(const std::string&)> command);

}  // namespace model
