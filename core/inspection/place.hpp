// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "inspection/locate.hpp"
#include "inspection/reference.hpp"

namespace ktp::inspection {

/// Where the card lies, and which way up.
struct Placed {
  enum class State { found, none, cut_off, two_cards };
  State state = State::none;
  Corners corners{};        ///< photograph pixels
  double likeness = 0;      ///< of what lies there with the expected face, -1..1
  bool by_details = false;  ///< found by the face's own details, not by an outline
};

/// Of all hypotheses the one that shows the expected face; where none does, the face's own details; where
/// they are not there either, the best outline (a blank card, another card).
Placed place_card(const Reference& reference, const cv::Mat& photo);

/// By the face's own details alone; state `none` or `cut_off` where that does not give a whole card in view.
Placed place_by_details(const Reference& reference, const cv::Mat& photo);

}  // namespace ktp::inspection
