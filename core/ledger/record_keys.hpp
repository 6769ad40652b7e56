// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "domain/error.hpp"
#include "ledger/key_ring.hpp"

namespace ktp::ledger {

/// One key for each personal record, in DATA/record-keys.sqlite: not in the ledger and in none of its
/// backups. Without its key a record cannot be read, wherever a copy of it lies: deleting a person's data is
/// deleting that key. The keys themselves are sealed with the ring's newest key.
///
/// Any thread. One process writes at a time (DataLock); others may read meanwhile.
class RecordKeys {
 public:
  /// Opens nothing yet: a file that is not there is made with the first key.
  RecordKeys(std::filesystem::path dir, KeyRing ring);
  ~RecordKeys();

  /// A key that no record has yet, safe on the disk before it is given. Errors internal (disk full),
  /// configuration.
  Result<std::pair<std::int64_t, SecretKey>> take();
  /// Nothing if there is none of this number: it was forgotten. Error configuration if the file is missing,
  /// or its key is not in the ring.
  Result<std::optional<SecretKey>> find(std::int64_t number) const;
  /// Deletes keys, overwriting them in the file; those that are not there are none. Error internal.
  Result<void> forget(const std::vector<std::int64_t>& numbers);
  /// How many keys are sealed with another key than the ring's newest.
  Result<std::int64_t> left_behind() const;
  /// Seals up to `most` of those anew, in one transaction; how many it did.
  Result<std::int64_t> bring_on(std::int64_t most);
  /// A copy as of one moment, in place of an earlier copy if there is one. Nothing to copy is no error.
  Result<void> copy_to(const std::filesystem::path& file) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ktp::ledger
