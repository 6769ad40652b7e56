// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>

#include <station/abi.h>

namespace ktp::worker {

/// Finds `station_module_info` among the dynamic symbols of an ELF file and copies it out; nothing of the
/// file is executed. Pure; any bytes are allowed. The error says what is wrong with the file.
[[nodiscard]] std::expected<stn_module_info, std::string> parse_module_info(
    std::span<const std::uint8_t> file);

/// Whether this station may load such a plugin: magic, sizes, versions, reserved fields, terminated text. ""
/// = yes.
[[nodiscard]] std::string refuse_module_info(const stn_module_info& info);

/// Both of the above for a file: absolute path, a regular file (or a link that stays in its folder), at most
/// 512 MiB.
[[nodiscard]] std::expected<stn_module_info, std::string> read_module_info(const std::filesystem::path& path);

}  // namespace ktp::worker
