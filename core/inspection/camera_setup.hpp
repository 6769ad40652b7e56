// SPDX-License-Identifier: Apache-2.0
// Setting up a camera: what one photograph of a plain white card says of scale, focus, exposure and light,
// and whether that is enough for the smallest damage that must be found. Pure; any thread. No OpenCV type
// leaves.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "domain/image.hpp"

namespace ktp::inspection {

/// What a photograph must show. The narrowest damage that must be found is 0.20 mm wide (README.md).
struct SetupLimits {
  static constexpr double kNarrowestMm = 0.20;
  static constexpr double kPixelsAcross = 2;  ///< of the narrowest damage: fewer, and it fades into its sides
  static constexpr double kMostBlurMm =
      0.10;  ///< sigma: more, and half of the narrowest damage's depth is gone
  static constexpr double kLeastWhite = 140, kMostWhite = 245;  ///< levels of the white card
  static constexpr double kMostClipped = 0.002;                 ///< share of the card's pixels at 255
  static constexpr double kLeastEven = 0.75;  ///< darkest ninth of the card by the brightest
  static constexpr double kMostPrint = 6;     ///< levels that a card varies by when its light is taken out
};

struct CameraSetup {
  bool card = false;               ///< a whole card was found; else nothing below but `wrong` is set
  double px_per_mm = 0;            ///< along the side of the card that is shown smallest
  double blur_px = 0;              ///< sigma of the softest of the card's four edges
  double white = 0;                ///< median level of the card
  double clipped = 0;              ///< share of its pixels at 255 in some colour
  double even = 0;                 ///< darkest by brightest ninth of the card, 1 = even
  std::array<double, 9> ninths{};  ///< mean levels, row by row
  bool plain = false;              ///< the card is plain: `even` speaks of the light
  std::vector<std::string> wrong;  ///< what to change, with figure and limit; empty: good as it is
  Image picture;                   ///< the photograph with the card's outline, for people

  [[nodiscard]] double blur_mm() const { return px_per_mm > 0 ? blur_px / px_per_mm : 0; }
};

[[nodiscard]] CameraSetup camera_setup(const ImageView& photograph);

}  // namespace ktp::inspection
