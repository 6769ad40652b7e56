// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <filesystem>
#include <string>

#include <station/abi.h>

namespace ktp::worker {

/// Loads the plugin for the life of the process (it is never unloaded) and returns its module table; the
/// error carries the loader's own words. The only place that knows Boost.DLL. Call once, from the first
/// thread, after read_module_info.
[[nodiscard]] std::expected<const stn_module*, std::string> load_module(const std::filesystem::path& path);

}  // namespace ktp::worker
