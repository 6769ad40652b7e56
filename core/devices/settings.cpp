// SPDX-License-Identifier: Apache-2.0
#include "devices/settings.hpp"

#include <station/abi.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ktp::devices {
namespace {

constexpr std::size_t kMaxValue = 4'096;
constexpr std::size_t kMaxAll = 48 * 1'024;  // all of them travel in one message

std::string short_number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc{} ? std::string(text, end) : std::string("?");
}

std::string allowed(const wire::Option& option) {
  const auto range = [&] {
    std::string text;
    if (option.min != 0 || option.max != 0)
      text = " from " + short_number(option.min) + " to " + short_number(option.max);
    return option.unit.empty() ? text : text + " " + option.unit;
  };
  switch (option.type) {
    case STN_OPT_INTEGER:
      return "a whole number" + range();
    case STN_OPT_NUMBER:
      return "a number" + range();
    case STN_OPT_BOOLEAN:
      return "true or false";
    case STN_OPT_PATH:
      return "a path";
    case STN_OPT_CHOICE:
      return "one of " + option.choices;
    default:
      return "text of at most " + std::to_string(kMaxValue) + " bytes without control characters";
  }
}

bool in_range(const wire::Option& option, double value) {
  if (option.min == 0 && option.max == 0) return true;  // none declared
  return value >= option.min && value <= option.max;
}

bool is_choice(std::string_view choices, std::string_view value) {
  while (true) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

/// The value as the driver shall see it; nullopt: not allowed.
std::optional<std::string> accept(const wire::Option& option, const std::string& value) {
  const char* end = value.data() + value.size();
  if (value.size() > kMaxValue) return std::nullopt;
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return std::nullopt;
  switch (option.type) {
    case STN_OPT_INTEGER: {
      std::int64_t number = 0;
      const auto [stop, error] = std::from_chars(value.data(), end, number);
      if (error != std::errc{} || stop != end || !in_range(option, static_cast<double>(number)))
        return std::nullopt;
      return value;
    }
    case STN_OPT_NUMBER: {
      double number = 0;
      const auto [stop, error] = std::from_chars(value.data(), end, number);
      if (error != std::errc{} || stop != end || !std::isfinite(number) || !in_range(option, number))
        return std::nullopt;
      return value;
    }
    case STN_OPT_BOOLEAN:
      if (value == "true" || value == "yes" || value == "on") return "true";
      if (value == "false" || value == "no" || value == "off") return "false";
      return std::nullopt;
    case STN_OPT_PATH:
      if (value.empty() && (option.required != 0 || !option.default_value.empty())) return std::nullopt;
      return value;
    case STN_OPT_CHOICE:
      return is_choice(option.choices, value) ? std::optional(value) : std::nullopt;
    default:
      return value;
  }
}

}  // namespace

Result<std::vector<wire::Setting>> check_settings(const std::string& device, const std::string& driver,
                                                  std::span<const wire::Option> options,
                                                  const std::map<std::string, std::string>& given) {
  const std::string where = "device \"" + device + "\": setting ";
  for (const auto& [key, value] : given) {
    if (std::ranges::any_of(options, [&](const wire::Option& option) { return option.key == key; })) continue;
    std::string known;
    for (const wire::Option& option : options) known += (known.empty() ? "" : ", ") + option.key;
    return fail(ErrorCode::configuration, where + "\"" + key + "\" = \"" + value + "\" is unknown to " +
                                              driver + "; it knows " + (known.empty() ? "none" : known));
  }
  std::vector<wire::Setting> settings;
  for (const wire::Option& option : options) {
    const auto found = given.find(option.key);
    if (found == given.end()) {
      if (option.required != 0) {
        return fail(ErrorCode::configuration, where + "\"" + option.key + "\" is missing: " +
                                                  allowed(option) + " (" + option.doc + ")");
      }
      settings.push_back({option.key, option.default_value});
      continue;
    }
    auto value = accept(option, found->second);
    if (!value) {
      return fail(ErrorCode::configuration, where + "\"" + option.key + "\" = \"" + found->second +
                                                "\" is not allowed: " + allowed(option));
    }
    settings.push_back({option.key, *std::move(value)});
  }
  std::size_t bytes = 0;
  for (const wire::Setting& setting : settings) bytes += setting.key.size() + setting.value.size() + 8;
  if (bytes > kMaxAll) {
    return fail(ErrorCode::configuration, "device \"" + device + "\": its settings are " +
                                              std::to_string(bytes) + " bytes together, allowed are " +
                                              std::to_string(kMaxAll));
  }
  return settings;
}

}  // namespace ktp::devices
