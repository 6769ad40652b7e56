// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

#include "domain/error.hpp"

namespace ktp::pipeline {

/// Writes beside and renames, readable by the owner only from its first byte on: for pictures of persons.
/// Holds for a killed program; after a power cut the file may be empty, unless `synced`. Error internal with
/// the system's reason.
Result<void> write_private(const std::filesystem::path& file, std::span<const std::uint8_t> bytes,
                           bool synced = false);

}  // namespace ktp::pipeline
