// SPDX-License-Identifier: Apache-2.0
#include "opencv-camera/eye.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace opencv_camera {

using station::Failure;
using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr auto kStep = std::chrono::milliseconds(20);  // between two looks at `cancelled`

}  // namespace

/// What the reading thread and the device's thread share.
struct Eye::Shared {
  Open open;
  int warm_up = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool stop = false, anew = false, ended = false;
  std::shared_ptr<Source> source;  // to be stopped from outside
  std::optional<Failure> failure;  // what ended the reading
  std::uint64_t came = 0;          // pictures since it was opened
  std::string wrong;               // of the last picture that was of no use to whom it was taken for
  // What is waited for:
  bool wanted = false;
  std::uint64_t not_before_ns = 0;
  // What came of it, where `delivered`:
  bool delivered = false;
  Picture picture;
  std::uint64_t begun_ns = 0;
};

Eye::Eye(station::Host& host, std::string name, Open open, const Setting& setting)
    : host_(host), name_(std::move(name)), shared_(std::make_shared<Shared>()) {
  shared_->open = std::move(open);
  shared_->warm_up = setting.warm_up;
  shared_->wanted = true;
  std::thread([shared = shared_] { run(shared); }).detach();
}

void Eye::wait_for_first(std::uint64_t give_up_ns) {
  std::unique_lock lock(shared_->mutex);
  while (!shared_->delivered) {
    if (shared_->failure) throw Failure(*shared_->failure);
    if (host_.now() >= give_up_ns) {
      // Opened late is one thing; one that sends what cannot be used will not do so later.
      throw Failure(shared_->came != 0 ? STN_E_PROTOCOL : STN_E_REMOVED,
                    "camera " + name_ + " gives no usable picture: " +
                        (shared_->came != 0 ? "of the last one, " + shared_->wrong : "nothing came"));
    }
    shared_->changed.wait_for(lock, kStep);
  }
  width_ = static_cast<std::uint32_t>(shared_->picture.width);
  height_ = static_cast<std::uint32_t>(shared_->picture.height);
  shared_->wanted = shared_->delivered = false;
}

Eye::~Eye() {
  std::unique_lock lock(shared_->mutex);
  shared_->stop = true;
  if (shared_->source) shared_->source->stop();
  // A camera that is let go in time can be opened again at once.
  shared_->changed.wait_for(lock, std::chrono::seconds(1), [&] { return shared_->ended; });
}

std::string Eye::lost() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->failure ? shared_->failure->what() : "";
}

void Eye::restart() {
  const std::lock_guard lock(shared_->mutex);
  shared_->anew = true;
  if (shared_->source) shared_->source->stop();
}

void Eye::run(const std::shared_ptr<Shared>& shared) {
  bool again = true;
  while (again) {
    std::optional<Failure> failure;
    try {
      std::shared_ptr<Source> source = shared->open();
      {
        const std::lock_guard lock(shared->mutex);
        shared->source = source;
        shared->came = 0;
        shared->anew = false;
      }
      read(*shared, *source);
    } catch (const Failure& caught) {
      failure = caught;
    } catch (const std::exception& caught) {
      failure = Failure(STN_E_INTERNAL, caught.what());
    }
    const std::lock_guard lock(shared->mutex);
    shared->source.reset();
    again = shared->anew && !shared->stop;
    if (!again) {
      if (failure && !shared->stop) shared->failure = failure;
      shared->ended = true;
    }
    shared->changed.notify_all();
  }
}

void Eye::read(Shared& shared, Source& source) {
  while (true) {
    const Begun begun = source.next();
    bool decode = false;
    {
      const std::lock_guard lock(shared.mutex);
      if (shared.stop || shared.anew) return;
      ++shared.came;
      if (!shared.wanted || shared.delivered) continue;
      if (!begun.wrong.empty()) {
        shared.wrong = begun.wrong;
      } else if (begun.ns < shared.not_before_ns) {
        shared.wrong = "it may have been exposed before it was asked for, " +
                       std::to_string((shared.not_before_ns - begun.ns) / kMs) + " ms";
      } else if (shared.came <= static_cast<std::uint64_t>(shared.warm_up)) {
        shared.wrong = "the camera is warming up";
      } else {
        decode = true;
      }
    }
    if (!decode) continue;
    Picture picture;
    const std::string wrong = source.decode(picture);
    const std::lock_guard lock(shared.mutex);
    if (!wrong.empty()) {
      shared.wrong = wrong;
    } else if (shared.wanted && begun.ns >= shared.not_before_ns) {  // nobody may wait for it any more
      shared.picture = std::move(picture);
      shared.begun_ns = begun.ns;
      shared.delivered = true;
      shared.changed.notify_all();
    }
  }
}

Report Eye::look(station::Op& op, std::uint64_t not_before_ns, std::uint64_t frame_ns, Picture& picture,
                 std::uint64_t& begun_ns) {
  const std::uint64_t give_up = host_.now() + frame_ns;
  std::unique_lock lock(shared_->mutex);
  const auto want = [&](bool yes) {
    shared_->wanted = yes;
    shared_->delivered = false;
    shared_->not_before_ns = not_before_ns;
  };
  shared_->wrong.clear();
  want(true);
  while (true) {
    if (shared_->failure) return shared_->failure->report();
    if (shared_->delivered) {
      if (static_cast<std::uint32_t>(shared_->picture.width) == width_ &&
          static_cast<std::uint32_t>(shared_->picture.height) == height_)
        break;
      shared_->wrong = "it is of " + std::to_string(shared_->picture.width) + " x " +
                       std::to_string(shared_->picture.height) + " pixels, not " + std::to_string(width_) +
                       " x " + std::to_string(height_);
      want(true);
    }
    if (op.cancelled() || host_.now() >= give_up) {
      const std::string wrong = shared_->wrong;
      want(false);
      if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled");
      return Report::refused(STN_E_PROTOCOL,
                             "camera " + name_ + " gives no new, whole picture within " +
                                 std::to_string(frame_ns / kMs) +
                                 " ms: " + (wrong.empty() ? "nothing came" : "of the last one, " + wrong))
          .action(STN_ACT_RETRY_NOW);
    }
    shared_->changed.wait_for(lock, kStep);
  }
  picture = std::move(shared_->picture);
  begun_ns = shared_->begun_ns;
  want(false);
  return Report::done(STN_AT_CAMERA);
}

}  // namespace opencv_camera
