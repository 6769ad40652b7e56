// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace ktp::check {

/// Sleeps asked of the C library (nanosleep, clock_nanosleep, usleep, sleep) by anything in this process but
/// the fake host, so far.
struct OwnSleeps {
  std::uint64_t times = 0, ns = 0;
};
[[nodiscard]] OwnSleeps own_sleeps();

/// A sleep that is not counted; goes on when a signal interrupts it.
void uncounted_sleep(std::uint64_t ns);

}  // namespace ktp::check
