// SPDX-License-Identifier: Apache-2.0
#include "inspection/locate.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace ktp::inspection {
namespace {

constexpr int kSearchWidth = 360;

// Level and slope of the background per colour, in coordinates -1..1 over the picture.
struct Background {
  std::array<cv::Vec3f, 3> plane;
  float noise = 0;
  cv::Size2f size;

  [[nodiscard]] float distance(const cv::Vec3f& colour, float x, float y) const {
    const float u = 2 * x / size.width - 1, v = 2 * y / size.height - 1;
    float most = 0;
    for (int c = 0; c < 3; ++c) {
      const cv::Vec3f& p = plane[static_cast<std::size_t>(c)];
      most = std::max(most, std::abs(colour[c] - (p[0] + p[1] * u + p[2] * v)));
    }
    return most;
  }
};

float median_of(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Every factor-th pixel, mean of 2 x 2: the search needs no better, and averaging everything costs ten times as much.
cv::Mat sampled(const cv::Mat& photo, int factor) {
  if (factor == 1) return photo;
  cv::Mat small(photo.rows / factor, photo.cols / factor, CV_8UC3);
  for (int y = 0; y < small.rows; ++y) {
    const int at = y * factor + factor / 2 - 1;
    const auto* a = photo.ptr<std::uint8_t>(at) + 3 * (factor / 2 - 1);
    const auto* b = photo.ptr<std::uint8_t>(at + 1) + 3 * (factor / 2 - 1);
    auto* out = small.ptr<std::uint8_t>(y);
    for (int x = 0; x < small.cols; ++x, a += 3 * factor, b += 3 * factor, out += 3) {
      for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>((a[c] + a[c + 3] + b[c] + b[c + 3] + 2) >> 2);
    }
  }
  return small;
}

Background learn_background(const cv::Mat& small) {
  Background background;
  background.size = {static_cast<float>(small.cols), static_cast<float>(small.rows)};
  struct Sample {
    float u, v;
    cv::Vec3f colour;
  };
  std::vector<Sample> ring;
  const int width = std::max(3, small.cols / 45), step = 2;
  for (int y = 0; y < small.rows; y += step) {
    for (int x = 0; x < small.cols; x += step) {
      if (x >= width && x < small.cols - width && y >= width && y < small.rows - width) {
        x = small.cols - width - step;
        continue;
      }
      ring.push_back({2 * (static_cast<float>(x) + 0.5f) / background.size.width - 1,
                      2 * (static_cast<float>(y) + 0.5f) / background.size.height - 1, cv::Vec3f(small.at<cv::Vec3b>(y, x))});
    }
  }
  std::vector<float> residuals(ring.size());
  float noise = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < ring.size(); ++i) residuals[i] = ring[i].colour[static_cast<int>(c)];
    std::vector<float> sorted = residuals;
    cv::Vec3f plane(median_of(sorted), 0, 0);
    float scale = 1;
    for (int round = 0; round < 5; ++round) {
      for (std::size_t i = 0; i < ring.size(); ++i) {
        sorted[i] = std::abs(ring[i].colour[static_cast<int>(c)] - (plane[0] + plane[1] * ring[i].u + plane[2] * ring[i].v));
      }
      scale = std::max(1.0f, 1.48f * median_of(sorted));
      cv::Matx33d normal = cv::Matx33d::eye() * 1e-6;
      cv::Vec3d right(0, 0, 0);
      for (const Sample& s : ring) {
        const float value = s.colour[static_cast<int>(c)];
        const float off = (value - (plane[0] + plane[1] * s.u + plane[2] * s.v)) / (3 * scale);
        const double weight = 1.0 / (1.0 + static_cast<double>(off * off) * static_cast<double>(off * off));
        const cv::Vec3d basis(1, s.u, s.v);
        normal += weight * basis * basis.t();
        right += weight * static_cast<double>(value) * basis;
      }
      plane = cv::Vec3f(normal.solve(right, cv::DECOMP_CHOLESKY));
    }
    background.plane[c] = plane;
    noise = std::max(noise, scale);
  }
  background.noise = noise;
  return background;
}

cv::Mat distance_map(const cv::Mat& small, const Background& background) {
  cv::Mat map(small.size(), CV_8U);
  for (int y = 0; y < small.rows; ++y) {
    for (int x = 0; x < small.cols; ++x) {
      map.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(background.distance(
          cv::Vec3f(small.at<cv::Vec3b>(y, x)), static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f));
    }
  }
  return map;
}

