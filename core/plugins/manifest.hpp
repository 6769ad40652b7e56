// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace ktp::plugins {

/// What a vendor says of a plugin in NAME.manifest.yaml (docs/contracts.md section 8). What it needs is a
/// wish: the station's own policy decides, and grants nothing that is not asked for.
struct Manifest {
  std::string id, version, vendor;  ///< the same as in the library's station_module_info
  std::string library;              ///< file name of the library, "acme-x.so"
  bool needs_network = false;       ///< TCP, UDP: a network printer
  bool needs_pcsc = false;          ///< the smart card service (pcscd)
  bool needs_own_usb = false;       ///< brings its vendor's own USB library instead of station.usb/1

  /// `transcript: commands`: what its drivers send and are answered, but for pictures, says nothing of a
  /// person, so that a USB transcript may show it.
  bool shows_commands = false;

  /// How `plugin check` opens it without hardware. "@TEMP@" in words and values is a fresh folder.
  std::vector<std::string> check_model;  ///< command of a device model, started first; may be empty
  std::map<std::string, std::string> check_settings;  ///< for open
  /// What brings about a fault that the operator clears, at the first print: further words of the model's
  /// command, further settings. Both empty: nothing is known that does.
  std::vector<std::string> fault_model;
  std::map<std::string, std::string> fault_settings;
};

inline constexpr std::size_t kMaxManifest = 65'536;  ///< bytes

/// Pure; any bytes are allowed. Error configuration: `name`, line, key, value, what is allowed.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view yaml, const std::string& name);

/// The manifest beside a library. Error input_missing when there is none.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& library);

}  // namespace ktp::plugins
