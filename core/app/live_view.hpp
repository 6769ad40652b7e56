// SPDX-License-Identifier: Apache-2.0
// What lies under each camera now, small, for as long as somebody watches. Frames that are taken anyway are
// looked at on their way; while the machine stands some are taken for the watchers. One picture a camera is
// kept, in memory only, and it goes with the last watcher.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/looks.hpp"
#include "app/open_station.hpp"
#include "domain/image.hpp"
#include "ledger/ledger.hpp"
#include "web/sort_acts.hpp"

namespace ktp::app {

/// Threads: any.
class LiveView {
 public:
  /// Longest side of a picture, px: an operator sees what lies there and how.
  static constexpr int kLongest = 640;
  /// Who has not asked for so long watches no more.
  static constexpr auto kWatching = std::chrono::seconds(3);
  /// A picture at most so often.
  static constexpr auto kBetween = std::chrono::milliseconds(300);

  /// Looks on at the cameras of `lanes`; all of it must outlive this, and no camera may be used before.
  LiveView(ledger::Ledger& ledger, Looks& looks, const Config& config, const OpenLanes& lanes);

  /// For web::Desk.
  [[nodiscard]] web::CameraCommands commands();

  /// Photographs what lies under each camera that is watched. Only while nobody else uses the cameras [the
  /// machine's thread]. Answers how soon that is due again.
  std::chrono::milliseconds grab_for_watchers();
  /// Who watches this camera.
  [[nodiscard]] std::vector<std::string> watchers(const std::string& camera) const;
  /// Drops the pictures that nobody watches any more.
  void sweep();

 private:
  using Clock = std::chrono::steady_clock;
  struct Eye {
    const devices::Camera* camera = nullptr;
    std::string printer;                             // whose cards lie there
    bool numbered = false;                           // photographs only what has a number
    std::map<std::string, Clock::time_point> asked;  // who, last
    std::uint64_t number = 0;
    Clock::time_point taken{}, failed{};
    std::vector<std::string> cards;  // of this ledger, that may be on the picture
    bool empty = true;
    Image picture;  // small; dropped once it is encoded
    std::shared_ptr<const std::string> jpeg;
  };
  void saw(Eye& eye, const Image& picture);
  Result<std::optional<web::LivePicture>> picture(const std::string& camera, std::uint64_t after,
                                                  const std::string& user);
  static bool watched(const Eye& eye);

  ledger::Ledger& ledger_;
  Looks& looks_;
  const OpenLanes& lanes_;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Eye> eyes_;
};

/// `picture` with its longest side not above `longest`: each pixel the mean of those it stands for. RGB or
/// grey.
[[nodiscard]] Image made_small(const ImageView& picture, int longest);

}  // namespace ktp::app
