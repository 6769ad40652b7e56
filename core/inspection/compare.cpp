// SPDX-License-Identifier: Apache-2.0
#include "inspection/compare.hpp"

#include <algorithm>
#include <cmath>

namespace ktp::inspection {
namespace {

constexpr int kClip = 160;  // 2.5 band half widths

struct RowScratch {
  std::vector<std::int16_t> deviation, residual, grey, dark, bright;
  explicit RowScratch(std::size_t n) : deviation(n), residual(n), grey(n), dark(n), bright(n) {}
};

// One row of all three colours. Kept free of branches so that the compiler vectorises it.
void compare_row(const Band& band, const Evidence& e, const std::array<cv::Mat, 3>& scale, int y, int width, RowScratch& row) {
  std::ranges::fill(row.deviation, std::int16_t{0});
  std::ranges::fill(row.residual, std::int16_t{0});
  std::ranges::fill(row.grey, std::int16_t{0});
  std::ranges::fill(row.dark, std::int16_t{0});
  std::ranges::fill(row.bright, std::int16_t{0});
  for (std::size_t c = 0; c < 3; ++c) {
    const std::uint8_t* __restrict n = e.planes[c].ptr<std::uint8_t>(y);
    const std::uint8_t* __restrict lo = band.low[c].ptr<std::uint8_t>(y);
    const std::uint8_t* __restrict hi = band.high[c].ptr<std::uint8_t>(y);
    const std::uint8_t* __restrict mid = band.middle[c].ptr<std::uint8_t>(y);
    const std::int16_t* __restrict k = scale[c].ptr<std::int16_t>(y);
    std::int16_t* __restrict dev = row.deviation.data();
    std::int16_t* __restrict res = row.residual.data();
    std::int16_t* __restrict grey = row.grey.data();
    std::int16_t* __restrict dark = row.dark.data();
    std::int16_t* __restrict bright = row.bright.data();
    for (int x = 0; x < width; ++x) {
      const std::int16_t off = static_cast<std::int16_t>(n[x] - mid[x]);
      std::int16_t z = static_cast<std::int16_t>((off * k[x]) >> 4);
      z = std::min<std::int16_t>(std::max<std::int16_t>(z, -kClip), kClip);
      dev[x] = static_cast<std::int16_t>(dev[x] + z);
      res[x] = static_cast<std::int16_t>(res[x] + off);
      grey[x] = static_cast<std::int16_t>(grey[x] + n[x]);
      dark[x] = std::max<std::int16_t>(dark[x], static_cast<std::int16_t>(lo[x] - n[x]));
      bright[x] = std::max<std::int16_t>(bright[x], static_cast<std::int16_t>(n[x] - hi[x]));
    }
  }
}

}  // namespace

const Band& matching_band(const Reference& reference, const std::array<cv::Mat, 3>& planes) {
  double cross = 0, own = 0;
  const cv::Mat& sharp = reference.planes[1];
  for (int y = reference.inner.y; y < reference.inner.y + reference.inner.height; y += 4) {
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
  const double share = own > 0 ? cross / own : 1;
  const Band* best = &reference.bands.front();
  for (const Band& band : reference.bands) {
    if (std::abs(band.edge_share - share) < std::abs(best->edge_share - share)) best = &band;
  }
  return *best;
}

void compare(const Reference& reference, Evidence& e) {
  e.band = &matching_band(reference, e.planes);
  const cv::Size half(reference.size.width / 2, reference.size.height / 2);
  const int width = reference.size.width;
  e.dark = cv::Mat::zeros(half, CV_8U);
  e.bright = cv::Mat::zeros(half, CV_8U);
  e.deviation = cv::Mat::zeros(half, CV_16S);
  e.grey.create(half, CV_32F);
  e.residual.create(half, CV_32F);
  e.column_mean.assign(static_cast<std::size_t>(width), 0);
  e.row_mean.assign(static_cast<std::size_t>(reference.size.height), 0);
  RowScratch upper(static_cast<std::size_t>(width)), lower(static_cast<std::size_t>(width));
  const cv::Rect inner = reference.inner;
  for (int y = 0; y < half.height; ++y) {
    for (RowScratch* row : {&upper, &lower}) {
      const int full_y = 2 * y + (row == &lower ? 1 : 0);
      compare_row(*e.band, e, e.band->scale, full_y, width, *row);
      if (full_y < inner.y || full_y >= inner.y + inner.height) continue;
      int sum = 0;
      for (int x = inner.x; x < inner.x + inner.width; ++x) {
        sum += row->deviation[static_cast<std::size_t>(x)];
        e.column_mean[static_cast<std::size_t>(x)] += row->deviation[static_cast<std::size_t>(x)];
      }
      e.row_mean[static_cast<std::size_t>(full_y)] =
          static_cast<float>(sum) / static_cast<float>(3 * kDeviationUnit * inner.width);
    }
    auto* dark = e.dark.ptr<std::uint8_t>(y);
    auto* bright = e.bright.ptr<std::uint8_t>(y);
    auto* deviation = e.deviation.ptr<std::int16_t>(y);
    auto* grey = e.grey.ptr<float>(y);
    auto* residual = e.residual.ptr<float>(y);
    const bool inside_y = 2 * y >= inner.y && 2 * y + 1 < inner.y + inner.height;
    for (int x = 0; x < half.width; ++x) {
      const std::size_t i = 2 * static_cast<std::size_t>(x);
      const auto four = [&](const std::vector<std::int16_t> RowScratch::* field) {
        return (upper.*field)[i] + (upper.*field)[i + 1] + (lower.*field)[i] + (lower.*field)[i + 1];
      };
      grey[x] = static_cast<float>(four(&RowScratch::grey)) / 12.0f;
      residual[x] = static_cast<float>(four(&RowScratch::residual)) / 12.0f;
      if (!inside_y || 2 * x < inner.x || 2 * x + 1 >= inner.x + inner.width) continue;
      dark[x] = static_cast<std::uint8_t>(four(&RowScratch::dark) >> 2);
      bright[x] = static_cast<std::uint8_t>(four(&RowScratch::bright) >> 2);
      deviation[x] = static_cast<std::int16_t>(four(&RowScratch::deviation) / 12);
    }
  }
  for (float& mean : e.column_mean) mean /= static_cast<float>(3 * kDeviationUnit * inner.height);
}

}  // namespace ktp::inspection
