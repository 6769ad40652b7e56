// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace ktp::plugins {

/// How one test of the checker ended. crash: the process died; skip: could not be run here (no device, no
/// such capability), said in the message.
enum class CheckStatus { pass, warn, fail, crash, skip };
[[nodiscard]] std::string_view to_string(CheckStatus status);

struct CheckResult {
  std::string test;   ///< "printer.print"
  std::string about;  ///< one sentence: what is tested
  CheckStatus status = CheckStatus::skip;
  std::string message;  ///< what was found; "" for pass
  std::int64_t milliseconds = 0;
};

/// What `plugin check` found, as it is stored beside the library (docs/contracts.md section 8).
struct CheckReport {
  std::string plugin;  ///< file name of the library
  std::string sha256;  ///< of the library
  std::string id, version;
  std::string checked;                                  ///< RFC 3339, UTC
  unsigned abi_major = 0, abi_minor = 0;                ///< of the checker
  unsigned plugin_abi_major = 0, plugin_abi_minor = 0;  ///< the header the plugin was built with
  std::string checker;                                  ///< version of the program
  std::vector<CheckResult> results;

  [[nodiscard]] int count(CheckStatus status) const;
  /// No test failed or crashed, and at least one passed.
  [[nodiscard]] bool clean() const;
};

inline constexpr std::size_t kMaxReport = 4u << 20;  ///< bytes

/// The stored form: one JSON object, two spaces of indent, a newline at the end.
[[nodiscard]] std::string to_json(const CheckReport& report);
/// Pure; any bytes are allowed. Error configuration names `name` and what is wrong.
[[nodiscard]] Result<CheckReport> parse_check_report(std::string_view json, const std::string& name);
/// The report beside a library. Error input_missing when there is none.
[[nodiscard]] Result<CheckReport> read_check_report(const std::filesystem::path& library);
/// Writes it beside the library: whole or not at all, also when power fails.
[[nodiscard]] Result<std::filesystem::path> store_check_report(const std::filesystem::path& library,
                                                               const CheckReport& report);

}  // namespace ktp::plugins
