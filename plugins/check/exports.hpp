// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace ktp::check {

/// Names that a shared library defines for others, sorted. Nothing of the file is executed.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> exported_symbols(
    const std::filesystem::path& library);

}  // namespace ktp::check
