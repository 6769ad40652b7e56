// SPDX-License-Identifier: Apache-2.0
#include "sim-camera/optics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace sim {
namespace {

constexpr int kBand = 32;  // rows

// One row of the fixed-point map of cv::remap: whole pixels, and the fraction in 32nds of x and y.
void map_row(const float* x_mm, const float* y_mm, int width, float a, float b, float cx, float cy,
             short* whole, unsigned short* fraction) {
  for (int i = 0; i < width; ++i) {
    // 32nds of a pixel, rounded; the views are far from the limits of 16 bits whole pixels.
    const int fx = static_cast<int>(a * x_mm[i] - b * y_mm[i] + cx);
    const int fy = static_cast<int>(b * x_mm[i] + a * y_mm[i] + cy);
    whole[2 * i] = static_cast<short>(fx >> 5);
    whole[2 * i + 1] = static_cast<short>(fy >> 5);
    fraction[i] = static_cast<unsigned short>(((fy & 31) << 5) | (fx & 31));
  }
}

}  // namespace

Optics::Optics(const Mounting& m)
    : mounting_(m), map_(kBand, m.width, CV_16SC2), fraction_(kBand, m.width, CV_16UC1) {
  const std::size_t pixels = static_cast<std::size_t>(m.width) * static_cast<std::size_t>(m.height);
  x_mm_.resize(pixels);
  y_mm_.resize(pixels);
  const double corner = std::hypot(m.width / 2.0, m.height / 2.0) / m.scale;
  const double c = std::cos(m.rotation_deg * std::numbers::pi / 180),
               s = std::sin(m.rotation_deg * std::numbers::pi / 180);
  // Per millimetre, so that the scale has changed by `perspective` at half the width.
  const double tilt = m.perspective / (m.width / 2.0 / m.scale);
  const double tx = tilt * std::cos(m.perspective_angle), ty = tilt * std::sin(m.perspective_angle);
  for (int v = 0; v < m.height; ++v) {
    for (int u = 0; u < m.width; ++u) {
      double x = (u + 0.5 - m.width / 2.0) / m.scale, y = (v + 0.5 - m.height / 2.0) / m.scale;
      const double r = std::hypot(x, y) / corner;
      const double lens = 1 + m.lens_k1 * r * r;
      x *= lens;
      y *= lens;
      const double depth = 1 + tx * x + ty * y;
      const std::size_t i =
          static_cast<std::size_t>(v) * static_cast<std::size_t>(m.width) + static_cast<std::size_t>(u);
      x_mm_[i] = static_cast<float>((c * x - s * y) / depth);
      y_mm_[i] = static_cast<float>((s * x + c * y) / depth);
    }
  }
}

void Optics::project(const Desk& desk, const Pose& pose, cv::Mat& out) {
  out.create(mounting_.height, mounting_.width, CV_8UC3);
  const cv::Mat& scene = desk.scene();
  const double turn = pose.turn_deg * std::numbers::pi / 180;
  const double unit = desk.scale() * 32;
  const auto a = static_cast<float>(unit * std::cos(turn)), b = static_cast<float>(unit * std::sin(turn));
  // Pixel i of the scene covers i to i + 1, its centre is at i + 0.5; another half of a 32nd rounds.
  const auto cx = static_cast<float>((scene.cols / 2.0 - 0.5) * 32 + pose.dx_mm * unit + 0.5);
  const auto cy = static_cast<float>((scene.rows / 2.0 - 0.5) * 32 + pose.dy_mm * unit + 0.5);
  for (int top = 0; top < mounting_.height; top += kBand) {
    const int rows = std::min(kBand, mounting_.height - top);
    for (int r = 0; r < rows; ++r) {
      const std::size_t first = static_cast<std::size_t>(top + r) * static_cast<std::size_t>(mounting_.width);
      map_row(&x_mm_[first], &y_mm_[first], mounting_.width, a, b, cx, cy, map_.ptr<short>(r),
              fraction_.ptr<unsigned short>(r));
    }
    cv::Mat band = out.rowRange(top, top + rows);
    cv::remap(scene, band, map_.rowRange(0, rows), fraction_.rowRange(0, rows), cv::INTER_LINEAR,
              cv::BORDER_REPLICATE);
  }
}

}  // namespace sim
