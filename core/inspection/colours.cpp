// SPDX-License-Identifier: Apache-2.0
#include "inspection/colours.hpp"

#include <algorithm>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace ktp::inspection {
namespace {

constexpr double kMost = 0.4;          // of the unit
constexpr std::ptrdiff_t kFewest = 8;  // places that say what is usual for a colour

// `classes`: below `count`, or of none.
template <class T>
void level(const cv::Mat& classes, std::size_t count, T most, cv::Mat& values) {
  // Values sorted by class, in one piece: class k from end[k - 1] to end[k].
  std::vector<std::size_t> end(count + 1, 0);
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    for (int x = 0; x < values.cols; ++x) ++end[std::min<std::size_t>(at[x], count)];
  }
  for (std::size_t k = 0, sum = 0; k <= count; ++k) {
    const std::size_t size = end[k];
    end[k] = sum, sum += size;
  }
  std::vector<T> sorted(values.total());
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    const auto* value = values.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x) sorted[end[std::min<std::size_t>(at[x], count)]++] = value[x];
  }
  std::vector<T> usual(count, T{0});
  auto first = sorted.begin();
  for (std::size_t k = 0; k < count; ++k) {
    const auto last = sorted.begin() + static_cast<std::ptrdiff_t>(end[k]);
    if (last - first >= kFewest) {
      const auto middle = first + (last - first) / 2;
      std::nth_element(first, middle, last);
      usual[k] = std::clamp(*middle, static_cast<T>(-most), most);
    }
    first = last;
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

void level_parts(const cv::Mat& parts, int count, int window, cv::Mat& values) {
  level(parts, static_cast<std::size_t>(count) + 1, std::numeric_limits<std::int16_t>::max(), values);
  struct Part {
    int left = std::numeric_limits<int>::max(), top = left, right = 0, bottom = 0, places = 0;
  };
  std::vector<Part> of(static_cast<std::size_t>(count) + 1);
  for (int y = 0; y < parts.rows; ++y) {
    const auto* at = parts.ptr<std::uint16_t>(y);
    for (int x = 0; x < parts.cols; ++x) {
      if (!at[x]) continue;
      Part& p = of[at[x]];
      p.left = std::min(p.left, x), p.right = std::max(p.right, x + 1);
      p.top = std::min(p.top, y), p.bottom = y + 1;
      ++p.places;
    }
  }
  cv::Mat inside, own, sum, weight;
  for (std::size_t k = 1; k < of.size(); ++k) {
    const Part& p = of[k];
    if (p.places <= window * window) continue;
    const cv::Rect box(p.left, p.top, p.right - p.left, p.bottom - p.top);
    cv::Mat here = values(box);
    cv::compare(parts(box), static_cast<double>(k), inside, cv::CMP_EQ);
    own = cv::Mat::zeros(box.size(), CV_32F);
    here.convertTo(sum, CV_32F);
    sum.copyTo(own, inside);
    const auto flags = cv::BORDER_CONSTANT | cv::BORDER_ISOLATED;
    cv::boxFilter(own, sum, CV_32F, {window, window}, {-1, -1}, false, flags);
    inside.convertTo(own, CV_32F, 1.0 / 255);
    cv::boxFilter(own, weight, CV_32F, {window, window}, {-1, -1}, false, flags);
    for (int y = 0; y < box.height; ++y) {
      auto* value = here.ptr<std::int16_t>(y);
      const auto* in = inside.ptr<std::uint8_t>(y);
      const auto *s = sum.ptr<float>(y), *w = weight.ptr<float>(y);
      for (int x = 0; x < box.width; ++x)
        if (in[x]) value[x] = cv::saturate_cast<std::int16_t>(static_cast<float>(value[x]) - s[x] / w[x]);
    }
  }
}

}  // namespace ktp::inspection
