// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace ktp {

/// A calendar day. Only `parse` and the constant expressions of tests make one; parsed dates exist in the
/// Gregorian calendar.
struct Date {
  int year = 0, month = 0, day = 0;
  /// "DD-MM-YYYY", years 1900 to 2199; nothing else.
  static std::optional<Date> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Date&, const Date&) = default;
};

[[nodiscard]] bool date_exists(int year, int month, int day);

}  // namespace ktp
