// SPDX-License-Identifier: Apache-2.0
// What the device's lines mean. Pure: tests/replies_test.cpp throws everything at it.
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <station/abi.h>

namespace textprint {

inline std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const auto space = line.find(' ');
    if (space != 0) words.emplace_back(line.substr(0, space));
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  return words;
}

inline std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Status {
  bool stopped = false, cover_open = false;
  std::int64_t hopper = -2, ribbon = -2, ribbon_max = -2;
};

/// "OK idle hopper=450 ribbon=87/100 cover=closed"; nullopt: not of that form.
inline std::optional<Status> parse_status(std::string_view line) {
  const auto parts = words(line);
  if (parts.size() < 2 || parts[0] != "OK" || (parts[1] != "idle" && parts[1] != "stopped"))
    return std::nullopt;
  Status status;
  status.stopped = parts[1] == "stopped";
  for (std::size_t i = 2; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::string key = parts[i].substr(0, equals), value = parts[i].substr(equals + 1);
    if (key == "hopper") {
      const auto n = number(value);
      if (!n) return std::nullopt;
      status.hopper = static_cast<std::int64_t>(*n);
    } else if (key == "ribbon") {
      const auto slash = value.find('/');
      const auto level = number(value.substr(0, slash));
      const auto most = slash == std::string::npos ? std::nullopt : number(value.substr(slash + 1));
      if (!level || !most || *level > *most) return std::nullopt;
      status.ribbon = static_cast<std::int64_t>(*level);
      status.ribbon_max = static_cast<std::int64_t>(*most);
    } else if (key == "cover") {
      status.cover_open = value == "open";
    }  // a later firmware may say more
  }
  return status;
}

/// The station's code for the word after ERR or SPOILED.
inline std::int32_t code_of(std::string_view word) {
  if (word == "cover") return STN_E_COVER;
  if (word == "ribbon") return STN_E_SUPPLY;
  if (word == "hopper") return STN_E_MEDIA;
  if (word == "jam") return STN_E_JAM;
  if (word == "cancelled") return STN_E_CANCELLED;
  if (word == "size" || word == "token" || word == "where") return STN_E_BAD_INPUT;
  if (word == "unknown") return STN_E_NOT_FOUND;
  return STN_E_PROTOCOL;
}

inline std::uint32_t place_of(std::string_view word) {
  if (word == "inside") return STN_AT_INSIDE;
  if (word == "camera") return STN_AT_CAMERA;
  if (word == "output") return STN_AT_OUTPUT;
  return STN_AT_UNKNOWN;
}

}  // namespace textprint
