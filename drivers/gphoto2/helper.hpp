// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <station/plugin.hpp>

namespace gphoto2 {

/// Does one thing after the other on a thread of its own, for whoever cannot wait as long as a library may.
class Helper {
 public:
  Helper();
  /// Waits a second at most; what is under way then ends with the process, or by itself.
  ~Helper();
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  /// Runs `work` there. True: it has ended, and if it threw station::Failure, so does this. False:
  /// `give_up_ns` came or `op` was cancelled (null: cannot be); `work` goes on, so it must own what it
  /// touches, and no other will be begun.
  bool run(station::Host& host, const station::Op* op, std::uint64_t give_up_ns, std::function<void()> work);
  /// True: something is still under way that nobody waits for.
  [[nodiscard]] bool stuck() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace gphoto2
