// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "devices/devices.hpp"
#include "devices/wire.hpp"

namespace ktp::devices {

/// What a worker is told to leave its plugin (plugins/worker/isolation.hpp does it). The default grants
/// nothing but the plugin's own folder.
struct Sandbox {
  std::vector<std::filesystem::path> read, write;
  bool network = false;
  bool pcsc = false;             ///< a context of the smart card service, nothing else of it
  std::filesystem::path usb;     ///< node of its USB device; empty: it has none
  std::filesystem::path record;  ///< new file for what passes over it; empty: none
  bool record_whole = false;
  std::filesystem::path replay;  ///< a transcript in its place; empty: none
  std::uint64_t memory_bytes = 0;

  /// As words for the worker's command line.
  [[nodiscard]] std::vector<std::string> arguments() const;
};

/// What the configuration grants a device: the paths that the administrator wrote into settings which the
/// driver declares as paths. A path that is a driver's own default opens nothing. Folders that are not there
/// yet are made. Error configuration: a path that would open the station's own files or the whole machine.
[[nodiscard]] Result<Sandbox> sandbox_of(const DeviceConfig& config, std::span<const wire::Option> options);

/// Where the next transcript of a device goes: the first free of FOLDER/DEVICE-1.jsonl to -50.jsonl. The
/// folder is made, for its owner alone. Error configuration: it cannot be made, or there are fifty.
[[nodiscard]] Result<std::filesystem::path> next_transcript(const std::filesystem::path& folder,
                                                            const std::string& device);

}  // namespace ktp::devices
