// SPDX-License-Identifier: Apache-2.0
// Setting text with Pango so that it looks the same at every resolution: no hinting, no rounding to pixels.
// Private to the room.
#pragma once
#include <pango/pangocairo.h>

#include <string>

#include "artwork/canvas.hpp"
#include "artwork/template_spec.hpp"

namespace ktp::artwork {

/// Whether a family is installed: an error (configuration) that names it and the likely package if not.
Result<void> check_font(const std::string& family);

/// A text set into a box: the largest size from style.size down to style.min_size at which it fits. One line
/// is preferred as long as its letters stay above three quarters of the full size.
struct SetText {
  Object<PangoLayout> layout;
  double x = 0, y = 0;  ///< upper left corner of the layout, millimetres
  double size = 0;      ///< millimetres em
  int lines = 0;
};

/// Sets texts for one thread. Pango's font maps belong to one thread each, so every thread has its own
/// setter; get it with `mine` and do not pass it on.
class Typesetter {
 public:
  static Typesetter& mine();
  Typesetter(const Typesetter&) = delete;
  Typesetter& operator=(const Typesetter&) = delete;

  /// Aims the setter at a drawing surface whose user space is millimetres (or at none, null: for measuring
  /// only).
  void target(cairo_t* cairo);
  /// Errors (bad_data) have no field name: "does not fit ...", "contains a character that the font lacks".
  Result<SetText> fit(const std::string& text, const BoxMm& box, const TextStyle& style);
  /// One line at style.size whose base line begins at (x, base line).
  [[nodiscard]] SetText at_baseline(const std::string& text, double x, double baseline,
                                    const TextStyle& style);
  /// One line centred on (0, 0) by its ink.
  [[nodiscard]] SetText centred(const std::string& text, const TextStyle& style);
  /// Distance from the top of a box to the base line of a first line at style.size, millimetres.
  [[nodiscard]] double baseline(const TextStyle& style);

 private:
  Typesetter();
  [[nodiscard]] SetText make(const std::string& text, const TextStyle& style, double size);

  Object<PangoFontMap> fonts_;
  Object<PangoContext> context_;
};

/// Draws in the current colour. `cairo` is the surface the setter was aimed at; its user space is
/// millimetres.
void draw(cairo_t* cairo, const SetText& text);

}  // namespace ktp::artwork
