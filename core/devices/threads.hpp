// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace ktp::devices {

/// A thread that no signal of the process is delivered to: those are for main.
template <class F>
std::thread start_thread(F&& body) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::forward<F>(body));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

/// Lets one caller through at a time. Unlike a mutex it may be held while waiting for a device.
class Turnstile {
 public:
  class Turn {
   public:
    explicit Turn(Turnstile& gate) : gate_(gate) {
      std::unique_lock lock(gate_.mutex_);
      gate_.free_again_.wait(lock, [&] { return !gate_.taken_; });
      gate_.taken_ = true;
    }
    ~Turn() {
      {
        const std::lock_guard lock(gate_.mutex_);
        gate_.taken_ = false;
      }
      gate_.free_again_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turnstile& gate_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable free_again_;
  bool taken_ = false;
};

}  // namespace ktp::devices
