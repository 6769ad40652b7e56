// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

namespace ktp::inspection {

/// Classes of expected colour, 32 levels wide in red, green and blue.
inline constexpr std::uint16_t kColourClasses = 512;

/// Takes from `values` (CV_32F or CV_16S, deviations) what is usual for the class of each place, `colours`
/// (CV_16U of the same size; kColourClasses: of none): a printer prints one colour a few levels lighter or
/// darker than another wherever it stands, hair or a watermark, and the tone's smooth fit follows the common
/// colours only. What is more than two fifths of `unit` (half the band's width) is not taken away: that
/// is no longer what printers do.
void level_colours(const cv::Mat& colours, double unit, cv::Mat& values);

/// Connected parts of a frame and what levelling them needs of each, worked out once for a face.
struct Parts {
  /// `numbers` (CV_16U): from 1 to `count` the part of each place, 0 is none. `window`: odd, places.
  Parts(cv::Mat numbers, int count, int window);
  Parts() = default;

  struct Large {
    cv::Rect box;
    cv::Mat inside;  ///< CV_8U over `box`, 255 in the part
    cv::Mat weight;  ///< CV_32F over `box`, places of the part in the window about each
  };
  cv::Mat numbers;
  int count = 0, window = 0;
  std::vector<Large> large;  ///< of more places than a square of `window`
};

/// Takes from `values` (CV_16S, of the size of Parts::numbers) what is usual for each part, and from the
/// large ones what is usual about each place of theirs. For what is told by the contrast to its
/// neighbourhood: a strip between two edges that is a few levels off as a whole is no line, nor is the end of
/// a slope. More than 320 beyond 0 counts as 320.
void level_parts(const Parts& parts, cv::Mat& values);

}  // namespace ktp::inspection
