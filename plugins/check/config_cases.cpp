// SPDX-License-Identifier: Apache-2.0
// The declared options.
#include <algorithm>
#include <cmath>
#include <limits>

#include "check/cases.hpp"
#include "devices/settings.hpp"

namespace ktp::check {
namespace {

std::string written(const wire::Option& option, double value) {
  if (option.type == STN_OPT_INTEGER) return std::to_string(static_cast<long long>(value));
  std::string text = std::to_string(value);
  return text;
}

/// What is wrong with one value of one option, "" if the station would accept it.
std::string refused(const wire::Option& option, const std::string& value) {
  wire::Option alone = option;
  alone.required = 0;
  const auto checked =
      devices::check_settings("check", "driver", std::span(&alone, 1), {{option.key, value}});
  return checked ? std::string() : checked.error().message;
}

void declared(Bench& b) {
  b.prepare();
  std::vector<std::string> keys;
  for (const wire::Option& option : b.options()) {
    const std::string where = "option " + option.key + ": ";
    const bool good =
        !option.key.empty() && option.key.size() <= 63 && std::ranges::all_of(option.key, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        });
    if (!good) b.fail("an option's key is not 1 to 63 of a-z, 0-9, '_' and '-': \"" + option.key + "\"");
    if (std::ranges::find(keys, option.key) != keys.end()) b.fail(where + "is declared twice");
    keys.push_back(option.key);
    if (option.doc.empty()) b.warn(where + "has no sentence that explains it");
    if (!std::isfinite(option.min) || !std::isfinite(option.max) || option.min > option.max)
      b.fail(where + "its limits are no range");
    if (option.type == STN_OPT_CHOICE && option.choices.empty()) b.fail(where + "has no choices");
    if ((option.flags & ~STN_OPTION_NEEDS_RESTART) != 0) b.fail(where + "has unknown flags");
    if (option.required == 0) {
      if (const std::string why = refused(option, option.default_value); !why.empty())
        b.fail(where + "its default \"" + option.default_value + "\" is not allowed by itself: " + why);
    }
  }
}

/// Opens with one setting changed; whatever the driver says to it, it must say it properly.
void with(Bench& b, const std::map<std::string, std::string>& settings) {
  const auto result = b.open(settings, b.subject().serial);
  if (!b.is_open()) return;
  static_cast<void>(result);
  b.close();
}

void edges(Bench& b) {
  b.prepare();
  std::string why;
  const auto settings = b.settings(why);
  if (!settings) b.skip("cannot be opened here: " + why);
  int tried = 0;
  for (const wire::Option& option : b.options()) {
    std::vector<std::string> values;
    if ((option.type == STN_OPT_INTEGER || option.type == STN_OPT_NUMBER) &&
        (option.min != 0 || option.max != 0))
      values = {written(option, option.min), written(option, option.max)};
    if (option.type == STN_OPT_BOOLEAN) values = {"true", "false"};
    if (option.type == STN_OPT_CHOICE) {
      for (std::size_t from = 0; from <= option.choices.size();) {
        const std::size_t bar = std::min(option.choices.find('|', from), option.choices.size());
        values.push_back(option.choices.substr(from, bar - from));
        from = bar + 1;
      }
    }
    for (const std::string& value : values) {
      auto changed = *settings;
      changed[option.key] = value;
      with(b, changed);
      ++tried;
    }
  }
  if (tried == 0) b.skip("no option has limits or choices");
}

/// The station never hands over such values; a driver that dies of them dies of a bug.
void nonsense(Bench& b) {
  b.prepare();
  std::string why;
  const auto settings = b.settings(why);
  if (!settings) b.skip("cannot be opened here: " + why);
  with(b, {});
  auto more = *settings;
  more["no-such-setting"] = "1";
  with(b, more);
  for (const wire::Option& option : b.options()) {
    if (option.type == STN_OPT_PATH || option.type == STN_OPT_TEXT) continue;
    auto changed = *settings;
    changed[option.key] = "not at all a value";
    with(b, changed);
  }
}

constexpr Case kCases[] = {
    {"config.declared",
     "every option has a key of its own, limits that are a range, and a default that is allowed", declared},
    {"config.edges", "opening with the smallest, the largest and every choice ends in a proper answer",
     edges},
    {"config.nonsense", "a setting nobody declared or cannot be read ends in a proper answer", nonsense},
};

}  // namespace

std::span<const Case> config_cases() {
  return kCases;
}

}  // namespace ktp::check
