// SPDX-License-Identifier: Apache-2.0
// Sees what a process asks of the kernel: new processes, sockets, files, signals. The process is stopped at
// each such call until the checker has answered (seccomp user notification, Linux 5.5). It is a witness, not
// a cage: what a plugin may do in a station is decided by its worker.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct seccomp_notif;

namespace ktp::check {

/// Puts this process and all it will start under watch. Returns the descriptor on which the checker answers,
/// -1 where the kernel has no such thing.
[[nodiscard]] int watch_this_process();

/// What is allowed without a word.
struct Allowed {
  bool network = false;
  std::vector<std::filesystem::path> read;   ///< files and folders with all below
  std::vector<std::filesystem::path> write;  ///< the same, for writing and making
};

/// Answers one question that waits on `notify`; "" = allowed, else what the process tried, which was refused.
/// `process` is the one that runs the test.
[[nodiscard]] std::string answer(int notify, pid_t process, const Allowed& allowed);

}  // namespace ktp::check
