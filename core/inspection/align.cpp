// SPDX-License-Identifier: Apache-2.0
#include "inspection/align.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

namespace ktp::inspection {
namespace {

// Near enough already, a smaller window sees print beside damage that a larger one would take in.
constexpr int kFineWindow = 11;

using Basis = cv::Vec<double, 10>;

Basis basis(double x, double y) {
  return {1, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};
}

double normal_x(const cv::Size& size, double x) {
  return 2 * x / size.width - 1;
}
double normal_y(const cv::Size& size, double y) {
  return 2 * y / size.height - 1;
}

struct Pair {
  Basis at;
  cv::Point2d shift;
  std::size_t feature;
};

// Normalised correlation of two square patches, the second at a sub-pixel place.
double patch_match(const cv::Mat& a, cv::Point2f pa, const cv::Mat& b, cv::Point2f pb, int side) {
  cv::Mat one, other;
  cv::getRectSubPix(a, {side, side}, pa, one);
  cv::getRectSubPix(b, {side, side}, pb, other);
  double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  const auto* p = one.ptr<std::uint8_t>();
  const auto* q = other.ptr<std::uint8_t>();
  const int n = side * side;
  for (int i = 0; i < n; ++i)
    sa += p[i], sb += q[i], saa += p[i] * p[i], sbb += q[i] * q[i], sab += p[i] * q[i];
  const double va = saa - sa * sa / n, vb = sbb - sb * sb / n;
  if (va < n * 9.0 || vb < n * 9.0) return 0;
  return (sab - sa * sb / n) / std::sqrt(va * vb);
}

// Ridge-regularised polynomial through the shifts, robust (IRLS, Tukey). Higher orders are held back in
// proportion to the number of features, so that a half-printed card's empty half is not bent by the other
// half.
double fit_polynomials(const std::vector<Pair>& pairs, std::array<std::array<double, 10>, 2>& d,
                       double first_scale) {
  const int orders = pairs.size() < 8 ? 1 : pairs.size() < 30 ? 3 : 10;
  std::vector<double> weights(pairs.size(), 1.0), offs(pairs.size());
  std::array<cv::Vec<double, 10>, 2> solution{};
  // Start from the median shift: half of the features may be wrong.
  std::vector<double> sorted(pairs.size());
  for (int axis = 0; axis < 2; ++axis) {
    for (std::size_t i = 0; i < pairs.size(); ++i)
      sorted[i] = axis == 0 ? pairs[i].shift.x : pairs[i].shift.y;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                     sorted.end());
    solution[static_cast<std::size_t>(axis)][0] = sorted[sorted.size() / 2];
  }
  double scale = first_scale;
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      offs[i] = std::hypot(solution[0].dot(pairs[i].at) - pairs[i].shift.x,
                           solution[1].dot(pairs[i].at) - pairs[i].shift.y);
    }
    sorted = offs;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                     sorted.end());
    const double spread = std::max(0.08, 1.2 * sorted[sorted.size() / 2]);
    // The scale narrows slowly: the first rounds still contain the lens.
    scale = round == 0 ? first_scale : std::max(4 * spread, 0.5 * scale);
    const int used_orders = round < 2 ? std::min(orders, 3) : orders;
    cv::Matx<double, 10, 10> normal = cv::Matx<double, 10, 10>::zeros();
    std::array<cv::Vec<double, 10>, 2> right{};
    double total = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const double q = offs[i] / scale;
      weights[i] = q < 1 ? (1 - q * q) * (1 - q * q) : 0;
      if (weights[i] <= 0) continue;
      total += weights[i];
      const Basis& b = pairs[i].at;
      for (int r = 0; r < 10; ++r) {
        for (int c = 0; c < 10; ++c) normal(r, c) += weights[i] * b[r] * b[c];
        right[0][r] += weights[i] * b[r] * pairs[i].shift.x;
        right[1][r] += weights[i] * b[r] * pairs[i].shift.y;
      }
    }
    if (total < 3) return 0;
    for (int k = 0; k < 10; ++k) {
      if (k >= used_orders) {
        for (int j = 0; j < 10; ++j) normal(k, j) = normal(j, k) = 0;
        normal(k, k) = 1;
        right[0][k] = right[1][k] = 0;
      } else {
        normal(k, k) += total * (k < 1 ? 1e-9 : k < 3 ? 1e-4 : 1e-3);
      }
    }
    solution[0] = normal.solve(right[0], cv::DECOMP_CHOLESKY);
    solution[1] = normal.solve(right[1], cv::DECOMP_CHOLESKY);
  }
  for (std::size_t k = 0; k < 10; ++k) {
    d[0][k] += solution[0][static_cast<int>(k)];
    d[1][k] += solution[1][static_cast<int>(k)];
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    sorted[i] = std::hypot(solution[0].dot(pairs[i].at) - pairs[i].shift.x,
                           solution[1].dot(pairs[i].at) - pairs[i].shift.y);
  }
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  return sorted[sorted.size() / 2];
}

