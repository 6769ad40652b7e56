// SPDX-License-Identifier: Apache-2.0
#include "handover/csv_cell.hpp"

#include <string_view>

namespace ktp::handover {

std::string csv_cell(std::string value) {
  if (!value.empty() && std::string_view("=+-@\t\r").find(value[0]) != std::string_view::npos)
    value.insert(0, "'");
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace ktp::handover
