// SPDX-License-Identifier: Apache-2.0
#include "inspection/colours.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace ktp::inspection {
namespace {

constexpr double kMost = 0.4;       // of the unit
constexpr std::size_t kFewest = 8;  // places that say what is usual for a colour

// `classes`: below `count`, or of none.
template <class T>
void level(const cv::Mat& classes, std::size_t count, T most, cv::Mat& values) {
  std::vector<std::vector<T>> of_class(count);
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    const auto* value = values.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x)
      if (at[x] < count) of_class[at[x]].push_back(value[x]);
  }
  std::vector<T> usual(count, T{0});
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<T>& all = of_class[k];
    if (all.size() < kFewest) continue;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    usual[k] = std::clamp(*middle, static_cast<T>(-most), most);
  }
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    auto* value = values.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x)
      if (at[x] < count) value[x] = static_cast<T>(value[x] - usual[at[x]]);
  }
}

}  // namespace

void level_colours(const cv::Mat& colours, double unit, cv::Mat& values) {
  if (values.depth() == CV_16S) {
    level(colours, kColourClasses, static_cast<std::int16_t>(kMost * unit), values);
  } else {
    level(colours, kColourClasses, static_cast<float>(kMost * unit), values);
  }
}

void level_parts(const cv::Mat& parts, int count, cv::Mat& values) {
  level(parts, static_cast<std::size_t>(count) + 1, std::numeric_limits<std::int16_t>::max(), values);
}

}  // namespace ktp::inspection
