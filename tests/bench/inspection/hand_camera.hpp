// SPDX-License-Identifier: Apache-2.0
// A third kind of photograph, to see what carries over: a small camera in a hand with a strong picture
// processor. Shares no code with optics.cpp or bench/identity.
#pragma once
#include <opencv2/core.hpp>

#include "bench/inspection/press.hpp"
#include "domain/image.hpp"

namespace judge {

struct HandCamera {
  double px_per_mm = 13, margin_mm = 9;
  double corners[4][2] = {};            ///< where the hand's tilt moves the card's corners, mm
  double barrel = 0, lateral = 0;       ///< distortion; red and blue larger and smaller than green, shares
  double core_px = 0.6, field_px = 0;   ///< blur at the centre, and what the corners have more
  double halo = 0, halo_px = 5;         ///< share of the light that dirt and coating scatter widely
  double shake_px = 0, shake_bend = 0;  ///< length and curvature of the hand's motion
  double vignetting = 0, lamp = 0, lamp_x = 0, lamp_y = 0;
  double kelvin = 5000, tint = 0;  ///< of the lamp, as far as the white balance left it, and along the card
  double exposure = 0.7, full_well = 5000, read_noise = 4;
  double saturation = 1;                ///< of the colour matrix
  double chroma_px = 1;                 ///< reach of the colour noise filter
  double contrast = 0;                  ///< of an S-curve after sRGB's
  double sharpen = 0, sharpen_px = 1;   ///< unsharp mask of the brightness
  double clarity = 0, clarity_px = 20;  ///< local contrast
  int jpeg = 80;
  int table = 0;  ///< 0 cloth, 1 printed paper, 2 planks, 3 stone
  std::uint64_t seed = 0;
};

HandCamera any_hand_camera(cv::RNG& rng, double dpi);

ktp::Image photograph(const PrintedCard& card, const HandCamera& camera);

}  // namespace judge
