// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include <station/abi.h>

#include "devices/wire.hpp"

namespace ktp::worker {

/// A loaded plugin and what it says of itself, checked once: every pointer the worker will ever follow or
/// call is there.
struct Plugin {
  const stn_module* module = nullptr;
  std::vector<const stn_driver*> drivers;
  std::vector<wire::Body> description;  ///< Module, then every Driver followed by its Options
};

/// Reads the module's info from the file, loads it, calls `init`, and asks for its drivers and their options.
/// Device thread.
[[nodiscard]] std::expected<Plugin, std::string> load_plugin(const std::filesystem::path& path,
                                                             const stn_host* host);

}  // namespace ktp::worker
