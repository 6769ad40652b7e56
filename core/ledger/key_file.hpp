// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "domain/error.hpp"

namespace ktp::ledger {

/// Reads a file that only its owner may read, of at most `most` bytes, opened where it is sealed
/// (key_seal.hpp). If there is none and `make` is given, writes what it returns: beside the place, synced,
/// then linked into it, so that a power cut never leaves a short key and an existing key is never replaced.
/// Error configuration, naming the file and the cure.
Result<std::vector<std::uint8_t>> load_key_file(const std::filesystem::path& file, std::size_t most,
                                                const std::function<std::vector<std::uint8_t>()>& make);

/// Puts `key` in the place of the file, whole or not at all; mode 0600. Sealed where the station is given a
/// key for that, unless not `sealed`. Error configuration.
Result<void> replace_key_file(const std::filesystem::path& file, std::vector<std::uint8_t> key,
                              bool sealed = true);
/// Are its bytes sealed? Error configuration.
Result<bool> key_file_is_sealed(const std::filesystem::path& file);

/// Gives a key file another name, in the place of what has it. Error configuration.
Result<void> rename_key_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace ktp::ledger
