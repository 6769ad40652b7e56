// SPDX-License-Identifier: Apache-2.0
// What is the same on every card at one resolution, drawn once. Private to the room.
#pragma once
#include <memory>
#include <vector>

#include "artwork/canvas.hpp"
#include "artwork/template_spec.hpp"
#include "domain/face.hpp"

namespace ktp::artwork {

/// Immutable once made; may be shared between threads.
struct StaticLayer {
  std::unique_ptr<const Canvas> canvas;  ///< paper, pattern, marks, labels
  Image back;                            ///< the finished back, in place of a canvas
  std::vector<Image> digits;             ///< coverage of each digit in its cell
  std::vector<BoxPx> cells;              ///< the sixteen cells of the NIK
  std::shared_ptr<const DigitAtlas> atlas;
  std::shared_ptr<const LetterAtlas> letters;
  Image portrait_mark;   ///< coverage of the mark over the portrait, in the portrait's pixels
  Image portrait_shade;  ///< the same a little lower right: a shadow that shows the mark on a white shirt
};

[[nodiscard]] std::shared_ptr<const StaticLayer> make_front(const TemplateSpec& spec, const Paper& paper,
                                                            double dpi);
[[nodiscard]] std::shared_ptr<const StaticLayer> make_back(const TemplateSpec& spec, const Paper& paper,
                                                           double dpi);

/// Draws a label and its colon so that it stands on the base line of a field's first line. The setter must be
/// aimed at `cairo`.
void draw_label(cairo_t* cairo, const Label& label, const std::string& text, double baseline);

}  // namespace ktp::artwork
