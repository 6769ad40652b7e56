// SPDX-License-Identifier: Apache-2.0
// The door of this room.
#pragma once
#include <filesystem>

#include "domain/error.hpp"
#include "plugins/check_report.hpp"
#include "plugins/manifest.hpp"

namespace ktp::plugins {

/// Shipped with the station: one of the names that were built with it, in the station's own plugin folder.
[[nodiscard]] bool is_shipped(const std::filesystem::path& library, const std::filesystem::path& own_folder);

/// A plugin that may be used, and what is known of it. A shipped one has no report, and a manifest only where
/// one lies beside it.
struct Approved {
  bool shipped = false;
  Manifest manifest;
  CheckReport report;
};

/// The ABI this station has, for comparing with the report's.
struct Abi {
  unsigned major = 0, minor = 0;
};

/// Whether the station may use this library (absolute path). Reads files, runs nothing. Error configuration
/// says what is missing or wrong and which command mends it.
[[nodiscard]] Result<Approved> may_use(const std::filesystem::path& library,
                                       const std::filesystem::path& own_folder, Abi abi);

}  // namespace ktp::plugins
