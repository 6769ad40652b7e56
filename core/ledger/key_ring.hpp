// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>

#include "domain/error.hpp"

namespace ktp::ledger {

using SecretKey = std::array<std::uint8_t, 32>;

/// What DATA/key holds: the key of look-up hashes, which never changes because the log holds its hashes, and
/// the keys that seal, by number; the highest one seals what is new. Wiped when it goes.
///
/// The file is either 32 bytes, from which the hash key and sealing key 1 are derived (as it is first made),
/// or, once a key was added, lines: `KTP-KEYS-1`, `hash BASE64`, `seal N BASE64` ...
struct KeyRing {
  SecretKey hash{};
  std::map<std::uint32_t, SecretKey> seals;

  KeyRing() = default;
  KeyRing(const KeyRing&) = default;
  KeyRing(KeyRing&&) = default;
  KeyRing& operator=(const KeyRing&) = default;
  KeyRing& operator=(KeyRing&&) = default;
  ~KeyRing();

  [[nodiscard]] std::uint32_t newest() const { return seals.empty() ? 0 : seals.rbegin()->first; }

  /// Reads DIR/key, making it if it is not there and `create`. Error configuration, naming file and cure.
  static Result<KeyRing> load(const std::filesystem::path& dir, bool create);
  /// Replaces DIR/key: written beside it, synced, renamed, so that the old or the new one is there whole.
  /// Error configuration.
  [[nodiscard]] Result<void> save(const std::filesystem::path& dir) const;
};

/// A new random key.
[[nodiscard]] SecretKey new_secret_key();

}  // namespace ktp::ledger
