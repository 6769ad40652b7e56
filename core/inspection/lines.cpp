// SPDX-License-Identifier: Apache-2.0
// A thin line is found by adding up the deviation along it: noise and the raster average out, the line does
// not. Sums along digital lines of 32 directions are differences of running sums that are sheared row by row
// (a fast discrete Radon step).
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

#include "inspection/block_means.hpp"
#include "inspection/colours.hpp"
#include "inspection/defects.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kDirections = 16;  // in each of the two halves
constexpr int kSide = 4;         // half-frame pixels to both sides that the line is compared with
constexpr int kPad = 24;

// Shift of the digital line of direction `k` after `y` rows.
int shear(int k, int y) {
  return (y * (2 * k - (kDirections - 1)) + (y >= 0 ? 7 : -7)) / 15;
}

// For lines steeper than 45 degrees: best[y][x] = 32 levels of response | direction. `length` rows a line.
KTP_ROW_KERNEL cv::Mat responses(const cv::Mat& deviation, int length, int first_code) {
  const int rows = deviation.rows, width = deviation.cols, stride = width + 2 * kPad;
  cv::Mat best = cv::Mat::zeros(rows, width, CV_16S);
  // Sums wrap around in 16 bits; differences over one line length do not overflow.
  cv::Mat sums(rows + 1, stride, CV_16U), line(1, stride, CV_16S);
  for (int k = 0; k < kDirections; ++k) {
    sums.row(0).setTo(0);
    for (int y = 0; y < rows; ++y) {
      const int step = shear(k, y + 1) - shear(k, y);
      const auto* __restrict above = sums.ptr<std::uint16_t>(y);
      auto* __restrict here = sums.ptr<std::uint16_t>(y + 1);
      const auto* __restrict value = deviation.ptr<std::int16_t>(y);
      std::fill(here, here + kPad, std::uint16_t{0});
      std::fill(here + kPad + width, here + stride, std::uint16_t{0});
      const auto* __restrict from = above + kPad - step;
      auto* __restrict to = here + kPad;
      for (int x = 0; x < width; ++x)
        to[x] = static_cast<std::uint16_t>(from[x] + static_cast<std::uint16_t>(value[x]));
    }
    for (int y = length; y <= rows; ++y) {
      const int moved = shear(k, y) - shear(k, y - length), middle = shear(k, y) - shear(k, y - length / 2);
      const auto* __restrict end = sums.ptr<std::uint16_t>(y) + kPad;
      auto* __restrict s = line.ptr<std::int16_t>();
      const int x0 = std::max(0, moved - kPad), x1 = std::min(width, width + moved + kPad);
      const auto* __restrict start = sums.ptr<std::uint16_t>(y - length) + kPad - moved;
      std::fill(s, s + width, std::int16_t{0});
      for (int x = x0; x < x1; ++x)
        s[x] = static_cast<std::int16_t>(static_cast<std::uint16_t>(end[x] - start[x]));
      auto* __restrict out = best.ptr<std::int16_t>(y - 1 - length / 2);
      const std::int16_t code = static_cast<std::int16_t>(first_code + k);
      const int a = std::max({kSide, x0 + kSide, middle}),
                b = std::min({width - kSide, x1 - kSide, width + middle});
      for (int x = a; x < b; ++x) {
        const std::int16_t left = s[x - kSide], right = s[x + kSide], here = s[x];
        const std::int16_t light = static_cast<std::int16_t>(here - std::max(left, right));
        const std::int16_t dark = static_cast<std::int16_t>(std::min(left, right) - here);
        std::int16_t key = std::max(light, dark);
        key = static_cast<std::int16_t>((std::max<std::int16_t>(key, 0) & ~31) | code);
        const int at = x - middle;
        out[at] = std::max(out[at], key);
      }
    }
  }
  return best;
}

struct Run {
  cv::Rect box;
  double peak = 0, length_px = 0;
  bool along_x = false, along_y = false;
};

// Joins neighbouring responses above `least` to lines.
std::vector<Run> join(const cv::Mat& best, double least, int length) {
  std::vector<Run> runs;
  cv::Mat mask = best >= least, labels, stats, centres;
  if (cv::countNonZero(mask) == 0) return runs;
  cv::dilate(mask, mask, cv::Mat::ones(3, 3, CV_8U));
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
  std::vector<int> peak(static_cast<std::size_t>(count), 0);
  for (int y = 0; y < best.rows; ++y) {
    for (int x = 0; x < best.cols; ++x) {
      int& p = peak[static_cast<std::size_t>(labels.at<int>(y, x))];
      p = std::max(p, static_cast<int>(best.at<std::int16_t>(y, x)));
    }
  }
  for (int i = 1; i < count; ++i) {
    const int code = peak[static_cast<std::size_t>(i)] & 31, k = code % kDirections;
    cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                 stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    // A response stands at the middle of its line: it reaches half a length to both sides.
    const int along = length / 2, across = std::abs(shear(k, length / 2)) + 1;
    const bool steep = code < kDirections;
    box -= cv::Point(steep ? across : along, steep ? along : across);
    box += cv::Size(2 * (steep ? across : along), 2 * (steep ? along : across));
    Run run;
    run.box = box & cv::Rect({0, 0}, best.size());
    run.peak = peak[static_cast<std::size_t>(i)] & ~31;
    run.length_px = std::hypot(run.box.width, run.box.height);
    const bool straight = k == 7 || k == 8;
    run.along_y = steep && straight && run.box.width < run.box.height / 8;
    run.along_x = !steep && straight && run.box.height < run.box.width / 8;
    runs.push_back(run);
  }
  return runs;
}

