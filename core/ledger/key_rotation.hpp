// SPDX-License-Identifier: Apache-2.0
// A new key for what is personal: new data under the new key at once, old data sealed anew piece by piece and
// readable all the while. Cut off anywhere, the same call goes on where it stands. The key of look-up hashes
// stays: the log holds its hashes for ever.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

struct KeyRotation {
  std::uint32_t key = 0;     ///< number of the key that seals from now on
  bool resumed = false;      ///< an earlier call was cut off
  std::int64_t records = 0;  ///< sealed anew by this call
  std::int64_t record_keys = 0;
};

/// Tells how many pieces are done of how many.
using RotationProgress = std::function<void(std::int64_t done, std::int64_t all)>;

/// The caller holds the data folder's lock, and no other PersonalKey of it is in use. Events
/// key-rotation-begun, key-rotated. Errors: configuration (a key file), bad_data (a record that cannot be
/// opened, and which), internal.
Result<KeyRotation> rotate_personal_key(Ledger& ledger, const std::filesystem::path& dir,
                                        const std::string& actor, const RotationProgress& progress = {});

/// Takes keys that seal nothing any more out of DATA/key: what older copies hold under them (backups from
/// before the rotation) can then no longer be read. The numbers; none is no error. Event key-retired. Errors:
/// bad_data (a rotation is not finished), configuration.
Result<std::vector<std::uint32_t>> retire_personal_keys(Ledger& ledger, const std::filesystem::path& dir,
                                                        const std::string& actor);

/// Seals DATA/key and DATA/head-key with the key that the station is given from outside (key_seal.hpp), those
/// that another one sealed too; not `sealed`: opens them for good. Each file is replaced whole, so a cut
/// leaves files that can all be read, and the same call goes on. The names of the files. Event
/// key-files-sealed or key-files-opened. Errors: configuration (no such key is given, a file cannot be opened
/// or written).
Result<std::vector<std::string>> seal_key_files(Ledger& ledger, const std::filesystem::path& dir, bool sealed,
                                                const std::string& actor);

/// What is sealed with what.
struct KeyState {
  std::vector<std::uint32_t> seals;  ///< numbers in DATA/key; the last seals what is new
  bool under_way = false;            ///< a rotation was begun and not finished
  std::int64_t records = 0, own_key = 0, left_behind = 0;  ///< left_behind: under an older key, keys included
  std::string head_key;                                    ///< the public key that signs heads
  std::int64_t head_rotations = 0;
  bool files_sealed = false;  ///< DATA/key and DATA/head-key, with a key from outside
};
Result<KeyState> key_state(const Ledger& ledger, const std::filesystem::path& dir);

}  // namespace ktp::ledger
