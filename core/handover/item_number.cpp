// SPDX-License-Identifier: Apache-2.0
#include "handover/item_number.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace ktp::handover {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

bool has_s10_shape(std::string_view item) {
  return item.size() == 13 && is_capital(item[0]) && is_capital(item[1]) &&
         std::ranges::all_of(item.substr(2, 9), is_digit) && is_capital(item[11]) && is_capital(item[12]);
}

}  // namespace

std::optional<char> s10_check_digit(std::string_view serial) {
  constexpr std::array kWeights{8, 6, 4, 2, 3, 5, 9, 7};
  if (serial.size() != kWeights.size() || !std::ranges::all_of(serial, is_digit)) return std::nullopt;
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (serial[i] - '0');
  const int check = 11 - sum % 11;
  return static_cast<char>('0' + (check == 10 ? 0 : check == 11 ? 5 : check));
}

std::string s10_item(std::string_view service, std::uint32_t serial) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08u", serial % 100'000'000);
  return std::string(service) + digits + *s10_check_digit(digits) + "ID";
}

Result<std::string> checked_item(std::string_view text) {
  std::string item;
  for (const char c : text) {
    if (c == ' ' || c == '-') continue;  // as people write it
    item += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (item.size() < 8 || item.size() > 25 ||
      !std::ranges::all_of(item, [](char c) { return is_digit(c) || is_capital(c); }))
    return fail(ErrorCode::bad_data, "item: must be 8 to 25 letters and digits");
  if (std::ranges::count_if(item, is_digit) >= 16)
    return fail(ErrorCode::bad_data, "item: sixteen digits look like a NIK; scan the post office's number");
  if (has_s10_shape(item) && item[10] != *s10_check_digit(std::string_view(item).substr(2, 8)))
    return fail(ErrorCode::bad_data, "item: the check digit of " + item + " does not fit; scan it again");
  return item;
}

Result<std::string> ItemRange::next(const std::optional<std::string>& used) const {
  std::uint32_t serial = first;
  if (used && has_s10_shape(*used))
    serial = std::max(serial,
                      static_cast<std::uint32_t>(std::strtoul(used->substr(2, 8).c_str(), nullptr, 10)) + 1);
  if (serial > last)
    return fail(ErrorCode::configuration, "the range of item numbers of service " + service +
                                              " is used up; get a new range from the post office and set "
                                              "handover: item-numbers in station.yaml");
  return s10_item(service, serial);
}

}  // namespace ktp::handover
