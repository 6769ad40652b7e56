// SPDX-License-Identifier: Apache-2.0
// Where a card may lie in a photograph of which nothing is known but that it is a photograph: any background,
// any of four orientations. Several hypotheses; the expected print decides between them (face_pose.hpp).
#pragma once
#include <opencv2/core.hpp>
#include <vector>

#include "inspection/outline.hpp"

namespace ktp::inspection {

/// A quadrilateral of a card's shape, photograph pixels. Which of its two long sides is the upper one is not
/// known.
struct Hypothesis {
  Corners corners{};
  double support =
      0;  ///< share of its outline along which the picture has an edge, the weakest side half; 0..1
};

/// The photograph averaged down to some 400 pixels, and what was found in it.
struct Search {
  cv::Mat small;                       ///< CV_8UC3
  cv::Mat soft;                        ///< the same, mean of 3 x 3
  double factor = 1;                   ///< photograph pixels a pixel of `small`
  std::vector<Hypothesis> hypotheses;  ///< best supported first
  bool touches_border = false;         ///< a large thing that is no background reaches out of the picture
};

/// `photo` is RGB, 8 bit. Lines are collected by a gradient-weighted Hough transform and put together to
/// quadrilaterals of ID-1 proportions.
Search search_card(const cv::Mat& photo);
/// Adds what differs from the picture's own border, for cards whose outline is too weak for lines; sets
/// `touches_border`.
void search_background(Search& search);

struct Outline {
  enum class State { found, none, cut_off };
  State state = State::none;
  Corners corners{};  ///< photograph pixels
};

/// The best supported hypothesis, for pictures of which no face is expected.
Outline locate(const cv::Mat& photo);

/// Whether the corners lie in the picture, with `slack` pixels of grace.
bool in_view(const Corners& corners, const cv::Size& size, float slack);

}  // namespace ktp::inspection
