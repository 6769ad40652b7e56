// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/key_ring.hpp"
#include "ledger/record_keys.hpp"

namespace ktp::ledger {

/// Keeps what is personal unreadable at rest: records sealed with XChaCha20-Poly1305, look-ups by keyed
/// BLAKE2b hash (libsodium). A person's record has a key of its own (record_keys.hpp); the ring's newest key
/// (key_ring.hpp) seals those keys, and what is about no person. Any thread; copies share the record keys.
///
/// Sealed bytes: `KTP3`, the record key's number (8 bytes, little-endian), nonce, ciphertext; or `KTP2`, the
/// ring key's number (4 bytes), nonce, ciphertext; or, as versions before wrote them, nonce and ciphertext
/// with ring key 1.
class PersonalKey {
 public:
  /// Reads DIR/key (mode 0600), making it if it is not there and `create`.
  static Result<PersonalKey> load(const std::filesystem::path& dir, bool create);

  /// Base64 (URL alphabet) of a 16-byte keyed hash; `purpose` keeps hashes of different things apart.
  [[nodiscard]] std::string hash(std::string_view purpose, std::string_view value) const;
  /// With the ring's newest key.
  [[nodiscard]] std::vector<std::uint8_t> seal(std::span<const std::uint8_t> plain,
                                               std::string_view context) const;
  /// With a key of its own: a person's record, which can be deleted wherever copies of it lie. Errors of
  /// RecordKeys::take.
  Result<std::vector<std::uint8_t>> seal_record(std::span<const std::uint8_t> plain,
                                                std::string_view context) const;
  /// With the key of a record that is there, by its number: what belongs to the same person (a picture) and
  /// can be read no longer than the record. Error bad_data if that key was deleted; errors of
  /// RecordKeys::find.
  Result<std::vector<std::uint8_t>> seal_with(std::int64_t record_key, std::span<const std::uint8_t> plain,
                                              std::string_view context) const;
  /// Error bad_data if the bytes were changed, belong to another context or another key, or if their own key
  /// was deleted; configuration if a key file is missing.
  Result<std::vector<std::uint8_t>> open(std::span<const std::uint8_t> sealed,
                                         std::string_view context) const;

  /// Were these bytes' own key deleted? Then nobody can open them, and that is as it should be: a person's
  /// data that came back with an older backup.
  [[nodiscard]] bool is_deleted(std::span<const std::uint8_t> sealed) const;
  /// The number of the bytes' own key; nothing if they have none.
  [[nodiscard]] static std::optional<std::int64_t> record_key_of(std::span<const std::uint8_t> sealed);
  /// The number of the ring's key that they are sealed with; 0 if they have a key of their own.
  [[nodiscard]] static std::uint32_t ring_key_of(std::span<const std::uint8_t> sealed);
  [[nodiscard]] std::uint32_t newest() const { return ring_.newest(); }
  [[nodiscard]] RecordKeys& record_keys() const { return *records_; }

 private:
  KeyRing ring_;
  std::shared_ptr<RecordKeys> records_;
};

/// SHA-256 in base64 (URL alphabet, no padding). Not hexadecimal on purpose: a long hexadecimal word can by
/// chance hold sixteen decimal digits in a row, which nothing in the log may.
[[nodiscard]] std::string sha256_text(std::span<const std::uint8_t> bytes);

/// 32 random letters a-p: the opaque name of a print that devices see. Letters only, for the same reason.
[[nodiscard]] std::string new_token();

}  // namespace ktp::ledger
