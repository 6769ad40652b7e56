// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "domain/error.hpp"

namespace ktp::plugins {

/// Where a library's companions lie: "/x/acme.so" -> "/x/acme" + suffix.
[[nodiscard]] std::filesystem::path beside(const std::filesystem::path& library, const char* suffix);
inline constexpr const char* kManifestSuffix = ".manifest.yaml";
inline constexpr const char* kReportSuffix = ".check.json";

/// A file or folder whose content others could change must not decide what the station runs: owned by root or
/// by the user this process runs as, not writable by group or others; for a file a regular one. Error
/// configuration names the path, what is wrong, and the command that mends it.
[[nodiscard]] Result<void> only_ours(const std::filesystem::path& path);
/// The same for the folder and every folder above it (there a sticky one such as /tmp may be writable by
/// all).
[[nodiscard]] Result<void> only_our_folders(const std::filesystem::path& folder);

/// The whole file, at most `most` bytes. Error input_missing or configuration.
[[nodiscard]] Result<std::string> read_small(const std::filesystem::path& path, std::size_t most);

/// SHA-256 of a regular file as 64 lower-case hex digits.
[[nodiscard]] Result<std::string> sha256_of(const std::filesystem::path& path);

}  // namespace ktp::plugins
