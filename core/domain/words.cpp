// SPDX-License-Identifier: Apache-2.0
#include "domain/words.hpp"

#include <algorithm>
#include <string>

namespace ktp {

namespace {

bool is_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool has_long_number(std::string_view text) {
  int digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : (c == ' ' || c == '-' || c == '.') ? digits : 0;
    if (digits >= 8) return true;
  }
  return false;
}

std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name)
    if (c != ' ' && c != '\t') text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

Result<void> check_words(std::string_view field, std::string_view text, std::size_t most) {
  const std::string name(field);
  if (text.find_first_not_of(' ') == std::string_view::npos || text.size() > most || !is_text(text))
    return fail(ErrorCode::bad_data, name + ": 1 to " + std::to_string(most) + " characters on one line");
  if (has_long_number(text))
    return fail(ErrorCode::bad_data, name + ": no numbers of persons; it stays in the log for ever");
  return {};
}

bool same_name(std::string_view one, std::string_view other) {
  return folded(one) == folded(other);
}

}  // namespace ktp
