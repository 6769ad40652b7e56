// SPDX-License-Identifier: Apache-2.0
// Lists and records that the station writes for people: personal, so for its own user only.
#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "domain/error.hpp"

namespace ktp::app {

/// Today in local time, DD-MM-YYYY.
[[nodiscard]] std::string today();
/// Makes the folder and those above it that are missing, for the owner only. Error internal.
Result<void> make_private_folder(const std::filesystem::path& folder);
/// The bytes of a file that the station wrote. Error internal.
Result<std::string> read_whole(const std::filesystem::path& file);
/// Writes beside `file` and renames, mode 0600: it is there whole, or not at all. Error internal.
Result<void> write_private(const std::filesystem::path& file, const std::string& text);
Result<void> write_private(const std::filesystem::path& file,
                           const std::function<Result<void>(const std::filesystem::path& beside)>& write);

}  // namespace ktp::app
