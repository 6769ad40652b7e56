// SPDX-License-Identifier: Apache-2.0
#include "sim-world/paint.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "sim-world/damage.hpp"
#include "sim-world/random.hpp"

namespace sim::paint {
namespace {

int pixels(const Picture& face, double mm) {
  return static_cast<int>(std::lround(mm * face.scale()));
}

std::size_t row_bytes(const Picture& face) {
  return static_cast<std::size_t>(face.width) * 3;
}

// Cells of a text line differ when their mean difference is more than what smooth ground could give.
bool differ(const Picture& face, int xa, int xb, int y, int w, int h) {
  std::int64_t sum = 0;
  for (int row = y; row < y + h; ++row) {
    const std::uint8_t* a = face.at(xa, row);
    const std::uint8_t* b = face.at(xb, row);
    for (int i = 0; i < 3 * w; ++i) sum += std::abs(a[i] - b[i]);
  }
  return sum > std::int64_t{12} * 3 * w * h;
}

}  // namespace

void stop_at(Picture& face, double fraction) {
  const int x = std::clamp(static_cast<int>(std::lround(fraction * face.width)), 0, face.width);
  for (int y = 0; y < face.height && x < face.width; ++y)
    std::memset(face.at(x, y), 255, static_cast<std::size_t>(face.width - x) * 3);
}

void ghost(Picture& face, double dx_mm, double strength) {
  const Picture once = face;
  const int dx = pixels(face, dx_mm);
  const int part = static_cast<int>(std::lround(strength * 256));
  for (int y = 0; y < face.height; ++y) {
    for (int x = std::max(0, dx); x < std::min(face.width, face.width + dx); ++x) {
      std::uint8_t* to = face.at(x, y);
      const std::uint8_t* from = once.at(x - dx, y);
      // Dye on dye: each takes its share of the light that comes back.
      for (int c = 0; c < 3; ++c)
        to[c] = static_cast<std::uint8_t>(to[c] * (255 * 256 - part * (255 - from[c])) / (255 * 256));
    }
  }
}

void paste(Picture& face, const Picture& other, const Zone& zone) {
  const int x0 = std::clamp(pixels(face, zone.x), 0, std::min(face.width, other.width));
  const int y0 = std::clamp(pixels(face, zone.y), 0, std::min(face.height, other.height));
  const int w = std::clamp(pixels(face, zone.w), 0, std::min(face.width, other.width) - x0);
  const int h = std::clamp(pixels(face, zone.h), 0, std::min(face.height, other.height) - y0);
  for (int y = y0; y < y0 + h && w > 0; ++y)
    std::memcpy(face.at(x0, y), other.at(x0, y), static_cast<std::size_t>(w) * 3);
}

bool copy_cell(Picture& face, const Zone& line, int cells, std::uint64_t seed) {
  const double cell = line.w / cells;
  const int w = std::max(1, static_cast<int>(std::floor(cell * face.scale())));
  const int y = pixels(face, line.y);
  const int h = pixels(face, line.h);
  const auto left = [&](int i) { return pixels(face, line.x + i * cell); };
  if (h < 1 || y < 0 || y + h > face.height || left(0) < 0 || left(cells - 1) + w > face.width) return false;
  Random random(seed);
  const auto start = static_cast<int>(random.below(static_cast<std::uint64_t>(cells * cells)));
  for (int i = 0; i < cells * cells; ++i) {
    const int pair = (start + i * 7) % (cells * cells);
    const int from = left(pair / cells);
    const int to = left(pair % cells);
    if (from == to || !differ(face, from, to, y, w, h)) continue;
    for (int row = y; row < y + h; ++row)
      std::memcpy(face.at(to, row), face.at(from, row), static_cast<std::size_t>(w) * 3);
    return true;
  }
  return false;
}

void dead_elements(Picture& face, int elements, std::uint64_t seed) {
  Random random(seed);
  const int h = std::max(1, pixels(face, elements * 25.4 / 300));
  const int y0 = static_cast<int>(random.between(0.1, 0.9) * face.height);
  for (int y = y0; y < std::min(face.height, y0 + h); ++y) std::memset(face.at(0, y), 255, row_bytes(face));
}

void fade(Picture& face, double percent) {
  const int keep = static_cast<int>(std::lround(256 * (1 - percent / 100)));
  for (std::uint8_t& v : face.rgb) v = static_cast<std::uint8_t>(255 - (255 - v) * keep / 256);
}

void missing_panel(Picture& face, int panel) {
  // Yellow takes blue, magenta green, cyan red out of the light.
  const std::size_t channel = static_cast<std::size_t>(2 - panel);
  for (std::size_t i = channel; i < face.rgb.size(); i += 3) face.rgb[i] = 255;
}

void misregister(Picture& face, double dx_mm, std::uint64_t seed) {
  const Picture right = face;
  const int dx = pixels(face, dx_mm);
  const auto channel = static_cast<std::size_t>(Random(seed).below(3));
  for (int y = 0; y < face.height; ++y)
    for (int x = 0; x < face.width; ++x)
      face.at(x, y)[channel] =
          x - dx < 0 || x - dx >= face.width ? std::uint8_t{255} : right.at(x - dx, y)[channel];
}

void shift(Picture& face, double dx_mm, double dy_mm) {
  const Picture right = face;
  const int dx = pixels(face, dx_mm);
  const int dy = pixels(face, dy_mm);
  std::fill(face.rgb.begin(), face.rgb.end(), std::uint8_t{255});
  const int w = face.width - std::abs(dx);
  for (int y = std::max(0, dy); y < std::min(face.height, face.height + dy) && w > 0; ++y)
    std::memcpy(face.at(std::max(0, dx), y), right.at(std::max(0, -dx), y - dy),
                static_cast<std::size_t>(w) * 3);
}

void void_spot(Picture& face, double diameter_mm, std::uint64_t seed) {
  Random random(seed);
  double x = 0, y = 0;
  // A spot on white ground would be no defect: look for printed ground a while.
  for (int tries = 0; tries < 200; ++tries) {
    x = random.between(4, kCardWidthMm - 4);
    y = random.between(4, kCardHeightMm - 4);
    const std::uint8_t* p =
        face.at(std::min(pixels(face, x), face.width - 1), std::min(pixels(face, y), face.height - 1));
    if (p[0] + p[1] + p[2] < 3 * 225) break;
  }
  damage::disc(face.rgb.data(), {face.width, face.height, face.view().stride}, x, y, diameter_mm,
               {255, 255, 255}, 1.0);
}

}  // namespace sim::paint
