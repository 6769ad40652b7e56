// SPDX-License-Identifier: Apache-2.0
// WORLD/.lock: one printer at a time. The kernel lets go of it when the process ends, however it ends.
#pragma once
#include <filesystem>
#include <functional>

namespace sim {

class WorldLock {
 public:
  /// Takes the lock. While another process holds it, asks `wait_a_little` (which sleeps some 50 ms and says
  /// false when there is no point in waiting longer); then Trouble(busy) that names the process.
  WorldLock(const std::filesystem::path& world, const std::function<bool()>& wait_a_little);
  ~WorldLock();
  WorldLock(const WorldLock&) = delete;
  WorldLock& operator=(const WorldLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace sim