struct Line {
  cv::Point2f at, along;
};

// IRLS line through points; those far off (dust, texture, a stain on the edge) lose their vote.
bool fit_line(const std::vector<cv::Point2f>& points, Line& line) {
  if (points.size() < 8) return false;
  std::vector<float> offsets(points.size());
  for (int round = 0; round < 6; ++round) {
    const cv::Point2f normal(-line.along.y, line.along.x);
    for (std::size_t i = 0; i < points.size(); ++i) offsets[i] = (points[i] - line.at).dot(normal);
    std::vector<float> sorted = offsets;
    const float middle = median_of(sorted);
    for (std::size_t i = 0; i < points.size(); ++i) sorted[i] = std::abs(offsets[i] - middle);
    const float scale = std::max(0.4f, 2.5f * 1.48f * median_of(sorted));
    double sw = 0, st = 0, so = 0, stt = 0, sto = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double q = (offsets[i] - middle) / scale;
      if (std::abs(q) > 1) continue;
      const double w = (1 - q * q) * (1 - q * q), t = (points[i] - line.at).dot(line.along), o = offsets[i];
      sw += w, st += w * t, so += w * o, stt += w * t * t, sto += w * t * o;
    }
    const double det = sw * stt - st * st;
    if (sw < 4 || std::abs(det) < 1e-9) return false;
    const double slope = (sw * sto - st * so) / det, offset = (so - slope * st) / sw;
    line.at += normal * static_cast<float>(offset);
    line.along += normal * static_cast<float>(slope);
    line.along /= cv::norm(line.along);
  }
  return true;
}

cv::Point2f crossing(const Line& a, const Line& b) {
  const cv::Point2f d = b.at - a.at;
  const float det = a.along.x * b.along.y - a.along.y * b.along.x;
  const float t = (d.x * b.along.y - d.y * b.along.x) / det;
  return a.at + a.along * t;
}

// Fits the four sides to where the distance from the background passes half of its height inside the card.
// `distance(x, y)` gives the distance at a point; `range` is how far out and in of the rough side is searched.
template <class Distance>
bool refine(std::array<cv::Point2f, 4>& corners, const Distance& distance, float range, float least) {
  const cv::Point2f centre = 0.25f * (corners[0] + corners[1] + corners[2] + corners[3]);
  std::array<Line, 4> lines;
  const int reach = static_cast<int>(std::ceil(range));
  std::vector<float> profile(static_cast<std::size_t>(2 * reach + 1));
  for (std::size_t side = 0; side < 4; ++side) {
    const cv::Point2f from = corners[side], to = corners[(side + 1) % 4];
    Line line{0.5f * (from + to), (to - from) / static_cast<float>(cv::norm(to - from))};
    cv::Point2f inward(-line.along.y, line.along.x);
    if (inward.dot(centre - line.at) < 0) inward = -inward;
    std::vector<cv::Point2f> points;
    constexpr int kSamples = 72;
    for (int i = 0; i < kSamples; ++i) {
      const float t = 0.08f + 0.84f * static_cast<float>(i) / (kSamples - 1);  // the corners are round
      const cv::Point2f base = from + t * (to - from);
      for (int k = -reach; k <= reach; ++k) {
        const cv::Point2f p = base + inward * static_cast<float>(k);
        profile[static_cast<std::size_t>(k + reach)] = distance(p.x, p.y);
      }
      std::vector<float> inside(profile.end() - std::max(3, reach / 2), profile.end());
      const float level = std::max(least, 0.5f * median_of(inside));
      for (std::size_t k = 1; k + 2 < profile.size(); ++k) {
        if (profile[k] < level || profile[k - 1] >= level || profile[k + 1] < level || profile[k + 2] < level) continue;
        const float part = (level - profile[k - 1]) / (profile[k] - profile[k - 1]);
        points.push_back(base + inward * (static_cast<float>(k) - 1 + part - static_cast<float>(reach)));
        break;
      }
    }
    if (!fit_line(points, line)) return false;
    lines[side] = line;
  }
  for (std::size_t i = 0; i < 4; ++i) corners[i] = crossing(lines[(i + 3) % 4], lines[i]);
  return true;
}

