// SPDX-License-Identifier: Apache-2.0
#include "check/forms.hpp"

#include <cstdio>

namespace ktp::check {
namespace {

using plugins::CheckResult;
using plugins::CheckStatus;

bool shown(const CheckResult& result, bool only_failed) {
  return !only_failed || (result.status != CheckStatus::pass && result.status != CheckStatus::skip);
}

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string seconds(std::int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(ms) / 1'000);
  return text;
}

}  // namespace

std::string human(const plugins::CheckReport& report, bool only_failed) {
  std::string out = report.plugin + "  " + report.id + " " + report.version + "  ABI " +
                    std::to_string(report.plugin_abi_major) + "." + std::to_string(report.plugin_abi_minor) +
                    "\n";
  for (const CheckResult& result : report.results) {
    if (!shown(result, only_failed)) continue;
    std::string line = "  " + std::string(plugins::to_string(result.status));
    line.resize(9, ' ');
    line += result.test;
    if (line.size() < 36) line.resize(36, ' ');
    out += line + " " + (result.message.empty() ? result.about : result.message) + "\n";
  }
  out += std::to_string(report.count(CheckStatus::pass)) + " passed, " +
         std::to_string(report.count(CheckStatus::warn)) + " warned, " +
         std::to_string(report.count(CheckStatus::fail)) + " failed, " +
         std::to_string(report.count(CheckStatus::crash)) + " crashed, " +
         std::to_string(report.count(CheckStatus::skip)) + " skipped\n";
  return out;
}

std::string junit(const plugins::CheckReport& report, bool only_failed) {
  std::string cases;
  std::int64_t total = 0;
  int count = 0, failures = 0, errors = 0, skipped = 0;
  for (const CheckResult& result : report.results) {
    if (!shown(result, only_failed)) continue;
    ++count;
    total += result.milliseconds;
    const auto dot = result.test.find('.');
    cases += "  <testcase classname=\"" + xml(report.id) + "." + xml(result.test.substr(0, dot)) +
             "\" name=\"" + xml(result.test) + "\" time=\"" + seconds(result.milliseconds) + "\"";
    switch (result.status) {
      case CheckStatus::fail:
        ++failures;
        cases += "><failure message=\"" + xml(result.message) + "\"/></testcase>\n";
        break;
      case CheckStatus::crash:
        ++errors;
        cases += "><error message=\"" + xml(result.message) + "\"/></testcase>\n";
        break;
      case CheckStatus::skip:
        ++skipped;
        cases += "><skipped message=\"" + xml(result.message) + "\"/></testcase>\n";
        break;
      case CheckStatus::warn:
        cases += "><system-out>warning: " + xml(result.message) + "</system-out></testcase>\n";
        break;
      default:
        cases += "/>\n";
    }
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"plugin check " + xml(report.plugin) +
         "\" tests=\"" + std::to_string(count) + "\" failures=\"" + std::to_string(failures) +
         "\" errors=\"" + std::to_string(errors) + "\" skipped=\"" + std::to_string(skipped) + "\" time=\"" +
         seconds(total) + "\" timestamp=\"" + report.checked + "\">\n" + cases + "</testsuite>\n";
}

}  // namespace ktp::check
