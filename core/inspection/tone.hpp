// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>

#include "inspection/reference.hpp"

namespace ktp::inspection {

/// photograph = gain[c] * light(x, y) * face + offset[c]; light = 1 + quadratic in x, y (-1..1), the same for
/// all colours. What another camera's curve and colour filters leave over is taken up by `colour`: a
/// quadratic of the three normalised colours, the same everywhere on the card, so that nothing local can hide
/// in it.
struct Tone {
  static constexpr int kTerms = 10;  ///< 1, r, g, b, rr, gg, bb, rg, rb, gb, with r = (value - 128) / 128
  std::array<std::array<float, kTerms>, 3> colour{};  ///< levels to add; all 0 = none
  std::array<float, 3> gain{1, 1, 1}, offset{0, 0, 0};
  std::array<float, 5> light{};  ///< x, y, xx, xy, yy

  [[nodiscard]] float light_at(float x, float y) const {
    return 1 + light[0] * x + light[1] * y + light[2] * x * x + light[3] * x * y + light[4] * y * y;
  }
};

/// Robust fit over cells of 16 x 16 working pixels. Cells whose weight in `trust` (CV_32F, one a cell) is 0
/// have no vote.
Tone fit_tone(const Reference& reference, const std::array<cv::Mat, 3>& seen, const cv::Mat& trust);

/// The photograph in the face's tone, clamped to 0..255. A pixel that the camera clipped tells only a bound:
/// it is moved to the expected value if the bound allows that.
void normalise(const Reference& reference, const Tone& tone, const std::array<cv::Mat, 3>& seen,
               std::array<cv::Mat, 3>& out);

}  // namespace ktp::inspection
