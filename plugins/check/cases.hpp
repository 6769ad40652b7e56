// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <vector>

#include "check/bench.hpp"

namespace ktp::check {

/// One test: what it is called, what it asserts in one sentence, how. It runs in a process of its own;
/// whatever the plugin does to that process is part of the answer.
struct Case {
  const char* name;
  const char* about;
  void (*run)(Bench&);
};

[[nodiscard]] std::span<const Case> library_cases();
[[nodiscard]] std::span<const Case> config_cases();
[[nodiscard]] std::span<const Case> life_cases();
[[nodiscard]] std::span<const Case> printer_cases();
[[nodiscard]] std::span<const Case> fault_cases();
[[nodiscard]] std::span<const Case> camera_cases();
[[nodiscard]] std::span<const Case> reader_cases();
/// A random sequence of calls in an order that is allowed, from the subject's seed.
[[nodiscard]] const Case& fuzz_case();

/// All but the fuzz case, in the order in which they are run and shown.
[[nodiscard]] std::vector<const Case*> all_cases();

}  // namespace ktp::check
