// SPDX-License-Identifier: Apache-2.0
#include "inspection/gradient.hpp"

#include <algorithm>
#include <array>

#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

KTP_ROW_KERNEL void gradient_row(const std::uint8_t* const up[3], const std::uint8_t* const here[3],
                                 const std::uint8_t* const down[3], int width, std::int16_t* __restrict gx,
                                 std::int16_t* __restrict gy, std::int16_t* __restrict size) {
  const std::uint8_t* __restrict u0 = up[0], * __restrict u1 = up[1], * __restrict u2 = up[2];
  const std::uint8_t* __restrict h0 = here[0], * __restrict h1 = here[1], * __restrict h2 = here[2];
  const std::uint8_t* __restrict d0 = down[0], * __restrict d1 = down[1], * __restrict d2 = down[2];
  const auto magnitude = [](std::int16_t a, std::int16_t b) {
    return static_cast<std::int16_t>((a < 0 ? -a : a) + (b < 0 ? -b : b));
  };
  for (int x = 1; x + 1 < width; ++x) {
    std::int16_t dx = static_cast<std::int16_t>(h0[x + 1] - h0[x - 1]),
                 dy = static_cast<std::int16_t>(d0[x] - u0[x]);
    std::int16_t most = magnitude(dx, dy);
    const std::int16_t dx1 = static_cast<std::int16_t>(h1[x + 1] - h1[x - 1]),
                       dy1 = static_cast<std::int16_t>(d1[x] - u1[x]);
    const std::int16_t most1 = magnitude(dx1, dy1);
    dx = most1 > most ? dx1 : dx, dy = most1 > most ? dy1 : dy, most = most1 > most ? most1 : most;
    const std::int16_t dx2 = static_cast<std::int16_t>(h2[x + 1] - h2[x - 1]),
                       dy2 = static_cast<std::int16_t>(d2[x] - u2[x]);
    const std::int16_t most2 = magnitude(dx2, dy2);
    gx[x] = most2 > most ? dx2 : dx, gy[x] = most2 > most ? dy2 : dy, size[x] = most2 > most ? most2 : most;
  }
}

}  // namespace

Gradient gradient_of(const cv::Mat& soft) {
  Gradient g;
  g.x = cv::Mat::zeros(soft.size(), CV_16S);
  g.y = cv::Mat::zeros(soft.size(), CV_16S);
  std::array<cv::Mat, 3> planes;
  cv::split(soft, planes.data());
  cv::Mat size(1, soft.cols, CV_16S, cv::Scalar(0));
  std::array<int, 1024> histogram{};
  int total = 0;
  for (int y = 1; y + 1 < soft.rows; ++y) {
    const std::uint8_t *up[3], *here[3], *down[3];
    for (std::size_t c = 0; c < 3; ++c)
      up[c] = planes[c].ptr<std::uint8_t>(y - 1), here[c] = planes[c].ptr<std::uint8_t>(y),
      down[c] = planes[c].ptr<std::uint8_t>(y + 1);
    auto* strength = size.ptr<std::int16_t>();
    gradient_row(up, here, down, soft.cols, g.x.ptr<std::int16_t>(y), g.y.ptr<std::int16_t>(y), strength);
    for (int x = 1 + y % 2; x + 1 < soft.cols; x += 2)
      ++histogram[static_cast<std::size_t>(strength[x])], ++total;
  }
  int seen = 0;
  std::size_t median = 0;
  while (median < histogram.size() && (seen += histogram[median]) * 2 < total) ++median;
  g.threshold = std::clamp(2.2f * static_cast<float>(median), 6.0f, 24.0f);
  return g;
}

}  // namespace ktp::inspection
