// SPDX-License-Identifier: Apache-2.0
#include "inspection/compare.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kClip = 160;  // 2.5 band half widths

// Sums over two rows and the three colours.
struct PairOfRows {
  std::vector<std::int16_t> deviation, residual, grey, dark, bright;
  explicit PairOfRows(std::size_t n) : deviation(n), residual(n), grey(n), dark(n), bright(n) {}
  void clear() {
    for (auto* v : {&deviation, &residual, &grey, &dark, &bright}) std::ranges::fill(*v, std::int16_t{0});
  }
};

std::int16_t s16(int value) {
  return static_cast<std::int16_t>(value);
}

// One row of one colour, in 16-bit arithmetic without branches. Every row is a parameter of its own: only
// then does the compiler believe that they do not overlap, and makes vector code.
KTP_ROW_KERNEL void add_colour_row(const std::uint8_t* __restrict seen, const std::uint8_t* __restrict middle,
                                   const std::int16_t* __restrict scale, int width,
                                   std::int16_t* __restrict dev, std::int16_t* __restrict res,
                                   std::int16_t* __restrict grey) {
  for (int x = 0; x < width; ++x) {
    const std::int16_t off = s16(seen[x] - middle[x]);
    std::int16_t z = s16(s16(off * scale[x]) >> 4);  // |off * scale| <= 255 * 128
    z = std::max(z, s16(-kClip));
    z = std::min(z, s16(kClip));
    dev[x] = s16(dev[x] + z);
    res[x] = s16(res[x] + off);
    grey[x] = s16(grey[x] + seen[x]);
  }
}

// How far the worst colour lies below and above its limits.
KTP_ROW_KERNEL void add_beyond_row(const std::uint8_t* __restrict n0, const std::uint8_t* __restrict n1,
                                   const std::uint8_t* __restrict n2, const std::uint8_t* __restrict l0,
                                   const std::uint8_t* __restrict l1, const std::uint8_t* __restrict l2,
                                   const std::uint8_t* __restrict h0, const std::uint8_t* __restrict h1,
                                   const std::uint8_t* __restrict h2, int width,
                                   std::int16_t* __restrict dark, std::int16_t* __restrict bright) {
  for (int x = 0; x < width; ++x) {
    const std::int16_t d0 = s16(l0[x] - n0[x]), d1 = s16(l1[x] - n1[x]), d2 = s16(l2[x] - n2[x]);
    dark[x] = s16(dark[x] + std::max(std::max(d0, d1), std::max(d2, s16(0))));
    const std::int16_t b0 = s16(n0[x] - h0[x]), b1 = s16(n1[x] - h1[x]), b2 = s16(n2[x] - h2[x]);
    bright[x] = s16(bright[x] + std::max(std::max(b0, b1), std::max(b2, s16(0))));
  }
}

void add_row(const Band& band, const Band::Limits& limits, const Evidence& e, int y, int width,
             PairOfRows& sums) {
  std::array<const std::uint8_t*, 3> n, lo, hi;
  for (std::size_t c = 0; c < 3; ++c) {
    n[c] = e.planes[c].ptr<std::uint8_t>(y);
    lo[c] = limits.low[c].ptr<std::uint8_t>(y);
    hi[c] = limits.high[c].ptr<std::uint8_t>(y);
    add_colour_row(n[c], band.middle()[c].ptr<std::uint8_t>(y), limits.scale[c].ptr<std::int16_t>(y), width,
                   sums.deviation.data(), sums.residual.data(), sums.grey.data());
  }
  add_beyond_row(n[0], n[1], n[2], lo[0], lo[1], lo[2], hi[0], hi[1], hi[2], width, sums.dark.data(),
                 sums.bright.data());
}

// Half frame, CV_16S: the deviation's mean over 2 x 2 in units of the tight band.
KTP_ROW_KERNEL void deviation_row(const std::uint8_t* const seen[2], const std::uint8_t* const middle[2],
                                  const std::int16_t* __restrict scale, std::int16_t* __restrict sums,
                                  int width, std::int16_t* __restrict out) {
  for (int x = 0; x < 2 * width; ++x)
    sums[x] = static_cast<std::int16_t>(seen[0][x] - middle[0][x] + seen[1][x] - middle[1][x]);
  for (int x = 0; x < width; ++x) {
    const auto off = static_cast<std::int16_t>((sums[2 * x] + sums[2 * x + 1]) >> 2);
    std::int16_t z = static_cast<std::int16_t>(static_cast<std::int16_t>(off * scale[x]) >> 4);
    z = z < -256 ? std::int16_t{-256} : z > 256 ? std::int16_t{256} : z;
    out[x] = z;
  }
}

