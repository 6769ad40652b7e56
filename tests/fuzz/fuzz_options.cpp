// SPDX-License-Identifier: Apache-2.0
// A declared table and configured values, both hostile: lines "type|required|key|default|choices|min|max", an
// empty line, then lines "key=value".
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "devices/settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<ktp::wire::Option> options;
  std::map<std::string, std::string> given;
  std::string line;
  while (std::getline(lines, line) && !line.empty() && options.size() < 200) {
    std::istringstream fields(line);
    std::string field[7];
    for (std::string& one : field) std::getline(fields, one, '|');
    ktp::wire::Option option;
    option.type = static_cast<std::uint32_t>(std::strtoul(field[0].c_str(), nullptr, 10));
    option.required = field[1] == "1" ? 1 : 0;
    option.key = field[2];
    option.default_value = field[3];
    option.choices = field[4];
    option.min = std::strtod(field[5].c_str(), nullptr);
    option.max = std::strtod(field[6].c_str(), nullptr);
    options.push_back(std::move(option));
  }
  while (std::getline(lines, line)) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) given[line.substr(0, equals)] = line.substr(equals + 1);
  }
  const auto settings = ktp::devices::check_settings("device", "driver", options, given);
  if (!settings) return 0;
  if (settings->size() != options.size()) __builtin_trap();
  for (const auto& setting : *settings) {
    if (setting.value.find('\n') != std::string::npos && given.contains(setting.key)) __builtin_trap();
  }
  return 0;
}
