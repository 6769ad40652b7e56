// SPDX-License-Identifier: Apache-2.0
// When does a card lie still under the camera, so that its picture can be taken? Hand or feeder bring one
// card after the other; nobody presses a button. A pure function of the pictures and their times.
#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "domain/image.hpp"

namespace ktp::pipeline {

/// One owner, one thread. Times are those of a steady clock and never fall.
class StillCard {
 public:
  struct Limits {
    /// Nothing may move for so long before the picture is taken.
    std::chrono::milliseconds still{300};
    double moved = 6;     ///< levels of 255 in one of the cells: more is movement
    double other = 14;    ///< levels by which a cell of the empty place differs where something lies there
    double cover = 0.12;  ///< share of the cells that a card changes at least
  };
  enum class Seen {
    empty,     ///< nothing lies there
    moving,    ///< something comes, goes or is being moved
    take,      ///< said once for each card: it lies still, now
    taken,     ///< the card that was taken still lies there
    occupied,  ///< something lies there that was not taken, from the beginning or in the taken card's place:
               ///< the place has to be seen empty first
  };

  StillCard() : StillCard(Limits{}) {}
  explicit StillCard(const Limits& limits) : limits_(limits) {}

  /// The next picture of the place. `has_card`: whether a card is found in it; asked only while the empty
  /// place is not known yet.
  template <class HasCard>
  Seen see(const ImageView& picture, std::chrono::milliseconds at, HasCard&& has_card) {
    const std::vector<float> cells = cells_of(picture);
    const bool still = is_still(cells, at);
    if (empty_.empty()) {
      if (!still) return Seen::moving;
      if (has_card()) return Seen::occupied;
      empty_ = cells;
      return Seen::empty;
    }
    return judge(cells, still);
  }
  /// Whether the last picture differs from the one before: `moving` is also said until nothing has moved for
  /// long enough.
  [[nodiscard]] bool moved() const { return moved_; }
  /// The camera itself says that nothing lies there.
  Seen nothing(std::chrono::milliseconds at);
  /// What lies there is no card after all, but how the empty place looks now (a lamp was switched, the camera
  /// was moved).
  void place_looks_like_this();

 private:
  static constexpr int kColumns = 24, kRows = 16;
  [[nodiscard]] static std::vector<float> cells_of(const ImageView& picture);
  bool is_still(const std::vector<float>& cells, std::chrono::milliseconds at);
  Seen judge(const std::vector<float>& cells, bool still);
  [[nodiscard]] bool changed(const std::vector<float>& cells, const std::vector<float>& before) const;

  Limits limits_;
  std::vector<float> last_, empty_, taken_cells_;
  std::chrono::milliseconds still_since_{};
  bool taken_ = false, moved_ = false;
};

}  // namespace ktp::pipeline
