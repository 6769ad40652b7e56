// SPDX-License-Identifier: Apache-2.0
#include "inspection/block_means.hpp"

#include <algorithm>
#include <vector>

#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

KTP_ROW_KERNEL void add_row(const std::uint8_t* __restrict row, int width, std::uint16_t* __restrict sums) {
  for (int x = 0; x < width; ++x) sums[x] = static_cast<std::uint16_t>(sums[x] + row[x]);
}

KTP_ROW_KERNEL void add_across(const std::uint16_t* __restrict sums, int side, int blocks,
                               std::uint8_t* __restrict out) {
  const int n = side * side;
  for (int x = 0; x < blocks; ++x) {
    int sum = n / 2;
    for (int k = 0; k < side; ++k) sum += sums[x * side + k];
    out[x] = static_cast<std::uint8_t>(sum / n);
  }
}

}  // namespace

cv::Mat block_means(const cv::Mat& plane, int side) {
  cv::Mat out(plane.rows / side, plane.cols / side, CV_8U);
  const int width = out.cols * side;
  std::vector<std::uint16_t> sums(static_cast<std::size_t>(width));
  for (int y = 0; y < out.rows; ++y) {
    std::ranges::fill(sums, std::uint16_t{0});
    for (int k = 0; k < side; ++k) add_row(plane.ptr<std::uint8_t>(y * side + k), width, sums.data());
    add_across(sums.data(), side, out.cols, out.ptr<std::uint8_t>(y));
  }
  return out;
}

}  // namespace ktp::inspection
