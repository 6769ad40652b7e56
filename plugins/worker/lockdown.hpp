// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ktp::worker {

/// Binds this process to the core and its life. Once, first of all. `parent` is the core's pid: when it has
/// already gone, the error says so. "" = done.
[[nodiscard]] std::string lockdown(int parent);

}  // namespace ktp::worker
