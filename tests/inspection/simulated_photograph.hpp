// SPDX-License-Identifier: Apache-2.0
// Photographs a printed card: mounting, lens, lamp, blur, noise, dust. Wider in everything than a good
// station.
#pragma once
#include <opencv2/core.hpp>

#include "domain/image.hpp"

namespace samples {

struct Camera {
  double px_per_mm = 13;
  double rotation_deg = 0, tilt_x = 0,
         tilt_y = 0;  ///< tilt: relative change of scale over half the card's width
  double k1 = 0;      ///< radial, at the picture's corner
  double shift_x_mm = 0, shift_y_mm = 0;
  double slope_x = 0, slope_y = 0, vignette = 0;  ///< shares of the light
  cv::Vec3d gain{0.92, 0.92, 0.92}, offset{4, 4, 4};
  double blur_px = 0.8, noise = 2;
  double desk = 52;  ///< grey level
  int specks = 10, hard_specks = 0;
  bool shadow = true;
};

/// A random camera within the ranges that the station is meant for.
Camera any_camera(cv::RNG& rng);

ktp::Image photograph(const cv::Mat& card, double card_px_per_mm, const Camera& camera, cv::RNG& rng);

}  // namespace samples
