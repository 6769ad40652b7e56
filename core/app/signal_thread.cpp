// SPDX-License-Identifier: Apache-2.0
#include "app/signal_thread.hpp"

#include <csignal>
#include <ctime>
#include <utility>

namespace ktp::app {

SignalThread::SignalThread(std::function<void()> asked) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::jthread([set, asked = std::move(asked)](const std::stop_token& end) {
    const timespec slice{0, 100'000'000};
    while (!end.stop_requested())
      if (sigtimedwait(&set, nullptr, &slice) > 0) asked();
  });
}

}  // namespace ktp::app
