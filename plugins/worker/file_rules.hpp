// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>

#include "isolation.hpp"

namespace ktp::worker {

/// Which revision of Landlock the running kernel has; 0 = none.
[[nodiscard]] int landlock_revision();

/// From now on this process opens only what the policy grants and what every program needs (libraries, fonts,
/// time zones, /dev/null, random numbers, itself in /proc). Files it holds open stay open. Source of the
/// numbers: Linux Documentation/userspace-api/landlock.rst.
[[nodiscard]] std::expected<wire::Measure, std::string> restrict_files(const Policy& policy);

}  // namespace ktp::worker
