// SPDX-License-Identifier: Apache-2.0
#include "sim-world/damage.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "sim-world/picture.hpp"
#include "sim-world/random.hpp"

namespace sim::damage {
namespace {

struct Point {
  double x = 0, y = 0;
};

double scale(const Area& area) {
  return area.width / kCardWidthMm;
}

void blend(std::uint8_t* pixel, const Colour& colour, double cover) {
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + (colour[c] - pixel[c]) * cover));
}

double distance(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double t = length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

// A line through points in mm. Each segment covers its own box; a pixel takes the largest cover of any
// segment, so joints show no knots.
void line(std::uint8_t* pixels, const Area& area, const std::vector<Point>& mm, double width_mm,
          const Colour& colour, double cover) {
  const double s = scale(area);
  const double half = std::max(0.05, width_mm * s / 2);
  double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
  std::vector<Point> points;
  for (const Point& p : mm) {
    points.push_back({p.x * s, p.y * s});
    x0 = std::min(x0, p.x * s), x1 = std::max(x1, p.x * s);
    y0 = std::min(y0, p.y * s), y1 = std::max(y1, p.y * s);
  }
  const int left = std::clamp(static_cast<int>(x0 - half - 2), 0, area.width);
  const int right = std::clamp(static_cast<int>(x1 + half + 3), 0, area.width);
  const int top = std::clamp(static_cast<int>(y0 - half - 2), 0, area.height);
  const int bottom = std::clamp(static_cast<int>(y1 + half + 3), 0, area.height);
  if (left >= right || top >= bottom) return;
  const int w = right - left;
  std::vector<float> amount(static_cast<std::size_t>(w) * static_cast<std::size_t>(bottom - top), 0);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Point &a = points[i], &b = points[i + 1];
    const int xa = std::clamp(static_cast<int>(std::min(a.x, b.x) - half - 2), left, right);
    const int xb = std::clamp(static_cast<int>(std::max(a.x, b.x) + half + 3), left, right);
    const int ya = std::clamp(static_cast<int>(std::min(a.y, b.y) - half - 2), top, bottom);
    const int yb = std::clamp(static_cast<int>(std::max(a.y, b.y) + half + 3), top, bottom);
    for (int y = ya; y < yb; ++y) {
      for (int x = xa; x < xb; ++x) {
        // Pixel centres at half; thinner than a pixel covers a part of it.
        const double d = distance({x + 0.5, y + 0.5}, a, b);
        const double part = std::clamp(half + 0.5 - d, 0.0, std::min(1.0, 2 * half));
        float& old = amount[static_cast<std::size_t>(y - top) * static_cast<std::size_t>(w) +
                            static_cast<std::size_t>(x - left)];
        old = std::max(old, static_cast<float>(part));
      }
    }
  }
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const float part = amount[static_cast<std::size_t>(y - top) * static_cast<std::size_t>(w) +
                                static_cast<std::size_t>(x - left)];
      if (part > 0)
        blend(pixels + static_cast<std::size_t>(y) * area.stride + static_cast<std::size_t>(x) * 3, colour,
              cover * part);
    }
  }
}

// A path of `steps` segments that turns a little at every one.
std::vector<Point> wander(Point at, double direction, double length, int steps, double turn, Random& random) {
  std::vector<Point> path = {at};
  for (int i = 0; i < steps; ++i) {
    direction += turn * random.between(-1, 1);
    at = {at.x + std::cos(direction) * length / steps, at.y + std::sin(direction) * length / steps};
    path.push_back(at);
  }
  return path;
}

}  // namespace

