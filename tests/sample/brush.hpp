// SPDX-License-Identifier: Apache-2.0
// A little drawing kit over cairo for the invented portraits.
#pragma once
#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "domain/image.hpp"

namespace ktp::sample {

struct Paint {
  double r = 0, g = 0, b = 0;
  [[nodiscard]] Paint times(double f) const {
    return {std::clamp(r * f, 0.0, 1.0), std::clamp(g * f, 0.0, 1.0), std::clamp(b * f, 0.0, 1.0)};
  }
  [[nodiscard]] Paint towards(const Paint& o, double f) const {
    return {r + (o.r - r) * f, g + (o.g - g) * f, b + (o.b - b) * f};
  }
};

/// A white RGB picture with user space one unit wide.
class Brush {
 public:
  Brush(int width, int height)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)),
        cairo_(cairo_create(surface_)) {
    cairo_set_source_rgb(cairo_, 1, 1, 1);
    cairo_paint(cairo_);
    cairo_scale(cairo_, width, width);
    cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
  }
  Brush(const Brush&) = delete;
  Brush& operator=(const Brush&) = delete;
  ~Brush() {
    cairo_destroy(cairo_);
    cairo_surface_destroy(surface_);
  }

  [[nodiscard]] cairo_t* cairo() const { return cairo_; }

  void fill(const Paint& p, double alpha = 1) {
    cairo_set_source_rgba(cairo_, p.r, p.g, p.b, alpha);
    cairo_fill(cairo_);
  }
  void stroke(const Paint& p, double width, double alpha = 1) {
    cairo_set_source_rgba(cairo_, p.r, p.g, p.b, alpha);
    cairo_set_line_width(cairo_, width);
    cairo_stroke(cairo_);
  }
  /// Adds an ellipse, or the part from angle `from` to `to` (radians, clockwise from the right), to the path.
  void ellipse(double x, double y, double rx, double ry, double from = 0, double to = 2 * std::numbers::pi) {
    cairo_save(cairo_);
    cairo_translate(cairo_, x, y);
    cairo_scale(cairo_, rx, ry);
    cairo_new_sub_path(cairo_);
    cairo_arc(cairo_, 0, 0, 1, from, to);
    cairo_restore(cairo_);
  }
  void disc(double x, double y, double rx, double ry, const Paint& p, double alpha = 1) {
    ellipse(x, y, rx, ry);
    cairo_close_path(cairo_);
    fill(p, alpha);
  }
  [[nodiscard]] Image to_image() const {
    cairo_surface_flush(surface_);
    Image image(cairo_image_surface_get_width(surface_), cairo_image_surface_get_height(surface_), 3);
    const unsigned char* data = cairo_image_surface_get_data(surface_);
    const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_));
    for (int y = 0; y < image.height; ++y) {
      const auto* from = reinterpret_cast<const std::uint32_t*>(data + static_cast<std::size_t>(y) * stride);
      std::uint8_t* to = image.row(y);
      for (int x = 0; x < image.width; ++x, to += 3) {
        to[0] = static_cast<std::uint8_t>(from[x] >> 16);
        to[1] = static_cast<std::uint8_t>(from[x] >> 8);
        to[2] = static_cast<std::uint8_t>(from[x]);
      }
    }
    return image;
  }

 private:
  cairo_surface_t* surface_;
  cairo_t* cairo_;
};

}  // namespace ktp::sample
