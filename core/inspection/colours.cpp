// SPDX-License-Identifier: Apache-2.0
#include "inspection/colours.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace ktp::inspection {
namespace {

constexpr double kMost = 0.4;       // of the unit
constexpr std::size_t kFewest = 8;  // places that say what is usual for a colour

template <class T>
void level(const cv::Mat& colours, double unit, cv::Mat& values) {
  std::array<std::vector<T>, kColourClasses> of_colour;
  for (int y = 0; y < values.rows; ++y) {
    const auto* colour = colours.ptr<std::uint16_t>(y);
    const auto* value = values.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x)
      if (colour[x] < kColourClasses) of_colour[colour[x]].push_back(value[x]);
  }
  std::array<T, kColourClasses> usual{};
  const T most = static_cast<T>(kMost * unit);
  for (std::size_t k = 0; k < kColourClasses; ++k) {
    std::vector<T>& all = of_colour[k];
    if (all.size() < kFewest) continue;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    usual[k] = std::clamp(*middle, static_cast<T>(-most), most);
  }
  for (int y = 0; y < values.rows; ++y) {
    const auto* colour = colours.ptr<std::uint16_t>(y);
    auto* value = values.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x)
      if (colour[x] < kColourClasses) value[x] = static_cast<T>(value[x] - usual[colour[x]]);
  }
}

}  // namespace

void level_colours(const cv::Mat& colours, double unit, cv::Mat& values) {
  if (values.depth() == CV_16S) {
    level<std::int16_t>(colours, unit, values);
  } else {
    level<float>(colours, unit, values);
  }
}

}  // namespace ktp::inspection