std::array<cv::Point2f, 4> ordered(const cv::RotatedRect& rect) {
  std::array<cv::Point2f, 4> p;
  rect.points(p.data());
  const cv::Point2f c = rect.center;
  std::ranges::sort(p, [&](const cv::Point2f& a, const cv::Point2f& b) {
    return std::atan2(a.y - c.y, a.x - c.x) < std::atan2(b.y - c.y, b.x - c.x);
  });
  // Clockwise from the upper left for a card that lies across, from -180 degrees on. One that stands upright is turned.
  if (cv::norm(p[1] - p[0]) < cv::norm(p[2] - p[1])) std::rotate(p.begin(), p.begin() + 1, p.end());
  return p;
}

bool card_shaped(const std::array<cv::Point2f, 4>& p) {
  const double across = cv::norm(p[1] - p[0]) + cv::norm(p[2] - p[3]), up = cv::norm(p[3] - p[0]) + cv::norm(p[2] - p[1]);
  const double aspect = across / std::max(up, 1.0);
  return aspect > 1.38 && aspect < 1.82;
}

}  // namespace

Outline locate(const cv::Mat& photo) {
  Outline outline;
  const int factor = std::max(1, photo.cols / kSearchWidth);
  const auto shrink = static_cast<float>(factor);
  if (photo.cols < kSearchWidth || photo.rows / factor < 100) return outline;
  const cv::Mat small = sampled(photo, factor);
  const Background background = learn_background(small);
  const cv::Mat map = distance_map(small, background);
  const float least = std::max(14.0f, 5 * background.noise);

  // Two levels: the least that is no background, raised towards a third of what the card itself differs by.
  cv::Mat mask = map > least;
  if (cv::countNonZero(mask) < map.rows * map.cols / 10) return outline;
  const double raised = std::max(static_cast<double>(least), 0.33 * cv::mean(map, mask)[0]);
  mask = map > raised;
  cv::morphologyEx(mask, mask, cv::MORPH_OPEN, cv::Mat::ones(3, 3, CV_8U));
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
  int best = 0;
  for (int i = 1; i < count; ++i) {
    if (best == 0 || stats.at<int>(i, cv::CC_STAT_AREA) > stats.at<int>(best, cv::CC_STAT_AREA)) best = i;
  }
  if (best == 0) return outline;

  std::vector<cv::Point> points;
  int on_border = 0;
  for (int y = 0; y < labels.rows; ++y) {
    const int* row = labels.ptr<int>(y);
    int first = -1, last = -1;
    for (int x = 0; x < labels.cols; ++x) {
      if (row[x] != best) continue;
      if (first < 0) first = x;
      last = x;
      if (x == 0 || y == 0 || x == labels.cols - 1 || y == labels.rows - 1) ++on_border;
    }
    if (first >= 0) points.emplace_back(first, y);
    if (last > first) points.emplace_back(last, y);
  }
  if (on_border > labels.cols / 20) {
    if (points.size() > static_cast<std::size_t>(labels.rows) / 4) outline.state = Outline::State::cut_off;
    return outline;
  }
  std::vector<cv::Point> hull;
  cv::convexHull(points, hull);
  const cv::RotatedRect rect = cv::minAreaRect(hull);
  const double area = cv::contourArea(hull);
  if (area < 0.12 * static_cast<double>(map.total()) || area < 0.85 * static_cast<double>(rect.size.area())) return outline;

  std::array<cv::Point2f, 4> corners = ordered(rect);
  for (cv::Point2f& p : corners) p += cv::Point2f(0.5f, 0.5f);
  const auto on_map = [&](float x, float y) {
    const int xi = std::clamp(cvFloor(x), 0, map.cols - 1), yi = std::clamp(cvFloor(y), 0, map.rows - 1);
    return static_cast<float>(map.at<std::uint8_t>(yi, xi));
  };
  if (!refine(corners, on_map, 14, least) || !card_shaped(corners)) return outline;
  for (cv::Point2f& p : corners) p *= shrink;
  Background full = background;
  full.size = {static_cast<float>(photo.cols), static_cast<float>(photo.rows)};
  const auto on_photo = [&](float x, float y) {
    const int xi = std::clamp(cvFloor(x), 0, photo.cols - 1), yi = std::clamp(cvFloor(y), 0, photo.rows - 1);
    return full.distance(cv::Vec3f(photo.at<cv::Vec3b>(yi, xi)), x, y);
  };
  if (!refine(corners, on_photo, std::max(8.0f, 2.5f * shrink), least) || !card_shaped(corners)) return outline;
  outline.corners = corners;
  outline.state = Outline::State::found;
  return outline;
}

}  // namespace ktp::inspection
