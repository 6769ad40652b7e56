// SPDX-License-Identifier: Apache-2.0
// Already aligned two-valued prints (copper dark, base light): whole-pixel tile alignment, tolerance band,
// and the kind from what a deviation joins or cuts.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "inspection/classify.hpp"
#include "inspection/inspect.hpp"

namespace ktp::inspection {
namespace {

constexpr int kJoin = 5;                    // pixels
constexpr double kCompact = 0.15;           // share of its length squared that a defect covers at least
constexpr double kHalf = 128, kNoise = 60;  // grey levels

cv::Mat shifted(const cv::Mat& picture, const cv::Rect& tile, cv::Point shift, int pad) {
  return picture(cv::Rect(tile.x + pad + shift.x, tile.y + pad + shift.y, tile.width, tile.height));
}

struct Shift {
  cv::Point by;
  double cost = 0, rest_cost = 0;  // of the best shift and of the shift that was given
};

double cost_at(const cv::Mat& expected, const cv::Mat& padded, const cv::Rect& tile, int pad, cv::Point by) {
  return cv::norm(expected(tile), shifted(padded, tile, by, pad), cv::NORM_L1);
}

// Downhill from `around`, at most `reach` away: the cost of a shift of tracks and planes has one valley
// within a track's width, and walking it needs a third of the comparisons that trying every shift does.
Shift best_shift(const cv::Mat& expected, const cv::Mat& padded, const cv::Rect& tile, int pad,
                 cv::Point around, int reach) {
  Shift best{around, 0, 0};
  best.rest_cost = best.cost = cost_at(expected, padded, tile, pad, around);
  for (bool better = true; better;) {
    better = false;
    const cv::Point from = best.by;
    for (const cv::Point step : {cv::Point(1, 0), cv::Point(-1, 0), cv::Point(0, 1), cv::Point(0, -1)}) {
      const cv::Point by = from + step, off = by - around;
      if (std::max(std::abs(off.x), std::abs(off.y)) > reach ||
          std::max(std::abs(by.x), std::abs(by.y)) > pad)
        continue;
      const double cost = cost_at(expected, padded, tile, pad, by);
      if (cost < best.cost) best.cost = cost, best.by = by, better = true;
    }
  }
  return best;
}

// The whole picture: every shift at half size, then a pixel about the best.
Shift global_shift(const cv::Mat& expected, const cv::Mat& seen, const cv::Mat& padded, int pad, int reach) {
  cv::Mat e, s, p;
  cv::resize(expected, e, {expected.cols / 2, expected.rows / 2}, 0, 0, cv::INTER_AREA);
  cv::resize(seen, s, e.size(), 0, 0, cv::INTER_AREA);
  const int half_pad = reach / 2 + 1;
  cv::copyMakeBorder(s, p, half_pad, half_pad, half_pad, half_pad, cv::BORDER_REPLICATE);
  cv::Point best;
  double least = -1;
  for (int dy = -half_pad; dy <= half_pad; ++dy) {
    for (int dx = -half_pad; dx <= half_pad; ++dx) {
      const double cost = cost_at(e, p, {0, 0, e.cols, e.rows}, half_pad, {dx, dy});
      if (least < 0 || cost < least) least = cost, best = {dx, dy};
    }
  }
  const cv::Point start(std::clamp(2 * best.x, -reach, reach), std::clamp(2 * best.y, -reach, reach));
  return best_shift(expected, padded, {0, 0, expected.cols, expected.rows}, pad, start, 2);
}

// The test picture, tile by tile where it fits best. A tile that disagrees with its neighbours' median by
// more than a pixel follows a defect, not the board: it takes the median.
// `unknown` gets 255 where the shift brought in what lies beyond the picture.
cv::Mat align_tiles(const cv::Mat& expected, const cv::Mat& seen, const AlignedSettings& settings,
                    cv::Mat& unknown) {
  const int pad = settings.search_px + 2;
  cv::Mat padded;
  cv::copyMakeBorder(seen, padded, pad, pad, pad, pad, cv::BORDER_REPLICATE);
  const cv::Rect all({0, 0}, expected.size());
  const Shift global = global_shift(expected, seen, padded, pad, settings.search_px);
  const int nx = std::max(1, expected.cols / settings.tile_px),
            ny = std::max(1, expected.rows / settings.tile_px);
  std::vector<cv::Point> shifts(static_cast<std::size_t>(nx * ny));
  const auto tile_at = [&](int i, int j) {
    const int x0 = i * expected.cols / nx, x1 = (i + 1) * expected.cols / nx;
    const int y0 = j * expected.rows / ny, y1 = (j + 1) * expected.rows / ny;
    return cv::Rect(x0, y0, x1 - x0, y1 - y0);
  };
  for (int j = 0; j < ny; ++j) {
    for (int i = 0; i < nx; ++i) {
      // The tile and a rim around it decide: more edges, smoother field.
      cv::Rect wide = tile_at(i, j);
      wide = cv::Rect(wide.x - 12, wide.y - 12, wide.width + 24, wide.height + 24) & all;
      const Shift s = best_shift(expected, padded, wide, pad, global.by, 2);
      shifts[static_cast<std::size_t>(j * nx + i)] = s.cost < 0.93 * s.rest_cost ? s.by : global.by;
    }
  }
  cv::Mat out(expected.size(), CV_8U);
  for (int j = 0; j < ny; ++j) {
    for (int i = 0; i < nx; ++i) {
      std::vector<int> xs, ys;
      for (int v = std::max(0, j - 1); v <= std::min(ny - 1, j + 1); ++v) {
        for (int u = std::max(0, i - 1); u <= std::min(nx - 1, i + 1); ++u) {
          xs.push_back(shifts[static_cast<std::size_t>(v * nx + u)].x);
          ys.push_back(shifts[static_cast<std::size_t>(v * nx + u)].y);
        }
      }
      std::ranges::nth_element(xs, xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2));
      std::ranges::nth_element(ys, ys.begin() + static_cast<std::ptrdiff_t>(ys.size() / 2));
      const cv::Point median(xs[xs.size() / 2], ys[ys.size() / 2]);
      cv::Point by = shifts[static_cast<std::size_t>(j * nx + i)];
      if (std::abs(by.x - median.x) > 1 || std::abs(by.y - median.y) > 1) by = median;
      const cv::Rect tile = tile_at(i, j);
      shifted(padded, tile, by, pad).copyTo(out(tile));
      const cv::Rect own = cv::Rect(-by.x, -by.y, expected.cols, expected.rows) & tile;
      if (own != tile) {
        unknown(tile).setTo(255);
        unknown(own).setTo(0);
      }
    }
  }
  return out;
}

// How many separate regions of `regions` (255) in the window the deviation (of the window's size) touches;
// regions are counted in the window only, because the whole net may be joined elsewhere.
int touched(const cv::Mat& regions, const cv::Mat& deviation, const cv::Rect& window) {
  cv::Mat labels, near;
  cv::connectedComponents(regions(window), labels, 4, CV_32S);
  cv::dilate(deviation, near, cv::Mat::ones(5, 5, CV_8U));
  std::vector<int> counts;
  for (int y = 0; y < window.height; ++y) {
    for (int x = 0; x < window.width; ++x) {
      const int label = labels.at<int>(y, x);
      if (!near.at<std::uint8_t>(y, x) || label == 0) continue;
      if (label >= static_cast<int>(counts.size())) counts.resize(static_cast<std::size_t>(label) + 1, 0);
      ++counts[static_cast<std::size_t>(label)];
    }
  }
  return static_cast<int>(std::ranges::count_if(counts, [](int n) { return n >= 4; }));
}

struct Deviation {
  cv::Mat beyond;  // outside the band
  cv::Mat raw;     // outside the expected value
  cv::Mat depth;   // levels outside the band
};

// A trace that lies a pixel or two off deviates along its whole edge; shifted back it does not. A defect
// stays whatever the shift: the deviation that counts is the least over the shifts that fit the surroundings
// nearly as well.
int steadfast_px(const Reference& reference, const cv::Mat& seen, const cv::Rect& box,
                 const cv::Mat& deviating, bool extra, double noise) {
  constexpr int kAround = 14, kReach = 3;
  const AlignedSettings& settings = reference.profile->aligned;
  const cv::Rect inside(kReach, kReach, reference.size.width - 2 * kReach,
                        reference.size.height - 2 * kReach);
  const cv::Rect window =
      cv::Rect(box.x - kAround, box.y - kAround, box.width + 2 * kAround, box.height + 2 * kAround) & inside;
  const cv::Rect core = box & window;
  if (core.empty()) return cv::countNonZero(deviating);
  const cv::Mat& expected = reference.aligned_grey;
  const cv::Mat kernel =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * settings.band_px + 1, 2 * settings.band_px + 1});
  cv::Mat limit, zone;
  cv::dilate(deviating, zone, cv::Mat::ones(5, 5, CV_8U));
  zone = zone(core - box.tl());
  const cv::Rect rim = cv::Rect(core.x - settings.band_px, core.y - settings.band_px,
                                core.width + 2 * settings.band_px, core.height + 2 * settings.band_px) &
                       cv::Rect({0, 0}, reference.size);
  if (extra) {
    cv::erode(expected(rim), limit, kernel);
  } else {
    cv::dilate(expected(rim), limit, kernel);
  }
  limit = limit(core - rim.tl());
  struct Tried {
    double cost;
    int beyond;
  };
  std::vector<Tried> tried;
  double least = -1;
  for (int dy = -kReach; dy <= kReach; ++dy) {
    for (int dx = -kReach; dx <= kReach; ++dx) {
      const cv::Point by(dx, dy);
      const double cost = cv::norm(expected(window), seen(window + by), cv::NORM_L1);
      cv::Mat depth;
      if (extra) {
        cv::subtract(limit, seen(core + by), depth);
      } else {
        cv::subtract(seen(core + by), limit, depth);
      }
      tried.push_back({cost, cv::countNonZero((depth > noise) & zone)});
      if (least < 0 || cost < least) least = cost;
    }
  }
  int fewest = cv::countNonZero(deviating);
  for (const Tried& t : tried)
    if (t.cost <= 1.01 * least) fewest = std::min(fewest, t.beyond);
  return fewest;
}

