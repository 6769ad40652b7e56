// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ktp::worker {

/// Binds this process to the core and takes away what a driver does not need. Once, before the plugin's file
/// is even opened. `parent` is the core's pid: when it has already gone, the error says so. "" = done.
[[nodiscard]] std::string lockdown(int parent);

}  // namespace ktp::worker
