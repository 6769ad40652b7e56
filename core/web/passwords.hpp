// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace ktp::web {

inline constexpr std::size_t kShortestPassword = 10;   ///< bytes
inline constexpr std::size_t kLongestPassword = 1024;  ///< bytes

/// Argon2id, 64 MiB and three passes, with its own salt (RFC 9106 section 4, second choice; libsodium). ""
/// when memory runs out.
[[nodiscard]] std::string password_hash(std::string_view password);
[[nodiscard]] bool password_fits(const std::string& hash, std::string_view password);

/// `bytes` random bytes in base64 (URL alphabet): session names, tokens.
[[nodiscard]] std::string random_name(std::size_t bytes);
/// A code to be read off a screen and typed: "ABCD-EFGH-JKLM", letters that are not mistaken for others, 60
/// bits.
[[nodiscard]] std::string one_time_code();
/// Compares without telling by its time where the first difference is.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

}  // namespace ktp::web
