// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kTilesX = 4, kTilesY = 3;
constexpr double kLeastMm = 0.6, kMostMm = 2.3;
// A copy explains the residual; a scratch or a stain only happens to correlate with it. Correlation from
// which on it is a copy.
constexpr double kTileMatch = 0.42, kWholeMatch = 0.35;

// Eight sums at a time, so that the compiler may use vector registers without reordering one sum.
KTP_ROW_KERNEL float dot(const float* a, const float* b, int n) {
  float s[8] = {};
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) s[k] += a[i + k] * b[i + k];
  }
  for (; i < n; ++i) s[0] += a[i] * b[i];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

// Print that is paler, softer or sharper than expected where it stands is no copy of it, but print is like
// itself a little beside too: what the unshifted detail explains, blurred by a pixel and as sharp, is taken
// out. Print that is gone is no paleness: then nothing is taken out.
void take_out_own(const cv::Mat& detail, const cv::Mat& soft, cv::Mat& r) {
  constexpr double kMostPale = 0.1;
  const cv::Mat edges = detail - soft;
  const double ss = soft.dot(soft) + 1, ee = edges.dot(edges), se = soft.dot(edges), rs = r.dot(soft),
               re = r.dot(edges);
  const double own = ee + 1e-3 * ss;
  const double pale = (rs * own - re * se) / (ss * own - se * se), sharper = (re - pale * se) / own;
  if (std::abs(pale) > kMostPale) return;
  cv::scaleAdd(soft, -pale, r, r);
  cv::scaleAdd(edges, -sharper, r, r);
}

// The strengths of a copy at shift i and of one opposite, fitted together, and the first beyond the second: a
// camera's halo lies around the print to all sides, a copy to one. Lines of text are like themselves a line
// further on, which is no copy opposite; `both` is how alike the two are.
double to_one_side(const std::vector<double>& cross, const std::vector<double>& own,
                   const std::vector<double>& both, std::size_t i) {
  const std::size_t opposite = cross.size() - 1 - i;  // shifts are symmetric and in order
  const double det = own[i] * own[opposite] - both[i] * both[i];
  if (det < 0.05 * own[i] * own[opposite]) return 0;  // no telling one from the other
  const double here = (cross[i] * own[opposite] - cross[opposite] * both[i]) / det,
               there = (cross[opposite] * own[i] - cross[i] * both[i]) / det;
  return std::min(here, cross[i] / own[i]) - std::max(0.0, there);
}

}  // namespace

cv::Mat quarter_detail(const cv::Mat& half) {
  cv::Mat small, local;
  cv::resize(half, small, {half.cols / 2, half.rows / 2}, 0, 0, cv::INTER_AREA);
  cv::boxFilter(small, local, CV_32F, {13, 13}, {-1, -1}, true, cv::BORDER_REPLICATE);
  return small - local;
}

GhostPlan plan_ghosts(const cv::Mat& grey_half, double px_per_mm) {
  GhostPlan plan;
  plan.detail = quarter_detail(grey_half);
  const double quarter_per_mm = px_per_mm / 4;
  plan.reach = static_cast<int>(std::ceil(kMostMm * quarter_per_mm));
  const int w = (plan.detail.cols - 2 * plan.reach) / kTilesX,
            h = (plan.detail.rows - 2 * plan.reach) / kTilesY;
  if (w < 16 || h < 16) return plan;
  for (int ty = 0; ty < kTilesY; ++ty) {
    for (int tx = 0; tx < kTilesX; ++tx)
      plan.tiles.emplace_back(plan.reach + tx * w, plan.reach + ty * h, w, h);
  }
  for (int sy = -plan.reach; sy <= plan.reach; ++sy) {
    for (int sx = -plan.reach; sx <= plan.reach; ++sx) {
      const double distance = std::hypot(sx, sy) / quarter_per_mm;
      if (distance >= kLeastMm && distance <= kMostMm) plan.shifts.emplace_back(sx, sy);
    }
  }
  for (const cv::Rect& tile : plan.tiles) {
    for (const cv::Point& shift : plan.shifts) {
      const cv::Mat part = plan.detail(tile - shift);
      plan.energy.push_back(static_cast<float>(part.dot(part)));
      plan.both.push_back(static_cast<float>(part.dot(plan.detail(tile + shift))));
    }
  }
  return plan;
}

