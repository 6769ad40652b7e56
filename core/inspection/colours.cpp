// SPDX-License-Identifier: Apache-2.0
#include "inspection/colours.hpp"

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace ktp::inspection {
namespace {

constexpr double kMost = 0.4;      // of the unit
constexpr int kMostOfAPart = 320;  // five half widths of the band
constexpr int kAlone = cv::BORDER_CONSTANT | cv::BORDER_ISOLATED;
constexpr std::ptrdiff_t kFewest = 8;  // places that say what is usual for a colour

// Takes `usual` of its class from each value. `classes`: below usual.size(), or of none.
template <class T>
void take_off(const cv::Mat& classes, const std::vector<T>& usual, cv::Mat& values) {
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    auto* value = values.ptr<T>(y);
    for (int x = 0; x < values.cols; ++x)
      if (at[x] < usual.size()) value[x] = static_cast<T>(value[x] - usual[at[x]]);
  }
}

// Takes off the median of each class, of CV_16S: counted, at most `most` to either side.
void level_counted(const cv::Mat& classes, std::size_t count, int most, cv::Mat& values) {
  const auto bins = static_cast<std::size_t>(2 * most + 1);
  std::vector<std::int32_t> histogram((count + 1) * bins, 0);
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    const auto* value = values.ptr<std::int16_t>(y);
    for (int x = 0; x < values.cols; ++x) {
      const std::size_t k = std::min<std::size_t>(at[x], count);
      ++histogram[k * bins + static_cast<std::size_t>(std::clamp<int>(value[x], -most, most) + most)];
    }
  }
  std::vector<std::int16_t> usual(count, 0);
  for (std::size_t k = 0; k < count; ++k) {
    const auto first = histogram.begin() + static_cast<std::ptrdiff_t>(k * bins),
               last = first + static_cast<std::ptrdiff_t>(bins);
    const std::int32_t all = std::accumulate(first, last, 0);
    if (all < kFewest) continue;
    std::int32_t sum = 0;
    auto bin = first;
    while ((sum += *bin) <= all / 2) ++bin;
    usual[k] = static_cast<std::int16_t>(bin - first - most);
  }
  take_off(classes, usual, values);
}

// The same of CV_32F, which has no bins: sorted.
void level_sorted(const cv::Mat& classes, std::size_t count, float most, cv::Mat& values) {
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
  std::vector<float> sorted(values.total());
  for (int y = 0; y < values.rows; ++y) {
    const auto* at = classes.ptr<std::uint16_t>(y);
    const auto* value = values.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x) sorted[end[std::min<std::size_t>(at[x], count)]++] = value[x];
  }
  std::vector<float> usual(count, 0);
  auto first = sorted.begin();
  for (std::size_t k = 0; k < count; ++k) {
    const auto last = sorted.begin() + static_cast<std::ptrdiff_t>(end[k]);
    if (last - first >= kFewest) {
      const auto middle = first + (last - first) / 2;
      std::nth_element(first, middle, last);
      usual[k] = std::clamp(*middle, -most, most);
    }
    first = last;
  }
  take_off(classes, usual, values);
}

}  // namespace

void level_colours(const cv::Mat& colours, double unit, cv::Mat& values) {
  if (values.depth() == CV_16S) {
    level_counted(colours, kColourClasses, static_cast<int>(kMost * unit), values);
  } else {
    level_sorted(colours, kColourClasses, static_cast<float>(kMost * unit), values);
  }
}

Parts::Parts(cv::Mat given, int parts, int side) : numbers(std::move(given)), count(parts), window(side) {
  std::vector<cv::Rect> boxes(static_cast<std::size_t>(count) + 1);
  std::vector<int> places(boxes.size(), 0);
  for (int y = 0; y < numbers.rows; ++y) {
    const auto* at = numbers.ptr<std::uint16_t>(y);
    for (int x = 0; x < numbers.cols; ++x) {
      if (!at[x]) continue;
      cv::Rect& box = boxes[at[x]];
      box = places[at[x]]++ ? box | cv::Rect(x, y, 1, 1) : cv::Rect(x, y, 1, 1);
    }
  }
  for (std::size_t k = 1; k < boxes.size(); ++k) {
    if (places[k] <= window * window) continue;
    Large part{boxes[k], {}, {}};
    cv::compare(numbers(part.box), static_cast<double>(k), part.inside, cv::CMP_EQ);
    cv::Mat one;
    part.inside.convertTo(one, CV_32F, 1.0 / 255);
    cv::boxFilter(one, part.weight, CV_32F, {window, window}, {-1, -1}, false, kAlone);
    large.push_back(std::move(part));
  }
}

void level_parts(const Parts& parts, cv::Mat& values) {
  level_counted(parts.numbers, static_cast<std::size_t>(parts.count) + 1, kMostOfAPart, values);
  cv::Mat own, sum;
  for (const Parts::Large& part : parts.large) {
    cv::Mat here = values(part.box);
    own = cv::Mat::zeros(here.size(), CV_16S);
    here.copyTo(own, part.inside);
    cv::boxFilter(own, sum, CV_32F, {parts.window, parts.window}, {-1, -1}, false, kAlone);
    for (int y = 0; y < here.rows; ++y) {
      auto* value = here.ptr<std::int16_t>(y);
      const auto* in = part.inside.ptr<std::uint8_t>(y);
      const auto *s = sum.ptr<float>(y), *w = part.weight.ptr<float>(y);
      for (int x = 0; x < here.cols; ++x)
        if (in[x]) value[x] = cv::saturate_cast<std::int16_t>(static_cast<float>(value[x]) - s[x] / w[x]);
    }
  }
}

}  // namespace ktp::inspection
