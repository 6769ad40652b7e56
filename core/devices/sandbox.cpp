// SPDX-License-Identifier: Apache-2.0
#include "devices/sandbox.hpp"

#include <station/abi.h>

#include <algorithm>

namespace ktp::devices {
namespace {

namespace fs = std::filesystem;

/// A path option whose `choices` say "read" is only read; any other may be written.
constexpr std::string_view kReadOnly = "read";

bool holds(const fs::path& outer, const fs::path& inner) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// With links followed as far as the path exists, without a trailing slash.
fs::path real(const fs::path& path) {
  std::error_code none;
  fs::path whole = fs::weakly_canonical(fs::absolute(path, none), none);
  return whole.has_filename() || !whole.has_relative_path() ? whole : whole.parent_path();
}

}  // namespace

std::vector<std::string> Sandbox::arguments() const {
  std::vector<std::string> words;
  if (network) words.emplace_back("--network");
  if (pcsc) words.emplace_back("--pcsc");
  if (!usb.empty()) words.insert(words.end(), {"--usb", usb.string()});
  if (!record.empty()) words.insert(words.end(), {"--record", record.string()});
  if (!record.empty() && record_whole) words.emplace_back("--record-whole");
  if (!replay.empty()) words.insert(words.end(), {"--replay", replay.string()});
  for (const fs::path& path : read) words.insert(words.end(), {"--read", path.string()});
  for (const fs::path& path : write) words.insert(words.end(), {"--write", path.string()});
  if (memory_bytes != 0) words.insert(words.end(), {"--memory", std::to_string(memory_bytes)});
  return words;
}

Result<Sandbox> sandbox_of(const DeviceConfig& config, std::span<const wire::Option> options) {
  Sandbox sandbox;
  sandbox.network = config.network;
  sandbox.pcsc = config.pcsc;
  sandbox.memory_bytes = config.memory_bytes;
  for (const wire::Option& option : options) {
    const auto given = config.settings.find(option.key);
    if (option.type != STN_OPT_PATH || given == config.settings.end() || given->second.empty()) continue;
    const fs::path path = real(given->second);
    const auto no = [&](const std::string& why) {
      return fail(ErrorCode::configuration, "device \"" + config.name + "\": setting \"" + option.key +
                                                "\" = \"" + given->second + "\" is not allowed: " + why);
    };
    if (path == path.root_path()) return no("it would open the whole machine to the driver; name one folder");
    for (const fs::path& kept : config.keep_out)
      if (holds(path, real(kept)))
        return no("it would open the station's own files in " + kept.string() +
                  " to the driver; name a folder of its own");
    std::error_code none;
    if (option.choices == kReadOnly) {
      if (fs::exists(path, none)) sandbox.read.push_back(path);  // the driver itself says that it is missing
      continue;
    }
    // What is missing there has been unplugged; a folder in its place would be in the way of its return.
    if (holds("/dev", path) && !fs::exists(path, none)) continue;
    std::error_code failed;
    if (!fs::exists(path, none)) fs::create_directories(path, failed);
    if (failed) return no("it cannot be made: " + failed.message());
    sandbox.write.push_back(path);
  }
  return sandbox;
}

Result<fs::path> next_transcript(const fs::path& folder, const std::string& device) {
  constexpr int kMost = 50;
  std::error_code failed;
  if (!fs::exists(folder, failed)) {
    fs::create_directories(folder, failed);
    if (!failed) fs::permissions(folder, fs::perms::owner_all, failed);
  }
  if (failed)
    return fail(ErrorCode::configuration,
                "no USB transcript: " + folder.string() + " cannot be made: " + failed.message());
  for (int i = 1; i <= kMost; ++i) {
    fs::path file = folder / (device + "-" + std::to_string(i) + ".jsonl");
    std::error_code none;
    if (fs::symlink_status(file, none).type() == fs::file_type::not_found) return file;
  }
  return fail(ErrorCode::configuration, "no USB transcript: " + folder.string() + " has " +
                                            std::to_string(kMost) + " of " + device +
                                            " already; move them away");
}

}  // namespace ktp::devices
