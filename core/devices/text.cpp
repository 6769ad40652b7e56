// SPDX-License-Identifier: Apache-2.0
#include "devices/text.hpp"

#include <cstdint>

namespace ktp::devices {
namespace {

/// Bytes of the UTF-8 character at the front of `rest`, 0 when it is none (RFC 3629: no overlong forms, no
/// surrogates).
std::size_t character(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(rest[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || rest.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const std::uint8_t second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return n;
}

}  // namespace

std::string clean_text(std::string_view raw, std::size_t most) {
  std::string out;
  while (!raw.empty()) {
    const std::size_t n = character(raw);
    const bool control = n == 1 && (static_cast<std::uint8_t>(raw[0]) < 0x20 || raw[0] == 0x7F);
    const std::string_view next = n == 0 || control ? "?" : raw.substr(0, n);
    if (out.size() + next.size() > most) break;
    out += next;
    raw.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

}  // namespace ktp::devices