// A dead head element: one column or row that differs from its neighbours all over the card.
void find_dead_lines(const Reference& reference, const std::vector<float>& means, bool columns,
                     Detected& out) {
  const cv::Rect inner = reference.inner;
  const int first = (columns ? inner.x : inner.y) + 6,
            last = (columns ? inner.x + inner.width : inner.y + inner.height) - 6;
  double most = 0;
  int at = 0;
  for (int i = first; i < last; ++i) {
    const auto mean = [&](int k) { return means[static_cast<std::size_t>(i + k)]; };
    // Second difference over +-4: neighbours to both sides, the nearest two left out for blur.
    const float before = (mean(-4) + mean(-5) + mean(-6)) / 3, after = (mean(4) + mean(5) + mean(6)) / 3;
    const float light = mean(0) - std::max(before, after);
    if (light > most) most = light, at = i;
  }
  const double score = most / reference.profile->limits.dead_line_contrast;
  out.highest = std::max(out.highest, score);
  out.note("dead_line_contrast", score);
  if (score >= 1) {
    const cv::Rect box = columns ? cv::Rect(at - 2, 0, 5, reference.size.height)
                                 : cv::Rect(0, at - 2, reference.size.width, 5);
    out.candidates.push_back(
        {"missing-line", box, score, std::max(box.width, box.height) / reference.px_per_mm, "", 1});
  }
}

// Of all directions: the highest response at each place.
cv::Mat all_responses(const cv::Mat& deviation, int length) {
  const cv::Mat steep = responses(deviation, length, 0);
  cv::Mat turned, flat, best;
  cv::transpose(deviation, turned);
  cv::transpose(responses(turned, length, kDirections), flat);
  cv::max(steep, flat, best);
  return best;
}

void clear_rim(cv::Mat& best, int rim) {
  best.rowRange(0, rim).setTo(0);
  best.rowRange(best.rows - rim, best.rows).setTo(0);
  best.colRange(0, rim).setTo(0);
  best.colRange(best.cols - rim, best.cols).setTo(0);
}

// A wrinkled ribbon leaves an oblique streak of one colour, a third of a mm wide: too faint in the mean of
// the colours. Looked for colour by colour at a quarter of the resolution, between the edges of the
// print: along those the register is a streak of its own.
void find_streaks(const Reference& reference, const Evidence& evidence, Detected& out) {
  const int length = streak_length(reference.px_per_mm);
  cv::Mat best;
  for (const cv::Mat& colour : evidence.narrow) {
    cv::Mat quarter = halved(colour);
    level_colours(reference.colours_quarter, kDeviationUnit, quarter);
    cv::bitwise_and(quarter, reference.plain, quarter);
    level_parts(reference.plain_parts, quarter);
    const cv::Mat here = all_responses(quarter, length);
    if (best.empty()) {
      best = here;
    } else {
      cv::max(best, here, best);
    }
  }
  clear_rim(best, 3 + reference.inner.x / 4);
  const double unit = reference.profile->limits.streak_contrast * kDeviationUnit * length;
  double most = 0;
  cv::minMaxLoc(best, nullptr, &most);
  out.highest = std::max(out.highest, most / unit);
  out.note("streak_contrast", most / unit);
  for (const Run& run : join(best, unit, length)) {
    const cv::Rect box(run.box.x * 4, run.box.y * 4, run.box.width * 4, run.box.height * 4);
    const double size = std::max(box.width, box.height) / reference.px_per_mm;
    out.candidates.push_back({"scratch", box, run.peak / unit, size, "", 1, false, false, true});
  }
}

}  // namespace

Detected find_lines(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const int length = cvRound(5 * reference.px_per_mm / 2);
  cv::Mat best = all_responses(evidence.deviation, length);
  // Along the frame the comparison with both sides reaches out of the card.
  clear_rim(best, 6 + reference.inner.x / 2);

  const double unit = reference.profile->limits.scratch_contrast * kDeviationUnit * length;
  double most = 0;
  cv::minMaxLoc(best, nullptr, &most);
  out.highest = most / unit;
  out.note("scratch_contrast", out.highest);
  for (const Run& run : join(best, unit, length)) {
    const bool whole =
        (run.along_x && run.box.width > 0.8 * best.cols) || (run.along_y && run.box.height > 0.8 * best.rows);
    const cv::Rect box(run.box.x * 2, run.box.y * 2, run.box.width * 2, run.box.height * 2);
    out.candidates.push_back({whole ? "missing-line" : "scratch", box, run.peak / unit,
                              2 * run.length_px / reference.px_per_mm, "", 1});
  }
  find_streaks(reference, evidence, out);
  find_dead_lines(reference, evidence.column_mean, true, out);
  find_dead_lines(reference, evidence.row_mean, false, out);
  return out;
}

}  // namespace ktp::inspection