void disc(std::uint8_t* pixels, const Area& area, double x_mm, double y_mm, double diameter_mm,
          const Colour& colour, double cover) {
  const double s = scale(area);
  const double r = diameter_mm * s / 2;
  const double cx = x_mm * s, cy = y_mm * s;
  for (int y = std::max(0, static_cast<int>(cy - r - 2));
       y < std::min(area.height, static_cast<int>(cy + r + 3)); ++y) {
    for (int x = std::max(0, static_cast<int>(cx - r - 2));
         x < std::min(area.width, static_cast<int>(cx + r + 3)); ++x) {
      const double part = std::clamp(r + 0.5 - std::hypot(x + 0.5 - cx, y + 0.5 - cy), 0.0, 1.0);
      if (part > 0)
        blend(pixels + static_cast<std::size_t>(y) * area.stride + static_cast<std::size_t>(x) * 3, colour,
              cover * part);
    }
  }
}

void scratch(std::uint8_t* pixels, const Area& area, double length_mm, double width_mm, double depth,
             std::uint64_t seed) {
  Random random(seed);
  const double direction = random.between(0, 2 * std::numbers::pi);
  // The middle of the scratch lies well inside the card.
  const Point middle{random.between(0.2, 0.8) * kCardWidthMm, random.between(0.2, 0.8) * kCardHeightMm};
  const Point start{middle.x - std::cos(direction) * length_mm / 2,
                    middle.y - std::sin(direction) * length_mm / 2};
  line(pixels, area, wander(start, direction, length_mm, 16, 0.03, random), width_mm, {246, 246, 244}, depth);
}

void stain(std::uint8_t* pixels, const Area& area, double diameter_mm, double strength, std::uint64_t seed) {
  Random random(seed);
  const double s = scale(area);
  const double cx = random.between(0.1, 0.9) * area.width, cy = random.between(0.12, 0.88) * area.height;
  const double r = diameter_mm * s / 2;
  const double a2 = random.between(0, 0.12), p2 = random.between(0, 6.3), a3 = random.between(0, 0.08),
               p3 = random.between(0, 6.3);
  for (int y = std::max(0, static_cast<int>(cy - 1.3 * r - 2));
       y < std::min(area.height, static_cast<int>(cy + 1.3 * r + 3)); ++y) {
    for (int x = std::max(0, static_cast<int>(cx - 1.3 * r - 2));
         x < std::min(area.width, static_cast<int>(cx + 1.3 * r + 3)); ++x) {
      const double angle = std::atan2(y + 0.5 - cy, x + 0.5 - cx);
      const double edge = r * (1 + a2 * std::sin(2 * angle + p2) + a3 * std::sin(3 * angle + p3));
      const double d = std::hypot(x + 0.5 - cx, y + 0.5 - cy);
      const double part = std::clamp(edge + 0.5 - d, 0.0, 1.0);
      if (part <= 0) continue;
      // A dried rim is darker than the middle.
      const double dark = strength * part * (0.75 + 0.25 * std::min(1.0, d / edge));
      std::uint8_t* pixel =
          pixels + static_cast<std::size_t>(y) * area.stride + static_cast<std::size_t>(x) * 3;
      constexpr double kTakes[3] = {0.55, 0.72, 0.9};
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] * (1 - dark * kTakes[c])));
    }
  }
}

void crack(std::uint8_t* pixels, const Area& area, double width_mm, std::uint64_t seed) {
  Random random(seed);
  const Point start{random.between(0.15, 0.85) * kCardWidthMm, -1};
  std::vector<Point> path = {start};
  Point at = start;
  while (at.y < kCardHeightMm + 1) {
    at = {at.x + random.between(-0.8, 0.8), at.y + random.between(1.0, 3.0)};
    path.push_back(at);
  }
  line(pixels, area, path, width_mm, {52, 50, 48}, 0.85);
}

void fibre(std::uint8_t* pixels, const Area& area, double length_mm, double width_mm, std::uint64_t seed) {
  Random random(seed);
  const Point start{random.between(0.15, 0.85) * kCardWidthMm, random.between(0.15, 0.85) * kCardHeightMm};
  line(pixels, area, wander(start, random.between(0, 6.3), length_mm, 24, 0.45, random), width_mm,
       {70, 66, 64}, 0.8);
}

}  // namespace sim::damage
