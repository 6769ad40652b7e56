// SPDX-License-Identifier: Apache-2.0
// The portraits that the last prepared orders print: what a mixed-up card would show.
#pragma once
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "domain/image.hpp"

namespace ktp::pipeline {

/// Any thread.
class PortraitQueue {
 public:
  /// Cards that can be mixed up are few: those in the machine, at the camera and about to be printed.
  static constexpr std::size_t kKept = 64;

  /// `portrait` as inspection::printed_portrait gives it; an empty one is not kept.
  void add(const std::string& order_id, Image portrait) {
    if (portrait.empty()) return;
    const std::scoped_lock lock(mutex_);
    std::erase_if(kept_, [&](const auto& one) { return one.first == order_id; });
    kept_.emplace_back(order_id, std::move(portrait));
    if (kept_.size() > kKept) kept_.pop_front();
  }

  /// Those of all other orders.
  [[nodiscard]] std::vector<Image> others(const std::string& order_id) const {
    const std::scoped_lock lock(mutex_);
    std::vector<Image> found;
    for (const auto& [id, portrait] : kept_)
      if (id != order_id) found.push_back(portrait);
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::pair<std::string, Image>> kept_;
};

}  // namespace ktp::pipeline
