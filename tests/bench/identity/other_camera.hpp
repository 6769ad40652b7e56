// SPDX-License-Identifier: Apache-2.0
// Photographs by other means than drivers/sim-camera and tests/inspection: the print in densities with a
// head's uneven elements, the light in linear intensities, optics with defocus and movement, a sensor with
// shot noise and a colour mosaic, JPEG. For judging what was tuned on the others.
#pragma once
#include <opencv2/core.hpp>

#include "domain/image.hpp"

namespace bench {

/// What a good dye-sublimation printer does: spread of the dots, density within 5 %, elements within 1 %,
/// colour register within 0.04 mm, the print off the card by up to 0.3 mm. RGB, 8 bit, of the same size.
cv::Mat printed(const cv::Mat& picture, double px_per_mm, cv::RNG& rng);

struct Exposure {
  double defocus_px = 0.6;  ///< radius of the disk of confusion, sensor pixels
  double motion_px = 0, motion_angle = 0;
  double lens_px = 0.5;  ///< Gaussian of the lens
  double white = 0.85;   ///< where white paper lands, share of full scale (linear)
  double flare = 0.004;  ///< light that comes from nowhere, share of white (linear)
  cv::Vec3d balance{1, 1, 1};
  double slope_x = 0, slope_y = 0, spot = 0, spot_x = 0, spot_y = 0;  ///< shares of the light
  double electrons = 12000;                                           ///< full well: shot noise
  double read_noise = 6;                                              ///< electrons
  double gamma = 2.2;
  bool mosaic = true;
  int jpeg = 0;  ///< quality; 0: none
};
Exposure any_exposure(cv::RNG& rng);

/// `scene` (RGB, 8 bit, sRGB values) seen through `map` (CV_32FC2: for each sensor pixel its place in the
/// scene).
ktp::Image expose(const cv::Mat& scene, const cv::Mat& map, const Exposure& exposure, cv::RNG& rng);

/// The printed card on some table: rotated by up to 5 degrees, tilted, with a lens's distortion; sensor
/// pixels per millimetre as given.
ktp::Image photograph(const cv::Mat& card, double px_per_mm, double sensor_px_per_mm,
                      const Exposure& exposure, cv::RNG& rng);

/// Wilson score interval of `hits` of `n`, 95 %.
struct Interval {
  double low, high;
};
Interval wilson(int hits, int n);

}  // namespace bench
