// SPDX-License-Identifier: Apache-2.0
// What light, glass and sensor do to the projected picture: uneven light, specks on the glass, blur, noise,
// clipping to 8 bits.
#pragma once
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace sim {

struct Exposure {
  int width = 0, height = 0;
  double scale = 13;  ///< pixels a millimetre, for the size of the specks
  double gain = 0.92;
  double offset = 4;      ///< grey levels: haze and dark current
  double light = 0.1;     ///< share of the light that is missing in the darkest corner
  double flicker = 0.01;  ///< relative change of the light from picture to picture
  double blur = 0.7;      ///< standard deviation, pixels
  double noise = 1.8;     ///< standard deviation on white, grey levels; a third of it on black
  int specks = 12;
  std::uint64_t seed = 1;
};

class Sensor {
 public:
  explicit Sensor(const Exposure& exposure);

  /// Exposes one picture to `out` (RGB, rows without gaps). `shot` decides flicker and noise. `picture` is
  /// used up.
  void expose(cv::Mat& picture, std::uint64_t shot, std::uint8_t* out);

 private:
  void add_specks(cv::Mat& light) const;

  Exposure exposure_;
  std::vector<std::uint16_t> light_;  // of each byte of the picture, in units of kLightUnit
  std::vector<std::int8_t> noise_;    // normal, standard deviation kNoiseUnit
};

}  // namespace sim
