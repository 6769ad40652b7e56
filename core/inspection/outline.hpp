// SPDX-License-Identifier: Apache-2.0
// A quadrilateral held against what a picture shows: has it a card's shape, and do edges run along it?
#pragma once
#include <array>
#include <opencv2/core.hpp>

#include "inspection/gradient.hpp"

namespace ktp::inspection {

using Corners = std::array<cv::Point2f, 4>;  ///< upper left, upper right, lower right, lower left of the card

inline constexpr double kAspectSlack = 0.09;  ///< of a card's width / height: perspective and lens

/// Clockwise from the upper left of a card that lies across; one that stands upright is turned.
[[nodiscard]] Corners ordered(Corners corners);

/// Whether ordered corners are those of a card: its proportions, opposite sides of about one length.
[[nodiscard]] bool card_shaped(const Corners& corners);

/// Share of the outline along which the picture has an edge in its direction, the weakest side half; 0..1, 0
/// where a side has next to none.
[[nodiscard]] double support_of(const Gradient& gradient, const Corners& corners);

/// Moves the four sides to where the gradient across them is steepest, to a fraction of a pixel and at most
/// `reach` pixels, 7 at most. Sides without a clear edge stay; nothing moves where no card would be left.
void refine(const Gradient& gradient, Corners& corners, int reach);

}  // namespace ktp::inspection
