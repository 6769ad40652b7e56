// SPDX-License-Identifier: Apache-2.0
// Is this machine fit to be a station? Nothing is changed, no device is opened, no plugin is loaded.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ktp::app {

/// What one look found. `warning`: it works, with less safety; `bad`: it will not work.
struct Finding {
  enum class Grade { ok, warning, bad } grade = Grade::ok;
  std::string what;
  std::string words;  ///< English, one line, nothing personal
};
/// "ok", "warning", "bad".
[[nodiscard]] const char* to_string(Finding::Grade grade);

/// Worker and isolation, plugins, configuration ("" = the one beside the program), data folder. Starts the
/// worker once to see what holds it: about a tenth of a second.
[[nodiscard]] std::vector<Finding> look_at_machine(const std::filesystem::path& config,
                                                   const std::filesystem::path& data);

}  // namespace ktp::app