// One round: the light-free picture seen through the present warp against the expected one.
void improve(Alignment& a, const std::vector<cv::Mat>& expected, const std::vector<cv::Point2f>& features,
             const cv::Mat& seen, int step, int levels, int window, double first_scale) {
  const float inverse = 1.0f / static_cast<float>(step);
  std::vector<cv::Point2f> from(features.size()), to;
  for (std::size_t i = 0; i < features.size(); ++i) from[i] = features[i] * inverse - cv::Point2f(0.5f, 0.5f);
  std::vector<std::uint8_t> status;
  std::vector<float> error;
  cv::calcOpticalFlowPyrLK(expected, seen, from, to, status, error, {window, window}, levels,
                           {cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 12, 0.02});
  std::vector<Pair> pairs;
  a.found.assign(features.size(), 0);
  const cv::Rect2f frame(7, 7, static_cast<float>(seen.cols - 14), static_cast<float>(seen.rows - 14));
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (!status[i] || !frame.contains(to[i]) || !frame.contains(from[i])) continue;
    if (patch_match(expected[0], from[i], seen, to[i], window - 2) < 0.65) continue;
    const cv::Point2d shift = cv::Point2d(to[i] - from[i]) * step;
    if (std::abs(shift.x) > 15 * step || std::abs(shift.y) > 15 * step) continue;
    pairs.push_back(
        {basis(normal_x(a.warp.size, features[i].x), normal_y(a.warp.size, features[i].y)), shift, i});
  }
  const auto before = a.warp.d;
  a.residual_px = pairs.size() >= 4 ? fit_polynomials(pairs, a.warp.d, first_scale) : 0;
  // Only features that agree with the smooth warp count as found: chance matches on other print do not agree.
  a.tracked = 0;
  for (const Pair& p : pairs) {
    double off[2];
    for (int axis = 0; axis < 2; ++axis) {
      const auto& now = a.warp.d[static_cast<std::size_t>(axis)];
      const auto& was = before[static_cast<std::size_t>(axis)];
      off[axis] = -(axis == 0 ? p.shift.x : p.shift.y);
      for (int k = 0; k < 10; ++k)
        off[axis] += (now[static_cast<std::size_t>(k)] - was[static_cast<std::size_t>(k)]) * p.at[k];
    }
    if (std::hypot(off[0], off[1]) < std::max(1.0, 5 * a.residual_px)) ++a.tracked, a.found[p.feature] = 1;
  }
}

Warp from_outline(const cv::Size& size, const std::array<cv::Point2f, 4>& corners) {
  const auto w = static_cast<float>(size.width), h = static_cast<float>(size.height);
  const std::array<cv::Point2f, 4> card{{{0, 0}, {w, 0}, {w, h}, {0, h}}};
  Warp warp;
  warp.homography = cv::getPerspectiveTransform(card.data(), corners.data());
  warp.size = size;
  return warp;
}

// What tracking sees: the light-free photograph in the tracking frame.
cv::Mat light_free(const Reference& reference, const cv::Mat& grey, const Warp& warp) {
  cv::Mat seen;
  rectify(grey, warp, reference.track_step, seen, reference.track_step);
  return without_light(seen, kLightWindow);
}

}  // namespace

cv::Point2d Warp::displacement(double x, double y) const {
  const Basis b = basis(normal_x(size, x), normal_y(size, y));
  cv::Point2d out(0, 0);
  for (int k = 0; k < 10; ++k) {
    out.x += d[0][static_cast<std::size_t>(k)] * b[k];
    out.y += d[1][static_cast<std::size_t>(k)] * b[k];
  }
  return out;
}

namespace {

// Fine rounds until it stands still: where a part of the print is missing, the first round's rest is far off
// there.
void settle(Alignment& a, const Reference& reference, const cv::Mat& grey) {
  constexpr int kMostRounds = 3;
  constexpr double kStill = 0.25;  // working pixels
  const int step = reference.track_step;
  for (int round = 0; round < kMostRounds; ++round) {
    const Warp before = a.warp;
    improve(a, reference.pyramid, reference.features, light_free(reference, grey, a.warp), step, 0,
            kFineWindow, 1.5 * step);
    double moved = 0;
    for (const double x : {0.05, 0.5, 0.95})
      for (const double y : {0.05, 0.5, 0.95}) {
        const cv::Point2d at(x * a.warp.size.width, y * a.warp.size.height);
        moved = std::max(moved, cv::norm(a.warp.displacement(at.x, at.y) - before.displacement(at.x, at.y)));
      }
    if (moved < kStill) break;
  }
}

}  // namespace

Alignment align(const Reference& reference, const cv::Mat& grey, const std::array<cv::Point2f, 4>& corners) {
  Alignment a;
  a.warp = from_outline(reference.size, corners);
  a.features = static_cast<int>(reference.features.size());
  if (a.features < 4) return a;
  const int step = reference.track_step;
  const auto coarse = [&](Alignment& alignment) {
    improve(alignment, reference.pyramid, reference.features, light_free(reference, grey, alignment.warp),
            step, 3, kTrackWindow, 6.0 * step);
  };
  coarse(a);
  if (a.match() < 0.08) {  // nothing of it there: leave the print where the outline puts it
    a.warp = from_outline(reference.size, corners);
    return a;
  }
  settle(a, reference, grey);
  // An outline that was found askew leaves a corner of the print further off than the fine rounds reach; from
  // where the rest of it lies now the coarse one does.
  constexpr double kNearlyAll = 0.97;
  for (int more = 0; more < 3 && a.match() < kNearlyAll; ++more) {
    Alignment again = a;
    coarse(again);
    settle(again, reference, grey);
    if (again.match() <= a.match()) break;
    a = std::move(again);
  }
  return a;
}

double match_other_side(const Reference& reference, const cv::Mat& grey,
                        const std::array<cv::Point2f, 4>& corners) {
  if (reference.features_other.size() < 8) return 0;
  Alignment a;
  a.warp = from_outline(reference.size, corners);
  a.features = static_cast<int>(reference.features_other.size());
  improve(a, reference.pyramid_other, reference.features_other, light_free(reference, grey, a.warp),
          reference.track_step, 3, kTrackWindow, 6.0 * reference.track_step);
  return a.match();
}

}  // namespace ktp::inspection
