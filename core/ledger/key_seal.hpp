// SPDX-License-Identifier: Apache-2.0
// Key files that are of no use without the machine they were made on: sealed with a key that is not in the
// data folder. Where it comes from: the credential `ktp-station-key` of the systemd unit that started the
// program ($CREDENTIALS_DIRECTORY, systemd.exec(5)), else the file that $KTP_STATION_KEY names.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/error.hpp"

namespace ktp::ledger {

/// What sealing adds to a key file.
inline constexpr std::size_t kKeySealOverhead = 128;

/// Keys that seal key files. Wiped when it goes.
struct OuterKeys {
  std::optional<std::array<std::uint8_t, 32>>
      present;  ///< seals and opens; nothing = key files are as they are
  /// Opens only (credential `ktp-station-key-old`, or $KTP_STATION_KEY_OLD): a change of the outer key is
  /// under way.
  std::optional<std::array<std::uint8_t, 32>> old;

  OuterKeys() = default;
  OuterKeys(const OuterKeys&) = default;
  OuterKeys& operator=(const OuterKeys&) = default;
  ~OuterKeys();

  /// From where the environment says. A credential counts before a file. Error configuration, naming the
  /// file: not there, not exactly 32 bytes, or (a file, not a credential) readable by others.
  static Result<OuterKeys> find();
};

[[nodiscard]] bool is_sealed_key(std::span<const std::uint8_t> bytes);
/// The bytes of a key file, sealed with `outer`.
[[nodiscard]] std::vector<std::uint8_t> seal_key(std::span<const std::uint8_t> plain,
                                                 const std::array<std::uint8_t, 32>& outer);
/// Error configuration beginning with `file`: no outer key is there, or another one than sealed them.
Result<std::vector<std::uint8_t>> open_key(std::span<const std::uint8_t> sealed, const OuterKeys& outer,
                                           const std::string& file);

}  // namespace ktp::ledger
