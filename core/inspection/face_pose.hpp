// SPDX-License-Identifier: Apache-2.0
// Which of several places in a photograph shows the expected face, and which way up; and, where no outline
// helps, where the face's own details lie. Pure functions.
#pragma once
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "inspection/locate.hpp"

namespace ktp::inspection {

/// What of a face can be recognised from afar. Made before its card arrives.
struct FaceSign {
  cv::Mat thumbnail;                   ///< light-free, zero mean, unit norm, CV_32F; empty for a plain face
  std::vector<cv::Point2f> points_mm;  ///< of its corners, from the card's upper left corner
  cv::Mat descriptors;                 ///< ORB, one row a point
};
/// `rgb`: the whole face.
FaceSign sign_of(const cv::Mat& rgb);

/// Correlation of what lies inside `corners` with the face, -1..1, at the best of small shifts. `small`:
/// Search::soft; corners in its pixels.
double likeness(const FaceSign& sign, const cv::Mat& small, const Corners& corners);

/// The card's corners (photograph pixels) by the face's own details, against any background; none where too
/// few of them agree. They may lie outside the photograph. Takes some ten milliseconds: for pictures whose
/// outline is not found.
std::optional<Corners> pose_by_details(const FaceSign& sign, const cv::Mat& photo);

}  // namespace ktp::inspection
