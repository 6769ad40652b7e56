// SPDX-License-Identifier: Apache-2.0
#include "inspection/outline.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "domain/face.hpp"

namespace ktp::inspection {
namespace {

// Share of the side along which the picture has an edge in the side's direction, within a pixel and a half.
double side_support(const Gradient& g, cv::Point2f from, cv::Point2f to) {
  const cv::Point2f along = to - from;
  const auto length = static_cast<float>(cv::norm(along));
  if (length < 20) return 0;
  const cv::Point2f normal(-along.y / length, along.x / length);
  constexpr int kSamples = 32, kProbes = 8;
  int hits = 0;
  for (int i = 0; i < kSamples; ++i) {
    // Spread over the side first: most sides of most quadrilaterals are nowhere near an edge.
    const int place = i % kProbes * (kSamples / kProbes) + i / kProbes;
    if (i == kProbes && hits < 2) return 0;
    const float t = 0.08f + 0.84f * static_cast<float>(place) / (kSamples - 1);
    float best = 0;
    for (int k = -1; k <= 1; ++k) {
      const cv::Point2f p = from + along * t + normal * static_cast<float>(k);
      const int x = cvRound(p.x), y = cvRound(p.y);
      if (x < 1 || y < 1 || x >= g.x.cols - 1 || y >= g.x.rows - 1) continue;
      const auto gx = static_cast<float>(g.x.at<std::int16_t>(y, x)),
                 gy = static_cast<float>(g.y.at<std::int16_t>(y, x));
      const float across = std::abs(gx * normal.x + gy * normal.y);
      if (across * across > 0.64f * (gx * gx + gy * gy)) best = std::max(best, across);
    }
    hits += best >= 0.6f * g.threshold;
  }
  return static_cast<double>(hits) / kSamples;
}

}  // namespace

Corners ordered(Corners p) {
  const cv::Point2f c = 0.25f * (p[0] + p[1] + p[2] + p[3]);
  std::array<std::pair<float, cv::Point2f>, 4> round;
  for (std::size_t i = 0; i < 4; ++i) round[i] = {std::atan2(p[i].y - c.y, p[i].x - c.x), p[i]};
  std::ranges::sort(round, {}, &std::pair<float, cv::Point2f>::first);
  for (std::size_t i = 0; i < 4; ++i) p[i] = round[i].second;
  if (cv::norm(p[1] - p[0]) < cv::norm(p[2] - p[1])) std::rotate(p.begin(), p.begin() + 1, p.end());
  return p;
}

bool card_shaped(const Corners& p) {
  const double across = cv::norm(p[1] - p[0]) + cv::norm(p[2] - p[3]),
               up = cv::norm(p[3] - p[0]) + cv::norm(p[2] - p[1]);
  const double aspect = across / std::max(up, 1.0) / (kCardWidthMm / kCardHeightMm);
  if (aspect < 1 - kAspectSlack || aspect > 1 + kAspectSlack) return false;
  // Opposite sides differ by perspective only.
  const auto alike = [](double a, double b) { return std::max(a, b) < 1.16 * std::min(a, b); };
  return alike(cv::norm(p[1] - p[0]), cv::norm(p[2] - p[3])) &&
         alike(cv::norm(p[3] - p[0]), cv::norm(p[2] - p[1]));
}

double support_of(const Gradient& g, const Corners& p) {
  double sum = 0, least = 1;
  for (std::size_t i = 0; i < 4; ++i) {
    const double s = side_support(g, p[i], p[(i + 1) % 4]);
    sum += s, least = std::min(least, s);
    if (least < 0.2) return 0;
  }
  return 0.125 * sum + 0.5 * least;
}

void refine(const Gradient& g, Corners& corners, int reach) {
  struct Fit {
    cv::Point2f at, along;
  };
  std::array<Fit, 4> sides;
  for (std::size_t s = 0; s < 4; ++s) {
    const cv::Point2f from = corners[s], to = corners[(s + 1) % 4], span = to - from;
    const auto length = static_cast<float>(cv::norm(span));
    Fit fit{0.5f * (from + to), span / length};
    const cv::Point2f normal(-fit.along.y, fit.along.x);
    constexpr int kSamples = 64;
    std::vector<cv::Vec3f> points;  // along, across, weight
    for (int i = 0; i < kSamples; ++i) {
      const float t = (0.08f + 0.84f * static_cast<float>(i) / (kSamples - 1) - 0.5f) * length;
      float best = 0.6f * g.threshold, where = 0;
      std::array<float, 16> across{};
      for (int k = -reach; k <= reach; ++k) {
        const cv::Point2f p = fit.at + fit.along * t + normal * static_cast<float>(k);
        const int x = cvRound(p.x), y = cvRound(p.y);
        if (x < 1 || y < 1 || x >= g.x.cols - 1 || y >= g.x.rows - 1) continue;
        const float v = std::abs(static_cast<float>(g.x.at<std::int16_t>(y, x)) * normal.x +
                                 static_cast<float>(g.y.at<std::int16_t>(y, x)) * normal.y);
        across[static_cast<std::size_t>(k + reach)] = v;
        if (v > best) {
          best = v;
          // The nearest pixel's place on the normal, not the asked one.
          where = (cv::Point2f(static_cast<float>(x), static_cast<float>(y)) - fit.at).dot(normal);
        }
      }
      if (best > 0.6f * g.threshold) points.push_back({t, where, 1});
    }
    float offset = 0, slope = 0;
    if (points.size() >= 16) {
      for (int round = 0; round < 6; ++round) {
        const float scale = round < 2 ? static_cast<float>(reach) + 1 : 2.0f;
        double sw = 1e-6, st = 0, so = 0, stt = 1e-3, sto = 0;
        for (const cv::Vec3f& p : points) {
          const double q = (p[1] - offset - slope * p[0]) / scale, w = 1 / (1 + q * q * q * q);
          sw += w, st += w * p[0], so += w * p[1], stt += w * p[0] * p[0], sto += w * p[0] * p[1];
        }
        const double det = sw * stt - st * st;
        slope = static_cast<float>((sw * sto - st * so) / det);
        offset = static_cast<float>((so - slope * st) / sw);
      }
    }
    fit.at += normal * offset;
    fit.along += normal * slope;
    fit.along /= static_cast<float>(cv::norm(fit.along));
    sides[s] = fit;
  }
  Corners moved;
  for (std::size_t i = 0; i < 4; ++i) {
    const Fit &a = sides[(i + 3) % 4], &b = sides[i];
    const cv::Point2f d = b.at - a.at;
    const float det = a.along.x * b.along.y - a.along.y * b.along.x;
    if (std::abs(det) < 0.3f) return;
    moved[i] = a.at + a.along * ((d.x * b.along.y - d.y * b.along.x) / det);
  }
  if (card_shaped(moved)) corners = moved;
}

}  // namespace ktp::inspection
