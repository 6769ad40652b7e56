// SPDX-License-Identifier: Apache-2.0
// Cards as a dye-sublimation printer and an office leave them, for measuring the inspection: worked out in
// dye density and linear reflectance at 600 dpi, with one damage of a stated size. Knows nothing of cameras.
#pragma once
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "domain/face.hpp"

namespace judge {

inline constexpr double kDpi = 600;
inline constexpr double kPerMm = kDpi / ktp::kMmPerInch;

/// What varies between good cards.
struct Press {
  double place_x_mm = 0, place_y_mm = 0;         ///< print against card
  double stretch = 0;                            ///< of the feed, share of the length
  double register_mm[3][2] = {};                 ///< of each panel
  double density[3] = {1, 1, 1};                 ///< of each panel
  double banding = 0, grain = 0, spread_px = 0;  ///< densities' shares; dye spread, pixels of 600 dpi
  double body[3] = {0.9, 0.9, 0.88};             ///< linear reflectance of the blank
  std::uint64_t seed = 0;
};
Press any_press(cv::RNG& rng);

struct Damage {
  std::string kind = "good";
  double size = 0;  ///< in the unit of the catalogue: mm, elements, or share of the density
};

struct PrintedCard {
  cv::Mat reflectance;  ///< CV_16UC3, linear, 65535 = 1, RGB
  cv::Mat body;         ///< CV_8U: 255 where there is card
  cv::Mat shine;        ///< CV_8U, empty or linear light that a bubble throws at the lens, 255 = white
  std::vector<ktp::BoxMm> truth;  ///< where the damage is; empty for a good card
};

/// `face` at 600 dpi is what is printed; `other` another card's, for content that does not belong there.
PrintedCard print(const ktp::Face& face, const ktp::Face& other, const ktp::Face& other_side,
                  const Press& press, const Damage& damage, cv::RNG& rng);

/// The catalogue of docs/inspection.md section 2.
struct Grade {
  const char* kind;
  const char* grade;  ///< good, may, should, must, content
  double size;
  bool front_only;
};
const std::vector<Grade>& catalogue();

}  // namespace judge
