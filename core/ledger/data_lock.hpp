// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>

#include "domain/error.hpp"

namespace ktp::ledger {

/// One writer at a time: an flock on DIR/.lock, held until destruction or death of the process.
class DataLock {
 public:
  /// Makes DIR if needed and waits up to `wait` for another holder to end; then error in_use naming its
  /// process. `waiting` is called once if there is somebody to wait for.
  static Result<DataLock> acquire(const std::filesystem::path& dir, std::chrono::milliseconds wait,
                                  const std::function<void(const std::string& holder)>& waiting = {});
  DataLock(DataLock&& other) noexcept;
  DataLock& operator=(DataLock&& other) noexcept;
  ~DataLock();

 private:
  explicit DataLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace ktp::ledger
