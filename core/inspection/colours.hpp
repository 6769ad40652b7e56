// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <opencv2/core.hpp>

namespace ktp::inspection {

/// Classes of expected colour, 32 levels wide in red, green and blue.
inline constexpr std::uint16_t kColourClasses = 512;

/// Takes from `values` (CV_32F or CV_16S, deviations) what is usual for the class of each place, `colours`
/// (CV_16U of the same size; kColourClasses: of none): a printer prints one colour a few levels lighter or
/// darker than another wherever it stands, hair or a watermark, and the tone's smooth fit follows the common
/// colours only. What is more than two fifths of `unit` (half the band's width) is not taken away: that
/// is no longer what printers do.
void level_colours(const cv::Mat& colours, double unit, cv::Mat& values);

/// Takes from `values` (CV_16S) what is usual for each of `count` connected parts, and from parts larger than
/// a square of `window` places what is usual about each place of theirs; `parts` (CV_16U of the same size)
/// numbers them from 1, 0 is none. For what is told by the contrast to its neighbourhood: a strip between two
/// edges that is a few levels off as a whole is no line, nor is the end of a slope.
void level_parts(const cv::Mat& parts, int count, int window, cv::Mat& values);

}  // namespace ktp::inspection
