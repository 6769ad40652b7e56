// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"

namespace ktp::ledger {

/// Keeps what is personal unreadable at rest: records sealed with XChaCha20-Poly1305, look-ups by keyed
/// BLAKE2b hash (libsodium). Immutable after load; may be used from any thread.
class PersonalKey {
 public:
  /// Reads DIR/key (32 bytes, mode 0600), making it if it is not there and `create`.
  static Result<PersonalKey> load(const std::filesystem::path& dir, bool create);

  /// Base64 (URL alphabet) of a 16-byte keyed hash; `purpose` keeps hashes of different things apart.
  [[nodiscard]] std::string hash(std::string_view purpose, std::string_view value) const;
  [[nodiscard]] std::vector<std::uint8_t> seal(std::span<const std::uint8_t> plain,
                                               std::string_view context) const;
  /// Error bad_data if the bytes were changed, belong to another context or another key.
  Result<std::vector<std::uint8_t>> open(std::span<const std::uint8_t> sealed,
                                         std::string_view context) const;

 private:
  std::array<std::uint8_t, 32> seal_key_{}, hash_key_{};
};

/// SHA-256 in base64 (URL alphabet, no padding). Not hexadecimal on purpose: a long hexadecimal word can by
/// chance hold sixteen decimal digits in a row, which nothing in the log may.
[[nodiscard]] std::string sha256_text(std::span<const std::uint8_t> bytes);

/// 32 random letters a-p: the opaque name of a print that devices see. Letters only, for the same reason.
[[nodiscard]] std::string new_token();

}  // namespace ktp::ledger
