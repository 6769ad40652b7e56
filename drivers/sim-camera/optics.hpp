// SPDX-License-Identifier: Apache-2.0
// From the desk to the sensor: where each pixel of the camera looks. Mounting (rotation, perspective) and
// lens are the same for every picture and computed once; how a card happens to lie is a turn and a shift on
// top.
#pragma once
#include <opencv2/core/mat.hpp>
#include <vector>

#include "sim-camera/desk.hpp"

namespace sim {

struct Mounting {
  int width = 0, height = 0;  ///< sensor, pixels
  double scale = 13;          ///< pixels a millimetre in the middle
  double rotation_deg = 0;
  double perspective = 0;        ///< relative change of scale from the middle to the edge of the view
  double perspective_angle = 0;  ///< direction in which it grows, radians
  double lens_k1 = 0;            ///< relative radial displacement at the corner of the view
};

/// How one card lies.
struct Pose {
  double dx_mm = 0, dy_mm = 0;
  double turn_deg = 0;
};

class Optics {
 public:
  explicit Optics(const Mounting& mounting);

  /// Projects the scene to `out` (RGB, sensor size).
  void project(const Desk& desk, const Pose& pose, cv::Mat& out);

 private:
  Mounting mounting_;
  std::vector<float> x_mm_, y_mm_;  // of each sensor pixel, from the middle of the card
  cv::Mat map_, fraction_;          // a band of rows at a time, so that both stay in the cache
};

}  // namespace sim
