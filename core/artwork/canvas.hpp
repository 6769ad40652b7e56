// SPDX-License-Identifier: Apache-2.0
// Owned cairo and GLib objects, and the small pixel work that cairo does not do well. Private to the room.
#pragma once
#include <cairo.h>
#include <glib-object.h>

#include <memory>

#include "artwork/template_spec.hpp"
#include "domain/image.hpp"

namespace ktp::artwork {

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct CairoDeleter {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};
struct ObjectDeleter {
  void operator()(void* object) const { g_object_unref(object); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;
using Cairo = std::unique_ptr<cairo_t, CairoDeleter>;
template <class T>
using Object = std::unique_ptr<T, ObjectDeleter>;

/// An opaque picture to draw on; user space is millimetres.
class Canvas {
 public:
  Canvas(int width, int height, double px_per_mm);
  /// A copy of `other`'s pixels.
  Canvas(const Canvas& other, double px_per_mm);
  Canvas& operator=(const Canvas&) = delete;

  [[nodiscard]] cairo_t* cairo() const { return cairo_.get(); }
  /// Finishes drawing so far and gives the pixels as RGB.
  [[nodiscard]] Image to_image() const;

 private:
  Surface surface_;
  Cairo cairo_;
};

/// Coverage only, one channel, 0 = nothing, 255 = full; user space is pixels.
class Mask {
 public:
  Mask(int width, int height);
  [[nodiscard]] cairo_t* cairo() const { return cairo_.get(); }
  [[nodiscard]] Image to_image() const;

 private:
  Surface surface_;
  Cairo cairo_;
};

void set_colour(cairo_t* cairo, const Colour& colour, double alpha = 1);

/// Box of whole pixels nearest to a box in millimetres; at least one pixel each way.
[[nodiscard]] BoxPx to_pixels(const BoxMm& box, double px_per_mm);
[[nodiscard]] BoxMm to_mm(const BoxPx& box, double px_per_mm);

/// The part `crop` of an RGB picture, scaled to width x height: areas are averaged, so that fine detail does
/// not alias.
[[nodiscard]] Image resampled(const Image& picture, const BoxPx& crop, int width, int height);

/// Paints `colour` through a one-channel mask at (x, y); what lies outside `image` is left away.
void paint_through(Image& image, const Image& mask, int x, int y, const Colour& colour, double alpha = 1);

}  // namespace ktp::artwork