Detected find_ghosting(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const GhostPlan& plan = reference.ghosts;
  if (plan.tiles.empty()) return out;
  const cv::Mat residual = quarter_detail(evidence.residual);
  cv::Mat soft;
  cv::boxFilter(plan.detail, soft, CV_32F, {3, 3}, {-1, -1}, true, cv::BORDER_REPLICATE);
  std::vector<double> cross(plan.shifts.size(), 0), own = cross, both = cross, whole_cross = cross,
                                                    whole_own = cross, whole_both = cross;
  const double limit = reference.profile->limits.ghosting_strength;
  double whole_rest = 0, over_score = 0;
  int tiles_over = 0;
  cv::Rect over;
  for (std::size_t t = 0; t < plan.tiles.size(); ++t) {
    const cv::Rect tile = plan.tiles[t];
    // A deep defect elsewhere in the tile must not look like a copy of the print.
    cv::Mat r = cv::min(residual(tile), 60.0);
    r = cv::max(r, -60.0);
    take_out_own(plan.detail(tile), soft(tile), r);
    const double rest = r.dot(r) / static_cast<double>(r.total());
    whole_rest += rest / static_cast<double>(plan.tiles.size());
    double tile_best = 0, tile_rho = 0;
    for (std::size_t i = 0; i < plan.shifts.size(); ++i) {
      const cv::Point at = tile.tl() - plan.shifts[i];
      float sum = 0;
      for (int y = 0; y < tile.height; ++y)
        sum += dot(r.ptr<float>(y), plan.detail.ptr<float>(at.y + y) + at.x, tile.width);
      cross[i] = sum;
      own[i] = plan.energy[t * plan.shifts.size() + i];
      both[i] = plan.both[t * plan.shifts.size() + i];
      whole_both[i] += both[i];
      whole_cross[i] += cross[i];
      whole_own[i] += own[i];
    }
    for (std::size_t i = 0; i < plan.shifts.size(); ++i) {
      if (own[i] < 80.0 * tile.area()) continue;  // too little print to have a copy of
      const double strength = to_one_side(cross, own, both, i) - 3 * std::sqrt(rest / own[i]);
      if (strength > tile_best)
        tile_best = strength, tile_rho = cross[i] / std::sqrt(own[i] * rest * tile.area());
    }
    const double score = 0.5 * tile_best / limit * std::min(1.0, std::pow(tile_rho / kTileMatch, 2));
    out.highest = std::max(out.highest, score);
    if (score >= 1) {
      const cv::Rect box(tile.x * 4, tile.y * 4, tile.width * 4, tile.height * 4);
      over = tiles_over++ ? over | box : box;
      over_score = std::max(over_score, score);
    }
  }
  double best = 0, rho = 0;
  for (std::size_t i = 0; i < whole_cross.size(); ++i) {
    if (whole_own[i] < 1000) continue;
    const double strength =
        to_one_side(whole_cross, whole_own, whole_both, i) - 3 * std::sqrt(whole_rest / whole_own[i]);
    if (strength > best)
      best = strength, rho = whole_cross[i] / std::sqrt(whole_own[i] * whole_rest * plan.tiles[0].area() *
                                                        static_cast<double>(plan.tiles.size()));
  }
  const double whole_score = best / limit * std::min(1.0, rho / kWholeMatch);
  out.highest = std::max(out.highest, whole_score);
  if (whole_score >= 1 && tiles_over != 1) over = {0, 0, reference.size.width, reference.size.height};
  if (!over.empty()) {
    out.candidates.push_back({"ghosting", over, std::max(whole_score, over_score),
                              std::max(over.width, over.height) / reference.px_per_mm, "", 1});
  }
  return out;
}

}  // namespace ktp::inspection
