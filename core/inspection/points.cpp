// SPDX-License-Identifier: Apache-2.0
// The smallest spots: 3 x 3 working pixels (0.25 mm) against the three quarters of a mm about them. How far
// good print scatters at that size depends on sensor, picture coding and resampling more than on the card, so
// a spot is measured in the scatter of this very photograph: what one pixel in a thousand reaches.
#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "inspection/defects.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kPoint = 3, kRound = 9, kPerLevel = kPoint * kPoint, kReach = kRound / 2;
constexpr double kFinest = 1.9;   // photograph pixels a working pixel from which on single pixels tell
constexpr double kUsual = 0.999;  // of the pixels of a good card
// Of kDeviationUnit: a cleaner photograph does not make it more sensitive. What is off by less than some 14
// levels over a quarter of a mm is below what a reader sees; of dark specks a little more is asked, because
// specks on the camera's glass darken too and are on every photograph.
constexpr int kLeastBright = 32, kLeastDark = 42;
constexpr int kMost = 64 * kDeviationUnit;

KTP_ROW_KERNEL void off_row(const std::uint8_t* __restrict seen, const std::uint8_t* __restrict middle,
                            int width, std::int16_t* __restrict off) {
  for (int x = 0; x < width; ++x) off[x] = static_cast<std::int16_t>(seen[x] - middle[x]);
}

// Sums down the columns, a row further down.
KTP_ROW_KERNEL void slide_row(const std::int16_t* __restrict in, const std::int16_t* __restrict out,
                              int width, std::int16_t* __restrict sums) {
  for (int x = 0; x < width; ++x) sums[x] = static_cast<std::int16_t>(sums[x] + in[x] - out[x]);
}

// `fine`, `round`: sums down the columns, kReach of them before the first pixel. `bright` and `dark` keep the
// worst colour.
KTP_ROW_KERNEL void point_row(const std::int16_t* __restrict fine, const std::int16_t* __restrict round,
                              const std::int16_t* __restrict scale, int width,
                              std::int16_t* __restrict bright, std::int16_t* __restrict dark) {
  for (int x = 0; x < width; ++x) {
    const int point = fine[x + kReach - 1] + fine[x + kReach] + fine[x + kReach + 1];
    const int about = round[x] + round[x + 1] + round[x + 2] + round[x + 3] + round[x + 4] + round[x + 5] +
                      round[x + 6] + round[x + 7] + round[x + 8];
    const int z = (point - about / kPerLevel) * scale[x] / (1024 / kDeviationUnit * kPerLevel);
    bright[x] = std::max(bright[x], static_cast<std::int16_t>(std::min(z, kMost)));
    dark[x] = std::max(dark[x], static_cast<std::int16_t>(std::min(-z, kMost)));
  }
}

// By how many half widths, in kDeviationUnit, the worst colour is too bright or too dark.
struct Points {
  cv::Mat bright, dark;  // CV_16S
};

// Over `inner`, which lies kReach within the frame.
Points worst_points(const Evidence& evidence, const std::array<cv::Mat, 3>& scale, const cv::Rect& inner) {
  Points most{cv::Mat::zeros(inner.size(), CV_16S), cv::Mat::zeros(inner.size(), CV_16S)};
  const int width = inner.width + 2 * kReach, left = inner.x - kReach;
  const auto w = static_cast<std::size_t>(width);
  const std::vector<std::int16_t> nothing(w, 0);
  for (std::size_t c = 0; c < 3; ++c) {
    std::array<std::vector<std::int16_t>, kRound> rows;  // the last kRound ones
    rows.fill(nothing);
    std::vector<std::int16_t> fine(w, 0), round(w, 0);
    const auto row = [&](int y) -> std::vector<std::int16_t>& {
      return rows[static_cast<std::size_t>((y + kRound) % kRound)];
    };
    for (int y = 0; y < inner.height + 2 * kReach; ++y) {
      // Centre of the sums: kReach rows before the one that comes in.
      const int at = inner.y - kReach + y;
      std::vector<std::int16_t> leaves = row(y);
      off_row(evidence.planes[c].ptr<std::uint8_t>(at) + left,
              evidence.band->middle()[c].ptr<std::uint8_t>(at) + left, width, row(y).data());
      slide_row(row(y).data(), leaves.data(), width, round.data());
      const int in = y - kReach + kPoint / 2, out = in - kPoint;
      if (in >= 0) slide_row(row(in).data(), out >= 0 ? row(out).data() : nothing.data(), width, fine.data());
      const int centre = y - 2 * kReach;
      if (centre < 0) continue;
      point_row(fine.data(), round.data(), scale[c].ptr<std::int16_t>(inner.y + centre) + inner.x,
                inner.width, most.bright.ptr<std::int16_t>(centre), most.dark.ptr<std::int16_t>(centre));
    }
  }
  return most;
}

// What `share` of the pixels does not exceed to either side.
int quantile(const Points& points, const cv::Mat& inside, double share) {
  std::vector<int> histogram(kMost + 1, 0);
  int all = 0;
  for (int y = 0; y < inside.rows; y += 2) {
    const auto *bright = points.bright.ptr<std::int16_t>(y), *dark = points.dark.ptr<std::int16_t>(y);
    const auto* in = inside.ptr<std::uint8_t>(y);
    for (int x = 0; x < inside.cols; x += 2)
      if (in[x]) ++histogram[static_cast<std::size_t>(std::max(bright[x], dark[x]))], ++all;
  }
  int sum = 0, value = 0;
  for (; value < kMost; ++value)
    if ((sum += histogram[static_cast<std::size_t>(value)]) >= share * all) break;
  return value;
}

}  // namespace

Detected find_points(const Reference& reference, const Evidence& evidence, double photo_px_per_working_px) {
  Detected out;
  out.note("point", 0);
  const bool fine = photo_px_per_working_px >= kFinest;
  reference.profile->usual->points = fine;
  if (!fine) return out;
  const int rim = std::max(kReach, cvCeil(0.2 * reference.px_per_mm));
  const cv::Rect inner(reference.inner.x + rim, reference.inner.y + rim, reference.inner.width - 2 * rim,
                       reference.inner.height - 2 * rim);
  if (inner.width < kRound || inner.height < kRound) return out;
  const Points most =
      worst_points(evidence, evidence.band->point_scale(*reference.profile, reference.px_per_mm), inner);
  cv::Mat inside;
  cv::resize(reference.clean, inside, reference.size, 0, 0, cv::INTER_NEAREST);
  inside = inside(inner);
  const int scatter = quantile(most, inside, kUsual);
  for (const auto& [points, least] :
       {std::pair(&most.bright, kLeastBright), std::pair(&most.dark, kLeastDark)}) {
    cv::Mat within = points->clone();
    within.setTo(0, inside == 0);
    const double unit = reference.profile->limits.point * std::max(least, scatter);
    double top = 0;
    cv::minMaxLoc(within, nullptr, &top);
    out.highest = std::max(out.highest, top / unit);
    if (top < unit) continue;
    for (const Spot& spot : spots_above(within, unit)) {
      const cv::Rect box = spot.box + inner.tl();
      const double size = std::max(box.width, box.height) / reference.px_per_mm;
      out.candidates.push_back({size < kVoidMm && dye_missing(evidence, box) ? "void" : "stain", box,
                                spot.peak / unit, size, "", spot.fill, false, true});
    }
  }
  out.note("point", out.highest);
  return out;
}

}  // namespace ktp::inspection
