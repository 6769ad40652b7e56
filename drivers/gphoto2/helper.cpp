// SPDX-License-Identifier: Apache-2.0
#include "gphoto2/helper.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace gphoto2 {

using station::Failure;

namespace {
constexpr auto kStep = std::chrono::milliseconds(20);  // between two looks at `cancelled`
}

struct Helper::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> work;
  bool stop = false, busy = false, ended = false;
  std::optional<Failure> failure;
};

Helper::Helper() : shared_(std::make_shared<Shared>()) {
  std::thread([shared = shared_] {
    std::unique_lock lock(shared->mutex);
    while (true) {
      shared->changed.wait(lock, [&] { return shared->stop || shared->work; });
      if (!shared->work) break;
      const auto work = std::exchange(shared->work, nullptr);
      lock.unlock();
      std::optional<Failure> failure;
      try {
        work();
      } catch (const Failure& caught) {
        failure = caught;
      } catch (const std::exception& caught) {
        failure = Failure(STN_E_INTERNAL, caught.what());
      }
      lock.lock();
      shared->failure = failure;
      shared->busy = false;
      shared->changed.notify_all();
    }
    shared->ended = true;
    shared->changed.notify_all();
  }).detach();
}

Helper::~Helper() {
  std::unique_lock lock(shared_->mutex);
  shared_->stop = true;
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, std::chrono::seconds(1), [&] { return shared_->ended; });
}

bool Helper::stuck() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->busy;
}

bool Helper::run(station::Host& host, const station::Op* op, std::uint64_t give_up_ns,
                 std::function<void()> work) {
  std::unique_lock lock(shared_->mutex);
  if (shared_->busy) return false;
  shared_->busy = true;
  shared_->failure.reset();
  shared_->work = std::move(work);
  shared_->changed.notify_all();
  while (shared_->busy) {
    if (host.now() >= give_up_ns || (op != nullptr && op->cancelled())) return false;
    shared_->changed.wait_for(lock, kStep);
  }
  if (shared_->failure) throw Failure(*shared_->failure);
  return true;
}

}  // namespace gphoto2
