// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>

#include "inspection/reference.hpp"

namespace ktp::inspection {

/// photograph = gain[c] * light(x, y) * face + offset[c] + glare(x, y) * lift(face); light = 1 + quadratic in
/// x, y (-1..1), the same for all colours. Haze of the lens and sheen of the laminate add in linear light,
/// and so lift what is dark far more than what is bright (`lift`, 1 for black): `glare` is a cubic in place,
/// in levels of black. What another camera's curve and colour filters leave over is taken up by `colour`: a
/// quadratic of the three normalised colours, the same everywhere on the card, so that nothing local can hide
/// in it.
struct Tone {
  static constexpr int kTerms = 10;  ///< 1, r, g, b, rr, gg, bb, rg, rb, gb, with r = (value - 128) / 128
  std::array<std::array<float, kTerms>, 3> colour{};  ///< levels to add; all 0 = none
  std::array<float, 3> gain{1, 1, 1}, offset{0, 0, 0};
  std::array<float, 5> light{};  ///< x, y, xx, xy, yy
  static constexpr int kGlare = 10;
  std::array<float, kGlare> glare{};  ///< 1, x, y, xx, xy, yy, xxx, xxy, xyy, yyy

  /// Levels that a face's value rises by where black rises by one: follows sRGB's curve for two hundredths of
  /// linear light.
  static constexpr float kLiftLevels = 70;
  static float lift(float face) {
    const float q = 1 / (1 + face * (1.0f / kLiftLevels));
    return q * q;
  }
  [[nodiscard]] static std::array<float, kGlare> glare_basis(float x, float y) {
    return {1, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};
  }
  [[nodiscard]] float glare_at(float x, float y) const {
    const auto b = glare_basis(x, y);
    float sum = 0;
    for (std::size_t i = 0; i < b.size(); ++i) sum += glare[i] * b[i];
    return sum;
  }

  [[nodiscard]] float light_at(float x, float y) const {
    return 1 + light[0] * x + light[1] * y + light[2] * x * x + light[3] * x * y + light[4] * y * y;
  }
};

/// Robust fit over cells of 16 x 16 working pixels. Cells whose weight in `trust` (CV_32F, one a cell) is 0
/// have no vote. `band`: the face as sharp as the photograph is.
Tone fit_tone(const Reference& reference, const Band& band, const std::array<cv::Mat, 3>& seen,
              const cv::Mat& trust);

/// The photograph in the face's tone, clamped to 0..255. A pixel that the camera clipped tells only a bound:
/// it is moved to the expected value if the bound allows that. Of every `every` rows only the first is made.
void normalise(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
               std::array<cv::Mat, 3>& out, int every = 1);

}  // namespace ktp::inspection
