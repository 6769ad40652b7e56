// SPDX-License-Identifier: Apache-2.0
// Waits for the next card under a camera and photographs it: by itself as soon as it lies still, or as its
// numbered photographs come.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "domain/error.hpp"
#include "pipeline/box_desk.hpp"
#include "pipeline/station.hpp"
#include "pipeline/still_card.hpp"

namespace ktp::pipeline {

struct WatchPlan {
  bool numbered = false;              ///< photographs have numbers (folder-camera); else whatever lies still
  bool back = true;                   ///< both sides are photographed
  std::chrono::milliseconds idle{0};  ///< ends when no card came for so long; 0 = never
};

/// One owner, one thread; the station's stop switch ends it from any.
class CardWatch {
 public:
  /// What a person at the camera needs to know now.
  enum class State { ready, moving, photographing, take_away, no_card_seen, too_early };

  /// `reader` may be null. `state` is told when it changes.
  CardWatch(const Station& station, devices::Camera& camera, devices::ChipReader* reader, WatchPlan plan,
            std::function<void(State)> state);

  /// The pictures of the next card, `number` where photographs have numbers. Nothing: stopped, or idle.
  /// Error internal: the camera does not work.
  Result<std::optional<CardPictures>> next(std::uint64_t number);

 private:
  Result<std::optional<CardPictures>> next_numbered(std::uint64_t number);
  Result<std::optional<CardPictures>> next_still();
  /// The other side, and the chip. False: the card was taken away meanwhile.
  bool complete(CardPictures& pictures, std::uint64_t number);
  [[nodiscard]] bool over(std::chrono::steady_clock::time_point since) const;
  /// A photograph that failed: waits for a camera that may come back. The error where it does not.
  Result<void> trouble(const devices::CallResult& grabbed);
  void tell(State state);

  const Station& station_;
  devices::Camera& camera_;
  devices::ChipReader* reader_;
  const WatchPlan plan_;
  const std::function<void(State)> state_;
  std::optional<State> told_;
  StillCard still_;
  int failed_ = 0;
  std::optional<std::chrono::steady_clock::time_point> gone_since_;
};

}  // namespace ktp::pipeline