void narrow_deviation(const Band& band, const Band::Limits& limits, const Evidence& evidence, std::size_t c,
                      cv::Mat& out) {
  const cv::Mat &seen = evidence.planes[c], &middle = band.middle()[c];
  std::vector<std::int16_t> sums(static_cast<std::size_t>(seen.cols));
  for (int y = 0; y < out.rows; ++y) {
    const std::uint8_t* const s[2] = {seen.ptr<std::uint8_t>(2 * y), seen.ptr<std::uint8_t>(2 * y + 1)};
    const std::uint8_t* const m[2] = {middle.ptr<std::uint8_t>(2 * y), middle.ptr<std::uint8_t>(2 * y + 1)};
    deviation_row(s, m, limits.tight[c].ptr<std::int16_t>(y), sums.data(), out.cols,
                  out.ptr<std::int16_t>(y));
  }
}

}  // namespace

void compare(const Reference& reference, Evidence& e) {
  const Band::Limits& limits = e.band->limits(*reference.profile, reference.px_per_mm);
  const cv::Size half(reference.size.width / 2, reference.size.height / 2);
  const int width = reference.size.width;
  e.dark = cv::Mat::zeros(half, CV_8U);
  e.bright = cv::Mat::zeros(half, CV_8U);
  e.deviation = cv::Mat::zeros(half, CV_16S);
  e.grey.create(half, CV_32F);
  e.residual.create(half, CV_32F);
  const std::size_t w = static_cast<std::size_t>(width);
  e.column_mean.assign(w, 0);
  e.row_mean.assign(static_cast<std::size_t>(reference.size.height), 0);
  std::vector<std::int32_t> columns(w, 0);
  PairOfRows sums(w);
  const cv::Rect inner = reference.inner;
  for (int y = 0; y < half.height; ++y) {
    sums.clear();
    const bool inside_y = 2 * y >= inner.y && 2 * y + 1 < inner.y + inner.height;
    int sum = 0;
    for (const int row : {2 * y, 2 * y + 1}) {
      add_row(*e.band, limits, e, row, width, sums);
      const int so_far = sum;
      sum = std::accumulate(sums.deviation.begin() + inner.x, sums.deviation.begin() + inner.x + inner.width,
                            0);
      if (inside_y)
        e.row_mean[static_cast<std::size_t>(row)] =
            static_cast<float>(sum - so_far) / static_cast<float>(3 * kDeviationUnit * inner.width);
    }
    if (inside_y) {
      const std::int16_t* __restrict d = sums.deviation.data();
      std::int32_t* __restrict c = columns.data();
      for (int x = 0; x < width; ++x) c[x] += d[x];
    }
    auto* __restrict grey = e.grey.ptr<float>(y);
    auto* __restrict residual = e.residual.ptr<float>(y);
    for (int x = 0; x < half.width; ++x) {
      grey[x] = static_cast<float>(sums.grey[2 * static_cast<std::size_t>(x)] +
                                   sums.grey[2 * static_cast<std::size_t>(x) + 1]) *
                (1 / 12.0f);
      residual[x] = static_cast<float>(sums.residual[2 * static_cast<std::size_t>(x)] +
                                       sums.residual[2 * static_cast<std::size_t>(x) + 1]) *
                    (1 / 12.0f);
    }
    if (!inside_y) continue;
    auto* __restrict dark = e.dark.ptr<std::uint8_t>(y);
    auto* __restrict bright = e.bright.ptr<std::uint8_t>(y);
    auto* __restrict deviation = e.deviation.ptr<std::int16_t>(y);
    const int first = (inner.x + 1) / 2, last = (inner.x + inner.width) / 2;
    for (int x = first; x < last; ++x) {
      const std::size_t i = 2 * static_cast<std::size_t>(x);
      dark[x] = static_cast<std::uint8_t>((sums.dark[i] + sums.dark[i + 1]) >> 2);
      bright[x] = static_cast<std::uint8_t>((sums.bright[i] + sums.bright[i + 1]) >> 2);
      deviation[x] = s16((sums.deviation[i] + sums.deviation[i + 1]) / 12);
    }
  }
  cv::Mat inside;
  reference.clean.convertTo(inside, CV_16S, -1.0 / 255.0);  // all bits or none
  for (std::size_t k = 0; k < 3; ++k) {
    e.narrow[k].create(half, CV_16S);
    narrow_deviation(*e.band, limits, e, k, e.narrow[k]);
    cv::bitwise_and(e.narrow[k], inside, e.narrow[k]);
  }
  for (std::size_t x = 0; x < w; ++x)
    e.column_mean[x] = static_cast<float>(columns[x]) / static_cast<float>(3 * kDeviationUnit * inner.height);
}

}  // namespace ktp::inspection
