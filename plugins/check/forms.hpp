// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "plugins/check_report.hpp"

namespace ktp::check {

/// For people: one line a test, grouped, then the sum. `only_failed` leaves out pass and skip.
[[nodiscard]] std::string human(const plugins::CheckReport& report, bool only_failed);
/// JUnit's XML: one test suite; fail is a failure, crash an error, warn a passed case with its text in
/// system-out.
[[nodiscard]] std::string junit(const plugins::CheckReport& report, bool only_failed);

}  // namespace ktp::check
