// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "drivers/plugin_host.hpp"

namespace ktp::model {

/// What lies under a camera: the card at the camera of a world folder as sim-camera sees it, or the empty
/// table. Drawn anew only when another card lies there, so that a camera may look often. Any thread.
class Scene {
 public:
  /// `settings`: those of sim-camera, with world, width and height.
  Scene(const drivers_test::SettingsMap& settings, int width, int height);

  /// RGB, rows packed, width x height. `drawn`: grows whenever what is seen has changed.
  sim::Picture look(std::uint32_t side, std::uint64_t& drawn);
  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }

 private:
  [[nodiscard]] std::string lying_there() const;
  std::mutex mutex_;
  drivers_test::Device camera_;
  const std::filesystem::path folder_;
  const int width_, height_;
  struct Seen {
    std::string what;
    sim::Picture picture;
    std::uint64_t drawn = 0;
  } seen_[2];
  std::uint64_t drawn_ = 0;
};

}  // namespace ktp::model
