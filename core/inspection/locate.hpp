// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>

namespace ktp::inspection {

struct Outline {
  enum class State { found, none, cut_off };
  State state = State::none;
  std::array<cv::Point2f, 4>
      corners{};  ///< upper left, upper right, lower right, lower left; photograph pixels
};

/// Finds the card by what differs from the background, which is learnt from the photograph's own border: its
/// level and slope per colour, robustly, so that uneven light does not matter and a card that reaches the
/// border is noticed. Then each side is fitted to sub-pixel edge positions. `photo` is RGB, 8 bit.
Outline locate(const cv::Mat& photo);

}  // namespace ktp::inspection
