// SPDX-License-Identifier: Apache-2.0
// A copy of the ledger in one file, taken while the station works, and the way back.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

/// What a backup holds: the whole ledger with its sealed records, as of one moment. Not in it: keys, pictures
/// and papers.
struct BackupContent {
  std::uint64_t events = 0, bytes = 0;
  std::string last_event;         ///< its time, RFC 3339; "" if there is none
  LogHead head;                   ///< the head it ends at
  std::string last_card, batch;   ///< the last card's and batch's name; "" = none
  std::int64_t waiting = 0;       ///< orders that still waited for a card; -1: an older version wrote it
  std::int64_t on_their_way = 0;  ///< cards that had not reached a bin; -1 likewise
  Balance balance;                ///< it sums, else there is no backup; whether it closes is for a person
};

/// Long work tells what it does and how much of it is done, 0 to 1.
using BackupProgress = std::function<void(const char* what, double part)>;

/// Copies DIR's ledger to `file` as it is at one moment, while another process may go on writing, signs the
/// copy's records with the log's key (the head does not cover them), and proves the copy before it has its
/// name: `file` is there whole, or not at all. Errors: input_missing (no ledger), configuration (`file` is
/// there already, or cannot be made; no head-key), bad_data (the copy does not verify), internal (disk full).
Result<BackupContent> make_backup(const std::filesystem::path& dir, const std::filesystem::path& file,
                                  const BackupProgress& progress = {});

/// What a restoration found.
struct Restored {
  BackupContent content;
  /// The highest head given is over so many events more than the backup has: they are lost.
  std::uint64_t events_missing = 0;
};

/// Proves the backup (tree, signatures of head and records, every table from the events, the sum of the
/// balance, every head given that it reaches) and, unless `dir` is empty, builds the ledger of that folder
/// from the backup's lines, records and head alone. The folder must be new, empty, or hold nothing but keys.
/// Its first writer then logs `restored` and holds every order that waits
/// (hold_after_restore). Errors: input_missing, configuration (`dir` holds something), bad_data (it does not
/// verify, and why), internal.
Result<Restored> restore_backup(const std::filesystem::path& file, const std::filesystem::path& dir,
                                const VerifyAgainst& against, const BackupProgress& progress = {});

/// Builds every table anew from the events, in one transaction. The caller holds the data folder's lock.
/// Errors as Ledger::open.
Result<void> rebuild_tables(const std::filesystem::path& dir);

}  // namespace ktp::ledger
