// SPDX-License-Identifier: Apache-2.0
#include "domain/date.hpp"

#include <chrono>
#include <cstdio>

namespace ktp {

bool date_exists(int year, int month, int day) {
  if (year < 1 || year > 9999 || month < 1 || day < 1) return false;
  return std::chrono::year_month_day{std::chrono::year{year},
                                     std::chrono::month{static_cast<unsigned>(month)},
                                     std::chrono::day{static_cast<unsigned>(day)}}
      .ok();
}

std::optional<Date> Date::parse(std::string_view text) {
  if (text.size() != 10 || text[2] != '-' || text[5] != '-') return std::nullopt;
  const auto number = [&](std::size_t from, std::size_t count) {
    int value = 0;
    for (std::size_t i = from; i < from + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const Date date{number(6, 4), number(3, 2), number(0, 2)};
  if (date.year < 1900 || date.year > 2199 || !date_exists(date.year, date.month, date.day))
    return std::nullopt;
  return date;
}

std::string Date::to_string() const {
  char text[16];
  std::snprintf(text, sizeof text, "%02d-%02d-%04d", day, month, year);
  return text;
}

}  // namespace ktp
