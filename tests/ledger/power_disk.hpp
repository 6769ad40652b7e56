// SPDX-License-Identifier: Apache-2.0
// A disk that loses what was written and not synced: a SQLite VFS over the system's own. The running process
// sees every write; a cut keeps what was synced and any choice of the rest, down to single sectors. A name
// made or removed is safe once its folder was synced, all names together.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace ktp::test {

/// Not thread-safe: one connection at a time, on one thread. One for the whole process.
class PowerDisk {
 public:
  /// What a cut counts, and what fails.
  enum class Count {
    writes,  ///< writes, truncations, syncs, files made and deleted
    all      ///< reads, looks at a file, and the shared index too
  };
  /// How much of what was not synced survives a cut.
  enum class Keep { nothing, beginning, some_sectors, all_but_the_first };

  /// The process's default VFS from now on.
  static PowerDisk& install();

  /// The power fails at the `calls`-th call from now on (1 is the next): it and every later call fails, until
  /// `lose`.
  void cut_at(std::uint64_t calls, Count count);
  /// The `write`-th write or sync from now on fails with this SQLite result code; `for_good`: every later one
  /// too.
  void fail_at(std::uint64_t write, int code, bool for_good);
  void no_faults();
  [[nodiscard]] bool is_cut() const { return cut_; }
  [[nodiscard]] bool has_failed() const { return failed_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }

  /// After a cut, with every connection closed: leaves on the real disk what the power left, and is alive.
  /// Returns how many sectors were lost.
  std::uint64_t lose(std::mt19937& random, Keep keep);
  /// Forgets every file and every fault: what is on the real disk is safe.
  void forget();

  /// Connections opened from now on never sync (PRAGMA synchronous=OFF), whatever they ask for.
  void synchronous_off(bool off) { off_ = off; }

  /// Inside: what the VFS's methods share.
  struct File;
  bool may_go_on(bool is_write);
  int write_fault();
  std::shared_ptr<File> file(const std::string& path);
  void sync_names();
  [[nodiscard]] bool is_off() const { return off_; }
  [[nodiscard]] std::mt19937& random() { return random_; }

 private:
  PowerDisk() = default;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::uint64_t calls_ = 0, writes_ = 0, cut_calls_ = 0, fail_write_ = 0;
  Count count_ = Count::writes;
  int fail_code_ = 0;
  bool cut_ = false, fail_for_good_ = false, failed_ = false, off_ = false;
  std::mt19937 random_{1249};
};

}  // namespace ktp::test
