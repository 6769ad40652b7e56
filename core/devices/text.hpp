// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ktp::devices {

/// What a plugin wrote, fit for a log, a page and JSON: one line of valid UTF-8, at most `most` bytes;
/// anything else is '?'.
[[nodiscard]] std::string clean_text(std::string_view raw, std::size_t most = 500);

}  // namespace ktp::devices