void report_deviations(const Reference& reference, const Deviation& d, const cv::Mat& seen,
                       const cv::Mat& joined_regions, bool extra, Report& report) {
  const AlignedSettings& settings = reference.profile->aligned;
  cv::Mat seeds, labels, stats, centres;
  cv::dilate(d.beyond, seeds, cv::Mat::ones(2 * settings.band_px + 3, 2 * settings.band_px + 3, CV_8U));
  const cv::Mat grown = (seeds & d.raw) | d.beyond;  // back to the deviation's true rim
  cv::Mat joined;
  cv::morphologyEx(grown, joined, cv::MORPH_CLOSE,
                   cv::Mat::ones(kJoin, kJoin, CV_8U));  // pieces of one defect
  const int count = cv::connectedComponentsWithStats(joined, labels, stats, centres, 8, CV_32S);
  for (int i = 1; i < count; ++i) {
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    const cv::Mat blob = labels(box) == i;
    cv::Mat core = blob & d.beyond(box);
    int beyond_px = cv::countNonZero(core);
    if (beyond_px < settings.min_area_px) continue;
    beyond_px = steadfast_px(reference, seen, box, core, extra, kNoise);
    if (beyond_px < 1) continue;
    const cv::Rect window =
        cv::Rect(box.x - 6, box.y - 6, box.width + 12, box.height + 12) & cv::Rect({0, 0}, reference.size);
    const int joins = touched(joined_regions, labels(window) == i, window);
    Finding f;
    f.kind = extra ? (joins >= 2   ? "short"
                      : joins == 1 ? "spur"
                                   : "copper")
                   : (joins >= 2   ? "open"
                      : joins == 1 ? "mousebite"
                                   : "pin-hole");
    f.side = reference.side;
    const int m = cvRound(settings.box_margin_px);
    const cv::Rect out = cv::Rect(box.x - m, box.y - m, box.width + 2 * m, box.height + 2 * m) &
                         cv::Rect({0, 0}, reference.size);
    f.box = {out.x, out.y, out.width, out.height};
    const double depth = cv::mean(d.depth(box), blob & d.beyond(box))[0] / 255;
    f.limit = 1;
    // Slivers along an edge that lies a pixel off are long and harmless: what counts of the area is what a
    // blob of that thickness could have.
    cv::Mat inside, padded;
    cv::copyMakeBorder(blob & d.beyond(box), padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
    cv::distanceTransform(padded, inside, cv::DIST_L2, 3);
    double thickness = 0;
    cv::minMaxLoc(inside, nullptr, &thickness);
    // Tracks etched a little wider or narrower along their length are no defect either: those are about as
    // wide as long.
    const double length = std::max(box.width, box.height);
    const double compact = std::min(1.0, cv::countNonZero(blob) / (kCompact * length * length));
    const double weight = depth * compact * compact * std::min<double>(beyond_px, 8 * thickness * thickness);
    f.score = weight / settings.min_area_px;
    f.confidence = weight / (weight + 20.0);
    f.size_mm = 0;
    report.findings.push_back(std::move(f));
  }
}

}  // namespace

