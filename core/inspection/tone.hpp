// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>

#include "inspection/reference.hpp"

namespace ktp::inspection {

/// photograph = gain[c] * light(x, y) * (1 + shade[c] . (x, y)) * face + offset[c] + glare(x, y) *
/// lift(face); light = 1 + a polynomial of fourth order in x, y (-1..1), the same for all colours: a lamp
/// beside the card and a lens that darkens towards the corners. A colour may differ from that by a slope of
/// its own (`shade`): lenses and filters shade colours unevenly. Haze of the lens and sheen of the laminate
/// add in linear light, and so lift what is dark far more than what is bright (`lift`, 1 for black): `glare`
/// is a cubic in place, in levels of black. What another camera's curve and colour filters leave over is
/// taken up by `colour`: a quadratic of the three normalised colours, the same everywhere on the card, so
/// that nothing local can hide in it.
struct Tone {
  static constexpr int kTerms = 10;  ///< 1, r, g, b, rr, gg, bb, rg, rb, gb, with r = (value - 128) / 128
  std::array<std::array<float, kTerms>, 3> colour{};  ///< levels to add; all 0 = none
  std::array<float, 3> gain{1, 1, 1}, offset{0, 0, 0};
  static constexpr int kLight = 14;
  std::array<float, kLight> light{};  ///< x, y, xx, xy, yy, xxx .. yyy, xxxx .. yyyy, x and y by `legendre`
  std::array<std::array<float, 2>, 3> shade{};  ///< x, y; against the mean of the colours
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

  /// Legendre's polynomials of first to fourth order: of mean 0 over the card and independent of each other.
  [[nodiscard]] static std::array<float, 4> legendre(float x) {
    const float xx = x * x;
    return {x, 1.5f * xx - 0.5f, x * (2.5f * xx - 1.5f), xx * (4.375f * xx - 3.75f) + 0.375f};
  }
  /// `light` as a polynomial of x at one y, from the constant on.
  [[nodiscard]] std::array<float, 5> light_row(float y) const {
    const auto& l = light;
    const auto q = legendre(y);
    const float a0 = 1 + l[1] * q[0] + l[4] * q[1] + l[8] * q[2] + l[13] * q[3],
                a1 = l[0] + l[3] * q[0] + l[7] * q[1] + l[12] * q[2], a2 = l[2] + l[6] * q[0] + l[11] * q[1],
                a3 = l[5] + l[10] * q[0], a4 = l[9];
    return {a0 - 0.5f * a2 + 0.375f * a4, a1 - 1.5f * a3, 1.5f * a2 - 3.75f * a4, 2.5f * a3, 4.375f * a4};
  }
  [[nodiscard]] float light_at(float x, float y) const {
    const auto k = light_row(y);
    return k[0] + x * (k[1] + x * (k[2] + x * (k[3] + x * k[4])));
  }
  /// Light of one colour.
  [[nodiscard]] float light_at(float x, float y, std::size_t c) const {
    return light_at(x, y) * (1 + shade[c][0] * x + shade[c][1] * y);
  }
};

/// Means of colour planes over cells of 16 x 16 working pixels, CV_8U.
using CellMeans = std::array<cv::Mat, 3>;
[[nodiscard]] CellMeans cell_means(const std::array<cv::Mat, 3>& planes);

/// Robust fit over the cells of the photograph. Cells whose weight in `trust` (CV_32F, one a cell) is 0
/// have no vote. `band`: the face as sharp as the photograph is. With a `start`, the tone for another
/// sharpness, only the last rounds are fitted, on twice as many cells.
Tone fit_tone(const Reference& reference, const Band& band, const CellMeans& seen, const cv::Mat& trust,
              const Tone* start = nullptr);

/// The photograph in the face's tone, clamped to 0..255. Where the face is brighter than a picture can hold,
/// a pixel near that bound is as far below the face as it is below the bound; of the darkest likewise.
void normalise(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
               std::array<cv::Mat, 3>& out);

/// The same of green only, and of every kSampleRows-th row only: what sharpness is measured on.
void normalise_samples(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
                       std::array<cv::Mat, 3>& out);

/// What is measured of the whole picture is measured on every fourth row.
inline constexpr int kSampleRows = 4;

}  // namespace ktp::inspection
