// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <thread>

namespace ktp::app {

/// Ctrl-C and SIGTERM while it lives: each calls `asked` on a thread of its own, where it may lock and log.
/// Blocks both in the thread that makes it: make it before any other thread. Ends within a tenth of a second.
class SignalThread {
 public:
  explicit SignalThread(std::function<void()> asked);

 private:
  std::jthread thread_;
};

}  // namespace ktp::app
