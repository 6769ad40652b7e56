// SPDX-License-Identifier: Apache-2.0
// The settings of a driver: how it declares them (constexpr tables of stn_option) and how it reads them. Part
// of plugin.hpp.
#ifndef STATION_OPTIONS_HPP
#define STATION_OPTIONS_HPP

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "station/abi.h"
#include "station/report.hpp"

namespace station {

/// In every declaration: `doc` is one English sentence; a null default means the setting must be given.
constexpr stn_option text(const char* key, const char* doc, const char* default_value = nullptr) {
  return {sizeof(stn_option), STN_OPT_TEXT, key, "", default_value, nullptr, doc, 0, 0, 0, 0};
}
constexpr stn_option path(const char* key, const char* doc, const char* default_value = nullptr) {
  return {sizeof(stn_option), STN_OPT_PATH, key, "", default_value, nullptr, doc, 0, 0, 0, 0};
}
constexpr stn_option boolean(const char* key, const char* default_value, const char* doc) {
  return {sizeof(stn_option), STN_OPT_BOOLEAN, key, "", default_value, nullptr, doc, 0, 0, 0, 0};
}
/// `choices`: "a|b|c".
constexpr stn_option choice(const char* key, const char* default_value, const char* choices,
                            const char* doc) {
  return {sizeof(stn_option), STN_OPT_CHOICE, key, "", default_value, choices, doc, 0, 0, 0, 0};
}
/// `min` and `max` are allowed themselves; unit as in "ms", "mm", "".
constexpr stn_option integer(const char* key, const char* default_value, double min, double max,
                             const char* unit, const char* doc) {
  return {sizeof(stn_option), STN_OPT_INTEGER, key, unit, default_value, nullptr, doc, min, max, 0, 0};
}
constexpr stn_option number(const char* key, const char* default_value, double min, double max,
                            const char* unit, const char* doc) {
  return {sizeof(stn_option), STN_OPT_NUMBER, key, unit, default_value, nullptr, doc, min, max, 0, 0};
}

/// The same path option, marked: the driver only reads what is there, and the station opens it no further.
constexpr stn_option read_only(stn_option option) {
  option.choices = "read";
  return option;
}

/// The same option, marked: a new value counts only after the device was opened anew.
constexpr stn_option needs_restart(stn_option option) {
  option.flags |= STN_OPTION_NEEDS_RESTART;
  return option;
}

/// What the driver was opened with. The station has checked every value against the declaration and filled in
/// defaults, so a Failure from here means that the driver asks for a key it never declared. Valid during the
/// constructor only.
class Settings {
 public:
  Settings(const stn_setting* settings, std::uint32_t count) : settings_(settings), count_(count) {}

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] std::string text(std::string_view key) const { return need(key); }
  [[nodiscard]] std::int64_t integer(std::string_view key) const {
    const char* value = need(key);
    char* end = nullptr;
    const long long parsed = std::strtoll(value, &end, 10);
    if (end == value || *end != 0) wrong(key, value);
    return parsed;
  }
  [[nodiscard]] double number(std::string_view key) const {
    const char* value = need(key);
    char* end = nullptr;
    const double parsed = std::strtod(value, &end);
    if (end == value || *end != 0) wrong(key, value);
    return parsed;
  }
  [[nodiscard]] bool boolean(std::string_view key) const {
    const std::string_view value = need(key);
    if (value == "true") return true;
    if (value != "false") wrong(key, value);
    return false;
  }

 private:
  [[nodiscard]] const char* find(std::string_view key) const {
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (settings_[i].key != nullptr && settings_[i].value != nullptr && key == settings_[i].key)
        return settings_[i].value;
    }
    return nullptr;
  }
  [[nodiscard]] const char* need(std::string_view key) const {
    const char* value = find(key);
    if (value == nullptr) throw Failure(STN_E_BAD_INPUT, "setting " + std::string(key) + " is missing");
    return value;
  }
  [[noreturn]] static void wrong(std::string_view key, std::string_view value) {
    throw Failure(STN_E_BAD_INPUT,
                  "setting " + std::string(key) + ": \"" + std::string(value) + "\" cannot be read");
  }

  const stn_setting* settings_;
  std::uint32_t count_;
};

}  // namespace station

#endif
