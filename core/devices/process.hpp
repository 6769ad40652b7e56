// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "devices/wire/fd.hpp"
#include "domain/error.hpp"

namespace ktp::devices {

/// A child that has not been reaped yet. Signals go through the pidfd, so they can never hit a stranger with
/// a reused pid.
class Process {
 public:
  /// Runs `worker SOCKET PID arguments...` in a process group of its own, with default signals, `log` as
  /// stdout and stderr, nothing on stdin and no other descriptor. Any thread; the child's parent-death signal
  /// hangs on a thread that never ends.
  static Result<Process> spawn(const std::filesystem::path& worker, std::vector<std::string> arguments,
                               const Fd& socket, const Fd& log);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the process has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  void signal(int number) const;
  /// Waits for its end and reaps it: "ended by signal 11 (Segmentation fault)", "exited with code 3".
  std::string reap();

 private:
  Process(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_;
  Fd pidfd_;
};

}  // namespace ktp::devices
