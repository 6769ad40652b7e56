// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "plugins/check_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = ktp::plugins::parse_check_report({reinterpret_cast<const char*>(data), size}, "r");
  // What was read once is written and read again as the same.
  if (report && !ktp::plugins::parse_check_report(to_json(*report), "r")) __builtin_trap();
  return 0;
}
