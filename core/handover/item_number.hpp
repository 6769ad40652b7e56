// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/error.hpp"

namespace ktp::handover {

/// The check digit of eight serial digits (UPU S10-12: weights 8 6 4 2 3 5 9 7, 11 - sum mod 11, 10 -> 0,
/// 11 -> 5). Nothing unless there are exactly eight digits.
[[nodiscard]] std::optional<char> s10_check_digit(std::string_view serial);

/// Two capitals, eight digits, check digit, "ID".
[[nodiscard]] std::string s10_item(std::string_view service, std::uint32_t serial);

/// An item number that was scanned or typed: 8 to 25 letters and digits, capitals after this; where it has
/// the shape of an S10 number its check digit must fit. Error bad_data saying which rule it breaks.
Result<std::string> checked_item(std::string_view text);

/// The item numbers that the post office gave this office: a service and the first and last serial.
struct ItemRange {
  std::string service = "ZA";  ///< two capitals (domestic: ZA to ZZ and others, docs/domain.md section 4)
  std::uint32_t first = 1, last = 99'999'999;

  /// The number after `used` (an S10 number of this service), or the first. Error configuration when the
  /// range is used up.
  Result<std::string> next(const std::optional<std::string>& used) const;
};

}  // namespace ktp::handover
