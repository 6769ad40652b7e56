// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <opencv2/core.hpp>
#include <vector>

#include "inspection/reference.hpp"

namespace ktp::inspection {

/// Where a working pixel of the expected face lies in the photograph: a smooth displacement (cubic in x and
/// y: takes print offset, stretch, and a lens's radial distortion, whose lowest term is cubic) after the
/// outline's homography.
struct Warp {
  cv::Matx33d homography;                     ///< working pixels -> photograph pixels
  std::array<std::array<double, 10>, 2> d{};  ///< displacement polynomials in x, y of -1..1, working pixels
  cv::Size size;

  [[nodiscard]] cv::Point2d displacement(double x, double y) const;
};

struct Alignment {
  Warp warp;
  int tracked = 0;         ///< features of the expected face that were found
  int features = 0;        ///< features there are
  double residual_px = 0;  ///< robust spread of the found features about the smooth warp, working pixels
  std::vector<std::uint8_t> found;  ///< one a feature

  [[nodiscard]] double match() const { return features > 0 ? static_cast<double>(tracked) / features : 0; }
};

/// Brings the print to the expected face. The outline gives the start, the print itself the rest: the outline
/// is cut with its own tolerance and is not the print. Features that went elsewhere (damage, other content)
/// are refused, so that the warp does not follow a defect. `grey` is the photograph's grey, averaged over
/// Reference::track_step pixels; `corners` are in whole photograph pixels.
Alignment align(const Reference& reference, const cv::Mat& grey, const std::array<cv::Point2f, 4>& corners);

/// How well the other side of the card fits, 0..1; 0 if the reference knows no other side.
double match_other_side(const Reference& reference, const cv::Mat& grey,
                        const std::array<cv::Point2f, 4>& corners);

/// The photograph seen through the warp, every `step`-th working pixel. `photo` may be averaged over `shrunk`
/// x `shrunk` photograph pixels.
void rectify(const cv::Mat& photo, const Warp& warp, int step, cv::Mat& seen, int shrunk = 1);

}  // namespace ktp::inspection
