// SPDX-License-Identifier: Apache-2.0
#include "plugins/check_report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "plugins/plugin_file.hpp"

namespace ktp::plugins {
namespace {

constexpr std::array<std::string_view, 5> kStatuses{"pass", "warn", "fail", "crash", "skip"};

std::string text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "1.0" -> {1, 0}; false: not of that form.
bool read_version(const std::string& text, unsigned& major, unsigned& minor) {
  unsigned parts[2] = {0, 0};
  int part = 0;
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '.' && part == 0 && digits != 0) {
      part = 1;
      digits = 0;
    } else if (c >= '0' && c <= '9' && ++digits <= 5) {
      parts[part] = parts[part] * 10 + static_cast<unsigned>(c - '0');
    } else {
      return false;
    }
  }
  major = parts[0];
  minor = parts[1];
  return part == 1 && digits != 0;
}

std::string version(unsigned major, unsigned minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace

std::string_view to_string(CheckStatus status) {
  return kStatuses[static_cast<std::size_t>(status)];
}

int CheckReport::count(CheckStatus status) const {
  return static_cast<int>(std::ranges::count(results, status, &CheckResult::status));
}

bool CheckReport::clean() const {
  return count(CheckStatus::fail) == 0 && count(CheckStatus::crash) == 0 && count(CheckStatus::pass) != 0;
}

std::string to_json(const CheckReport& report) {
  nlohmann::ordered_json json{{"report", 1},
                              {"plugin", report.plugin},
                              {"sha256", report.sha256},
                              {"id", report.id},
                              {"version", report.version},
                              {"checked", report.checked},
                              {"abi", version(report.abi_major, report.abi_minor)},
                              {"plugin_abi", version(report.plugin_abi_major, report.plugin_abi_minor)},
                              {"checker", report.checker},
                              {"clean", report.clean()}};
  auto& counts = json["counts"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < kStatuses.size(); ++i)
    counts[std::string(kStatuses[i])] = report.count(static_cast<CheckStatus>(i));
  auto& results = json["results"] = nlohmann::ordered_json::array();
  for (const CheckResult& result : report.results) {
    results.push_back({{"test", result.test},
                       {"about", result.about},
                       {"status", std::string(to_string(result.status))},
                       {"message", result.message},
                       {"ms", result.milliseconds}});
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<CheckReport> parse_check_report(std::string_view text, const std::string& name) {
  const auto no = [&](const std::string& what) {
    return fail(ErrorCode::configuration,
                name + ": " + what + "; make it anew with `ktp-station plugin check`");
  };
  if (text.size() > kMaxReport) return no("is larger than " + std::to_string(kMaxReport) + " bytes");
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return no("is no check report");
  if (const auto form = json.find("report"); form == json.end() || *form != 1)
    return no("report: form 1 is needed");
  CheckReport report;
  report.plugin = text_of(json, "plugin");
  report.sha256 = text_of(json, "sha256");
  report.id = text_of(json, "id");
  report.version = text_of(json, "version");
  report.checked = text_of(json, "checked");
  report.checker = text_of(json, "checker");
  if (report.sha256.size() != 64) return no("sha256: must be 64 hex digits");
  if (!read_version(text_of(json, "abi"), report.abi_major, report.abi_minor))
    return no("abi: must be like 1.0");
  if (!read_version(text_of(json, "plugin_abi"), report.plugin_abi_major, report.plugin_abi_minor))
    return no("plugin_abi: must be like 1.0");
  const auto results = json.find("results");
  if (results == json.end() || !results->is_array() || results->size() > 10'000)
    return no("results: must be a list");
  for (const auto& item : *results) {
    if (!item.is_object()) return no("results: an entry is no object");
    CheckResult result;
    result.test = text_of(item, "test");
    result.about = text_of(item, "about");
    result.message = text_of(item, "message");
    const auto status = std::ranges::find(kStatuses, text_of(item, "status"));
    if (result.test.empty() || status == kStatuses.end())
      return no("results: an entry has no test or an unknown status");
    result.status = static_cast<CheckStatus>(status - kStatuses.begin());
    if (const auto ms = item.find("ms"); ms != item.end() && ms->is_number_integer())
      result.milliseconds = ms->get<std::int64_t>();
    report.results.push_back(std::move(result));
  }
  return report;
}

Result<CheckReport> read_check_report(const std::filesystem::path& library) {
  const auto path = beside(library, kReportSuffix);
  const auto text = read_small(path, kMaxReport);
  if (!text) return std::unexpected(text.error());
  return parse_check_report(*text, path.string());
}

Result<std::filesystem::path> store_check_report(const std::filesystem::path& library,
                                                 const CheckReport& report) {
  const auto path = beside(library, kReportSuffix);
  std::string part = path.string() + ".XXXXXX";
  const auto no = [&](const char* what) {
    const std::string why = std::strerror(errno);
    ::unlink(part.c_str());
    return fail(ErrorCode::configuration, path.string() + ": the report cannot be " + what + ": " + why);
  };
  const int fd = ::mkostemp(part.data(), O_CLOEXEC);
  if (fd < 0) return no("written");
  const std::string text = to_json(report);
  bool good = ::fchmod(fd, 0644) == 0;
  for (std::size_t at = 0; good && at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n > 0)
      at += static_cast<std::size_t>(n);
    else if (errno != EINTR)
      good = false;
  }
  good = good && ::fsync(fd) == 0;
  ::close(fd);
  if (!good) return no("written");
  if (::rename(part.c_str(), path.c_str()) != 0) return no("put in place");
  if (const int folder = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return path;
}

}  // namespace ktp::plugins
