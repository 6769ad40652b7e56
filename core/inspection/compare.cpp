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

// One row, all colours, in 16-bit arithmetic without branches: the compiler makes vector code of it.
KTP_ROW_KERNEL void add_row(const Band& band, const Band::Limits& limits, const Evidence& e, int y, int width,
                            PairOfRows& sums) {
  std::int16_t* __restrict dev = sums.deviation.data();
  std::int16_t* __restrict res = sums.residual.data();
  std::int16_t* __restrict grey = sums.grey.data();
  std::int16_t* __restrict dark = sums.dark.data();
  std::int16_t* __restrict bright = sums.bright.data();
  const std::uint8_t *n[3], *lo[3], *hi[3], *mid[3];
  const std::int16_t* k[3];
  for (std::size_t c = 0; c < 3; ++c) {
    n[c] = e.planes[c].ptr<std::uint8_t>(y);
    lo[c] = limits.low[c].ptr<std::uint8_t>(y);
    hi[c] = limits.high[c].ptr<std::uint8_t>(y);
    mid[c] = band.middle()[c].ptr<std::uint8_t>(y);
    k[c] = limits.scale[c].ptr<std::int16_t>(y);
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const std::uint8_t* __restrict seen = n[c];
    const std::uint8_t* __restrict middle = mid[c];
    const std::int16_t* __restrict scale = k[c];
    for (int x = 0; x < width; ++x) {
      const std::int16_t off = s16(seen[x] - middle[x]);
      std::int16_t z = s16(s16(off * scale[x]) >> 4);  // |off * scale| <= 255 * 128
      z = z < -kClip ? s16(-kClip) : z;
      z = z > kClip ? s16(kClip) : z;
      dev[x] = s16(dev[x] + z);
      res[x] = s16(res[x] + off);
      grey[x] = s16(grey[x] + seen[x]);
    }
  }
  // The worst colour counts.
  const std::uint8_t* __restrict n0 = n[0], * __restrict n1 = n[1], * __restrict n2 = n[2];
  const std::uint8_t* __restrict l0 = lo[0], * __restrict l1 = lo[1], * __restrict l2 = lo[2];
  const std::uint8_t* __restrict h0 = hi[0], * __restrict h1 = hi[1], * __restrict h2 = hi[2];
  for (int x = 0; x < width; ++x) {
    const std::int16_t d0 = s16(l0[x] - n0[x]), d1 = s16(l1[x] - n1[x]), d2 = s16(l2[x] - n2[x]);
    std::int16_t d = d0 > d1 ? d0 : d1;
    d = d > d2 ? d : d2;
    dark[x] = s16(dark[x] + (d > 0 ? d : s16(0)));
    const std::int16_t b0 = s16(n0[x] - h0[x]), b1 = s16(n1[x] - h1[x]), b2 = s16(n2[x] - h2[x]);
    std::int16_t b = b0 > b1 ? b0 : b1;
    b = b > b2 ? b : b2;
    bright[x] = s16(bright[x] + (b > 0 ? b : s16(0)));
  }
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

// Of the rows that are sampled the first inside the rim.
int first_row(const Reference& reference) {
  return (reference.inner.y + kSampleRows - 1) / kSampleRows * kSampleRows;
}

}  // namespace

double edge_share(const Reference& reference, const std::array<cv::Mat, 3>& planes) {
  double cross = 0, own = 0;
  const cv::Mat& sharp = reference.planes[1];
  for (int y = first_row(reference); y < reference.inner.y + reference.inner.height; y += kSampleRows) {
    const std::uint8_t* __restrict b = planes[1].ptr<std::uint8_t>(y);
    const std::uint8_t* __restrict s = sharp.ptr<std::uint8_t>(y);
    int row_cross = 0, row_own = 0;
    for (int x = reference.inner.x; x < reference.inner.x + reference.inner.width; ++x) {
      const int ds = s[x] - s[x - 1];
      row_cross += ds * (b[x] - b[x - 1]);
      row_own += ds * ds;
    }
    cross += row_cross;
    own += row_own;
  }
  return own > 0 ? cross / own : 1;
}

const Band& band_as_sharp(const Reference& reference, double share, bool linear) {
  const Band* best = nullptr;
  for (const Band& band : reference.bands)
    if (band.linear == linear &&
        (!best || std::abs(band.edge_share - share) < std::abs(best->edge_share - share)))
      best = &band;
  return best ? *best : reference.bands.front();
}

double distance(const Reference& reference, const Band& band, const std::array<cv::Mat, 3>& planes) {
  std::int64_t off = 0;
  for (int y = first_row(reference); y < reference.inner.y + reference.inner.height; y += kSampleRows) {
    const std::uint8_t* __restrict seen = planes[1].ptr<std::uint8_t>(y);
    const std::uint8_t* __restrict middle = band.middle()[1].ptr<std::uint8_t>(y);
    int sum = 0;
    for (int x = reference.inner.x; x < reference.inner.x + reference.inner.width; ++x) {
      const int d = std::abs(seen[x] - middle[x]);
      sum += d < 60 ? d : 60;  // damage has no say
    }
    off += sum;
  }
  return static_cast<double>(off) / (reference.inner.width * (reference.inner.height / kSampleRows));
}

const Band& band_as_colourful(const Reference& reference, const Band& band,
                              const std::array<cv::Mat, 3>& planes) {
  // How much of the colour differences' steps is left, as edge_share has it for light.
  const auto share = [&](const std::array<cv::Mat, 3>& seen, double* steps) {
    double cross = 0, own = 0;
    for (int y = first_row(reference); y < reference.inner.y + reference.inner.height; y += kSampleRows) {
      const std::uint8_t *s[3], *m[3];
      for (std::size_t c = 0; c < 3; ++c)
        s[c] = seen[c].ptr<std::uint8_t>(y), m[c] = band.middle()[c].ptr<std::uint8_t>(y);
      int row_cross = 0, row_own = 0;
      for (int x = reference.inner.x; x < reference.inner.x + reference.inner.width; ++x) {
        const int green = m[1][x] - m[1][x - 1], seen_green = s[1][x] - s[1][x - 1];
        for (const std::size_t c : {std::size_t{0}, std::size_t{2}}) {
          const int d = m[c][x] - m[c][x - 1] - green;
          row_cross += d * (s[c][x] - s[c][x - 1] - seen_green);
          row_own += d * d;
        }
      }
      cross += row_cross, own += row_own;
    }
    if (steps) *steps = own;
    return own > 0 ? cross / own : 1;
  };
  double steps = 0;
  const double seen = share(planes, &steps);
  // A face with next to no coloured edges: what is measured is noise, and there is nothing to soften.
  constexpr double kEnough = 4;  // squared levels a pixel
  if (steps < kEnough * reference.inner.area() / kSampleRows) return band;
  const Band* best = &band;
  double off = std::abs(1 - seen);
  for (std::size_t k = 0; k < Band::kSoft.size(); ++k) {
    const Band& soft = band.soft_colour(k);
    const double here = std::abs(share(soft.middle(), nullptr) - seen);
    if (here >= off) break;
    best = &soft, off = here;
  }
  return *best;
}

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
