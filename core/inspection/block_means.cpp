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

inline void add_across_any(const std::uint16_t* __restrict sums, int side, int blocks,
                           std::uint8_t* __restrict out) {
  // Division by multiplying: exact for blocks of up to 16 x 16, whose sums fill 16 bits.
  constexpr int kBits = 24;
  const auto n = static_cast<std::uint32_t>(side * side), inverse = ((1U << kBits) + n - 1) / n;
  for (int x = 0; x < blocks; ++x) {
    std::uint32_t sum = n / 2;
    for (int k = 0; k < side; ++k) sum += sums[x * side + k];
    out[x] = static_cast<std::uint8_t>((sum * inverse) >> kBits);
  }
}

KTP_ROW_KERNEL void add_across(const std::uint16_t* __restrict sums, int side, int blocks,
                               std::uint8_t* __restrict out) {
  // The usual sides are known to the compiler.
  switch (side) {
    case 2:
      return add_across_any(sums, 2, blocks, out);
    case 4:
      return add_across_any(sums, 4, blocks, out);
    case 16:
      return add_across_any(sums, 16, blocks, out);
    default:
      return add_across_any(sums, side, blocks, out);
  }
}

KTP_ROW_KERNEL void halve_row(const std::int16_t* __restrict upper, const std::int16_t* __restrict lower,
                              int width, std::int16_t* __restrict out) {
  for (int x = 0; x < width; ++x)
    out[x] = static_cast<std::int16_t>(
        (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
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

cv::Mat halved(const cv::Mat& values) {
  cv::Mat out(values.rows / 2, values.cols / 2, CV_16S);
  for (int y = 0; y < out.rows; ++y)
    halve_row(values.ptr<std::int16_t>(2 * y), values.ptr<std::int16_t>(2 * y + 1), out.cols,
              out.ptr<std::int16_t>(y));
  return out;
}

}  // namespace ktp::inspection