void inspect_aligned(const Reference& reference, const ImageView& photograph, Report& report) {
  const cv::Mat given(photograph.height, photograph.width, photograph.channels == 3 ? CV_8UC3 : CV_8UC1,
                      const_cast<std::uint8_t*>(photograph.data), photograph.stride);
  if (given.size() != reference.size)
    return conclude(reference, "unreadable-picture", Verdict::review, 10, report);
  cv::Mat seen;
  if (photograph.channels == 3) {
    cv::cvtColor(given, seen, cv::COLOR_RGB2GRAY);
  } else {
    seen = given;
  }
  const AlignedSettings& settings = reference.profile->aligned;
  const cv::Mat& expected = reference.aligned_grey;
  cv::Mat unknown = cv::Mat::zeros(expected.size(), CV_8U);
  seen = align_tiles(expected, seen, settings, unknown);
  const cv::Mat kernel =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * settings.band_px + 1, 2 * settings.band_px + 1});
  cv::Mat high, low;
  cv::dilate(expected, high, kernel);
  cv::erode(expected, low, kernel);
  const cv::Mat copper_expected = expected < kHalf, base_expected = ~copper_expected;
  const cv::Mat copper_seen = seen < kHalf;
  Deviation extra, missing;
  cv::subtract(low, seen, extra.depth);
  extra.beyond = (extra.depth > kNoise) & copper_seen & ~unknown;
  extra.raw = copper_seen & base_expected;
  cv::subtract(seen, high, missing.depth);
  missing.beyond = (missing.depth > kNoise) & ~copper_seen & ~unknown;
  missing.raw = ~copper_seen & copper_expected;
  report_deviations(reference, extra, seen, copper_expected, true, report);
  report_deviations(reference, missing, seen, base_expected, false, report);
  std::ranges::stable_sort(report.findings,
                           [](const Finding& a, const Finding& b) { return a.confidence > b.confidence; });
  report.score = report.findings.empty() ? 0 : report.findings.front().score;
  report.verdict = report.findings.empty() ? Verdict::good : Verdict::damaged;
  report.rectified = Image(photograph.width, photograph.height, 3);
  cv::cvtColor(seen, cv::Mat(seen.size(), CV_8UC3, report.rectified.pixels.data()), cv::COLOR_GRAY2RGB);
}

}  // namespace ktp::inspection
