// SPDX-License-Identifier: Apache-2.0
#include "artwork/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace ktp::artwork {
namespace {

Surface make_surface(cairo_format_t format, int width, int height) {
  Surface surface(cairo_image_surface_create(format, width, height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) throw std::bad_alloc();
  return surface;
}

// One output sample: the source samples first, first + 1, ... with their weights, which sum to one.
struct Span {
  int first = 0;
  std::vector<float> weights;
};

// Box filter when shrinking; linear when enlarging.
std::vector<Span> spans(int from, int to) {
  std::vector<Span> all(static_cast<std::size_t>(to));
  const double ratio = static_cast<double>(from) / to;
  const double reach = std::max(ratio, 1.0);
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * ratio;
    const double low = std::clamp(centre - reach / 2, 0.0, static_cast<double>(from));
    const double high = std::clamp(centre + reach / 2, 0.0, static_cast<double>(from));
    Span& span = all[static_cast<std::size_t>(i)];
    span.first = std::min(static_cast<int>(low), from - 1);
    const int last = std::max(span.first, std::min(static_cast<int>(std::ceil(high)) - 1, from - 1));
    double sum = 0;
    for (int s = span.first; s <= last; ++s) {
      const double weight = std::max(std::min(high, s + 1.0) - std::max(low, static_cast<double>(s)), 1e-6);
      span.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : span.weights) weight = static_cast<float>(weight / sum);
  }
  return all;
}

}  // namespace

Canvas::Canvas(int width, int height, double px_per_mm)
    : surface_(make_surface(CAIRO_FORMAT_RGB24, width, height)), cairo_(cairo_create(surface_.get())) {
  cairo_scale(cairo_.get(), px_per_mm, px_per_mm);
}

Canvas::Canvas(const Canvas& other, double px_per_mm)
    : Canvas(cairo_image_surface_get_width(other.surface_.get()),
             cairo_image_surface_get_height(other.surface_.get()), px_per_mm) {
  const std::size_t bytes = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_.get())) *
                            static_cast<std::size_t>(cairo_image_surface_get_height(surface_.get()));
  cairo_surface_flush(surface_.get());
  std::memcpy(cairo_image_surface_get_data(surface_.get()),
              cairo_image_surface_get_data(other.surface_.get()), bytes);
  cairo_surface_mark_dirty(surface_.get());
}

Image Canvas::to_image() const {
  cairo_surface_flush(surface_.get());
  Image image(cairo_image_surface_get_width(surface_.get()), cairo_image_surface_get_height(surface_.get()),
              3);
  const std::uint8_t* data = cairo_image_surface_get_data(surface_.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_.get()));
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* to = image.row(y);
    const std::uint8_t* from = data + static_cast<std::size_t>(y) * stride;
    for (int x = 0; x < image.width; ++x, from += 4, to += 3) {
      std::uint32_t pixel = 0;  // cairo keeps pixels as native 32-bit numbers 0xXXRRGGBB
      std::memcpy(&pixel, from, 4);
      to[0] = static_cast<std::uint8_t>(pixel >> 16);
      to[1] = static_cast<std::uint8_t>(pixel >> 8);
      to[2] = static_cast<std::uint8_t>(pixel);
    }
  }
  return image;
}

Mask::Mask(int width, int height)
    : surface_(make_surface(CAIRO_FORMAT_A8, width, height)), cairo_(cairo_create(surface_.get())) {}

Image Mask::to_image() const {
  cairo_surface_flush(surface_.get());
  Image image(cairo_image_surface_get_width(surface_.get()), cairo_image_surface_get_height(surface_.get()),
              1);
  const std::uint8_t* data = cairo_image_surface_get_data(surface_.get());
  const auto stride = static_cast<std::size_t>(cairo_image_surface_get_stride(surface_.get()));
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(data + static_cast<std::size_t>(y) * stride, image.stride(), image.row(y));
  }
  return image;
}

void set_colour(cairo_t* cairo, const Colour& colour, double alpha) {
  cairo_set_source_rgba(cairo, colour.r, colour.g, colour.b, alpha);
}

BoxPx to_pixels(const BoxMm& box, double px_per_mm) {
  const auto whole = [&](double mm) { return static_cast<int>(std::lround(mm * px_per_mm)); };
  const int x = whole(box.x);
  const int y = whole(box.y);
  return {x, y, std::max(1, whole(box.x + box.w) - x), std::max(1, whole(box.y + box.h) - y)};
}

BoxMm to_mm(const BoxPx& box, double px_per_mm) {
  return {box.x / px_per_mm, box.y / px_per_mm, box.w / px_per_mm, box.h / px_per_mm};
}

Image resampled(const Image& picture, const BoxPx& crop, int width, int height) {
  const auto across = spans(crop.w, width);
  const auto down = spans(crop.h, height);
  Image out(width, height, 3);
  std::vector<float> sum(static_cast<std::size_t>(crop.w) * 3);
  for (int y = 0; y < height; ++y) {
    const Span& rows = down[static_cast<std::size_t>(y)];
    std::ranges::fill(sum, 0.0f);
    for (std::size_t i = 0; i < rows.weights.size(); ++i) {
      const std::uint8_t* from =
          picture.row(crop.y + rows.first + static_cast<int>(i)) + static_cast<std::size_t>(crop.x) * 3;
      const float weight = rows.weights[i];
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += weight * static_cast<float>(from[k]);
    }
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < width; ++x, to += 3) {
      const Span& columns = across[static_cast<std::size_t>(x)];
      std::array<float, 3> value{};
      for (std::size_t i = 0; i < columns.weights.size(); ++i) {
        const float* from = sum.data() + (static_cast<std::size_t>(columns.first) + i) * 3;
        for (std::size_t c = 0; c < 3; ++c) value[c] += columns.weights[i] * from[c];
      }
      for (std::size_t c = 0; c < 3; ++c)
        to[c] = static_cast<std::uint8_t>(std::clamp(value[c] + 0.5f, 0.0f, 255.0f));
    }
  }
  return out;
}

void paint_through(Image& image, const Image& mask, int x, int y, const Colour& colour, double alpha) {
  const std::array<double, 3> ink{colour.r * 255, colour.g * 255, colour.b * 255};
  for (int my = std::max(0, -y); my < std::min(mask.height, image.height - y); ++my) {
    const std::uint8_t* cover = mask.row(my);
    for (int mx = std::max(0, -x); mx < std::min(mask.width, image.width - x); ++mx) {
      if (cover[mx] == 0) continue;
      const double a = alpha * cover[mx] / 255.0;
      std::uint8_t* to = image.row(y + my) + static_cast<std::size_t>(x + mx) * 3;
      for (std::size_t c = 0; c < 3; ++c)
        to[c] = static_cast<std::uint8_t>(to[c] * (1 - a) + ink[c] * a + 0.5);
    }
  }
}

}  // namespace ktp::artwork
