// SPDX-License-Identifier: Apache-2.0
// Photographs of printed cards by other means than drivers/sim-camera: worked out in linear light, from table
// to sensor.
#pragma once
#include <opencv2/core.hpp>

#include "bench/inspection/press.hpp"
#include "domain/image.hpp"

namespace judge {

enum class Table { grey, bright, dark, wood, pattern };

struct Optics {
  double px_per_mm = 13;
  double margin_mm = 8;  ///< of table round the card in the picture, before shift and rotation
  int quarter_turns = 0;
  double rotation_deg = 0, tilt_x = 0, tilt_y = 0, k1 = 0, shift_x_mm = 0, shift_y_mm = 0;
  double psf_mm = 0.02;                       ///< standard deviation of lens and focus
  double motion_mm = 0, motion_angle = 0;     ///< of the camera while it exposes
  double slope_x = 0, slope_y = 0, cos4 = 0;  ///< light from one side, and the lens's fall-off at the corner
  double white[3] = {1, 1, 1}, exposure = 0.8;  ///< linear level of a white card at the centre, of full scale
  double haze = 0;                              ///< linear, everywhere
  double sheen = 0, sheen_x = 0, sheen_y = 0,
         sheen_mm = 30;                      ///< linear, a soft spot of the lamp on the laminate
  double full_well = 12000, read_noise = 6;  ///< electrons
  bool bayer = false;
  double sharpen = 0, gamma = 0;  ///< gamma 0: sRGB's curve; else a power
  int jpeg = 0;                   ///< quality, 0: none
  Table table = Table::grey;
  double table_level = 0.18;  ///< linear
  double shadow = 0.4;
  std::uint64_t seed = 0;
};

/// Within what a careful office may have; `dpi` (300 or 600) is what the picture resolves at least.
Optics any_optics(cv::RNG& rng, double dpi);

ktp::Image photograph(const PrintedCard& card, const Optics& optics);

/// Not one whole card: an empty table, two cards, a card half in view, a thing that is no card.
ktp::Image empty_table(const Optics& optics);
ktp::Image two_cards(const PrintedCard& card, const Optics& optics);
ktp::Image half_in_view(const PrintedCard& card, const Optics& optics);
ktp::Image no_card(const Optics& optics);

}  // namespace judge
