// SPDX-License-Identifier: Apache-2.0
#include "artwork/static_layer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <string_view>

#include "artwork/text.hpp"

namespace ktp::artwork {
namespace {

// A number from 0 to 1 that depends on nothing but its two arguments: the pattern is the same on every
// machine.
double scatter(int a, int b) {
  auto h = static_cast<std::uint32_t>(a) * 0x9E3779B1u ^ static_cast<std::uint32_t>(b) * 0x85EBCA77u;
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
  h = (h ^ (h >> 12)) * 0x297A2D39u;
  return static_cast<double>((h ^ (h >> 15)) & 0xFFFF) / 65535.0;
}

void draw_paper(cairo_t* cairo, const Paper& paper) {
  cairo_pattern_t* gradient = cairo_pattern_create_linear(0, 0, kCardWidthMm, kCardHeightMm);
  cairo_pattern_add_color_stop_rgb(gradient, 0, paper.from.r, paper.from.g, paper.from.b);
  cairo_pattern_add_color_stop_rgb(gradient, 1, paper.to.r, paper.to.g, paper.to.b);
  cairo_set_source(cairo, gradient);
  cairo_paint(cairo);
  cairo_pattern_destroy(gradient);
}

void draw_pattern(cairo_t* cairo, const Pattern& pattern, const Colour& ink) {
  const double cell = pattern.cell;
  const int columns = static_cast<int>(std::ceil(kCardWidthMm / cell)) + 1;
  const int rows = static_cast<int>(std::ceil(kCardHeightMm / cell)) + 1;
  for (int row = 0; row < rows; ++row) {
    for (int column = -1; column < columns; ++column) {
      const double x = (column + 0.5 * (row % 2)) * cell;
      const double y = row * cell;
      // Each parallelogram is two triangles: point up and point down.
      for (int half = 0; half < 2; ++half) {
        if (half == 0) {
          cairo_move_to(cairo, x, y + cell);
          cairo_line_to(cairo, x + cell, y + cell);
          cairo_line_to(cairo, x + cell / 2, y);
        } else {
          cairo_move_to(cairo, x + cell / 2, y);
          cairo_line_to(cairo, x + 1.5 * cell, y);
          cairo_line_to(cairo, x + cell, y + cell);
        }
        cairo_close_path(cairo);
        set_colour(cairo, ink, pattern.contrast * scatter(2 * column + half, row));
        cairo_fill(cairo);
      }
    }
  }
}

TextStyle mark_style(const TemplateSpec& spec, const Mark& mark) {
  TextStyle style;
  style.family = spec.fonts.at("text");
  style.bold = true;
  style.size = style.min_size = mark.size;
  return style;
}

void draw_mark(cairo_t* cairo, const TemplateSpec& spec, const Mark& mark) {
  cairo_save(cairo);
  cairo_translate(cairo, mark.x, mark.y);
  cairo_rotate(cairo, mark.angle * std::numbers::pi / 180);
  Typesetter& setter = Typesetter::mine();
  setter.target(cairo);
  set_colour(cairo, mark.colour, mark.alpha);
  draw(cairo, setter.centred(mark.text, mark_style(spec, mark)));
  cairo_restore(cairo);
  setter.target(cairo);
}

void draw_base(cairo_t* cairo, const TemplateSpec& spec, const Paper& paper, const SideSpec& side) {
  draw_paper(cairo, paper);
  draw_pattern(cairo, side.pattern, paper.ink);
  for (const Mark& mark : side.marks) draw_mark(cairo, spec, mark);
  Typesetter& setter = Typesetter::mine();
  setter.target(cairo);
  for (const StaticText& text : side.texts) {
    set_colour(cairo, text.style.colour);
    // Template::load has checked that these fit.
    if (const auto set = setter.fit(text.text, text.box, text.style)) draw(cairo, *set);
  }
}

// Digits are drawn once, alone; a face and the atlas both take them from here, so that they cannot differ by
// a fraction of a pixel.
std::vector<Image> draw_digits(const TextStyle& style, int width, int height, double px_per_mm) {
  std::vector<Image> digits;
  for (char digit = '0'; digit <= '9'; ++digit) {
    const Mask mask(width, height);
    cairo_t* cairo = mask.cairo();
    cairo_translate(cairo, width / 2.0, height / 2.0);
    cairo_scale(cairo, px_per_mm, px_per_mm);
    Typesetter& setter = Typesetter::mine();
    setter.target(cairo);
    cairo_set_source_rgba(cairo, 0, 0, 0, 1);
    // Across: each digit by its own advance; down: all by the zero, so that they stand on one line.
    const SetText zero = setter.centred("0", style);
    SetText set = setter.centred(std::string(1, digit), style);
    set.y = zero.y;
    draw(cairo, set);
    digits.push_back(mask.to_image());
  }
  return digits;
}

void prepare_nik(const TemplateSpec& spec, double px_per_mm, StaticLayer* layer) {
  constexpr int kDigits = 16;
  const BoxMm& box = spec.nik.box;
  const double pitch = box.w / kDigits;
  const int width = std::max(1, static_cast<int>(pitch * px_per_mm));
  const int height = std::max(1, static_cast<int>(box.h * px_per_mm));
  for (int i = 0; i < kDigits; ++i) {
    layer->cells.push_back({static_cast<int>(std::lround((box.x + i * pitch) * px_per_mm)),
                            static_cast<int>(std::lround(box.y * px_per_mm)), width, height});
  }
  layer->digits = draw_digits(spec.nik.style, width, height, px_per_mm);
  auto atlas = std::make_shared<DigitAtlas>();
  for (const Image& cover : layer->digits) {
    Image& digit = atlas->digits.emplace_back(cover);
    for (std::uint8_t& pixel : digit.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  }
  layer->atlas = std::move(atlas);
}

// The capital letters, digits and marks that official records consist of, in the size of most fields.
std::shared_ptr<const LetterAtlas> draw_letters(const TemplateSpec& spec, double px_per_mm) {
  constexpr std::string_view kAll = "HABCDEFGIJKLMNOPQRSTUVWXYZ0123456789.,/-'():&";
  const auto plain = std::ranges::find_if(spec.fields, [](const Field& f) { return !f.style.bold; });
  if (plain == spec.fields.end()) return nullptr;
  auto atlas = std::make_shared<LetterAtlas>();
  atlas->px_per_mm = px_per_mm;
  const double em = plain->style.size;
  const int width = static_cast<int>(std::ceil(1.2 * em * px_per_mm)),
            height = static_cast<int>(std::ceil(1.5 * em * px_per_mm));
  for (const char letter : kAll) {
    const Mask mask(width, height);
    cairo_t* cairo = mask.cairo();
    cairo_scale(cairo, px_per_mm, px_per_mm);
    Typesetter& setter = Typesetter::mine();
    setter.target(cairo);
    cairo_set_source_rgba(cairo, 0, 0, 0, 1);
    draw(cairo, setter.at_baseline(std::string(1, letter), 0.1 * em, 1.1 * em, plain->style));
    Image picture = mask.to_image();
    for (std::uint8_t& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
    if (letter == 'H') {
      for (int y = 0; y < height; ++y)
        if (std::ranges::any_of(std::span(picture.row(y), static_cast<std::size_t>(width)),
                                [](std::uint8_t v) { return v < 128; }))
          ++atlas->cap_height_px;
    }
    atlas->letters.emplace_back(letter, std::move(picture));
  }
  return atlas;
}

Image draw_portrait_mark(const TemplateSpec& spec, double px_per_mm, double offset) {
  const BoxPx box = to_pixels(spec.portrait.box, px_per_mm);
  const Mask mask(box.w, box.h);
  cairo_t* cairo = mask.cairo();
  cairo_translate(cairo, -box.x, -box.y);
  cairo_scale(cairo, px_per_mm, px_per_mm);
  Mark opaque = spec.over_portrait;
  opaque.alpha = 1;
  opaque.x += offset;
  opaque.y += offset;
  draw_mark(cairo, spec, opaque);
  return mask.to_image();
}

}  // namespace

void draw_label(cairo_t* cairo, const Label& label, const std::string& text, double baseline) {
  Typesetter& setter = Typesetter::mine();
  set_colour(cairo, label.style.colour);
  draw(cairo, setter.at_baseline(text, label.x, baseline, label.style));
  draw(cairo, setter.at_baseline(":", label.colon_x, baseline, label.style));
}

std::shared_ptr<const StaticLayer> make_front(const TemplateSpec& spec, const Paper& paper, double dpi) {
  const double px_per_mm = dpi / kMmPerInch;
  const FaceSize size = face_size(dpi);
  auto layer = std::make_shared<StaticLayer>();
  auto canvas = std::make_unique<Canvas>(size.width, size.height, px_per_mm);
  cairo_t* cairo = canvas->cairo();
  draw_base(cairo, spec, paper, spec.front);
  const BoxMm frame = to_mm(to_pixels(spec.portrait.box, px_per_mm), px_per_mm);
  constexpr double kLine = 0.18;  // millimetres; drawn outside the portrait
  cairo_rectangle(cairo, frame.x - kLine, frame.y - kLine, frame.w + 2 * kLine, frame.h + 2 * kLine);
  set_colour(cairo, spec.portrait.frame);
  cairo_fill(cairo);
  Typesetter& setter = Typesetter::mine();
  setter.target(cairo);
  for (const Field& field : spec.fields) {
    if (!field.label || !field.label->belief.empty())
      continue;  // a label with two readings is drawn with the card
    draw_label(cairo, *field.label, field.label->text, field.box.y + setter.baseline(field.style));
  }
  // The NIK's label stands on the foot of its digits.
  const double middle = spec.nik.box.y + spec.nik.box.h / 2;
  const double foot = middle + setter.centred("0", spec.nik.style).y + setter.baseline(spec.nik.style);
  draw_label(cairo, spec.nik.label, spec.nik.label.text, foot);
  prepare_nik(spec, px_per_mm, layer.get());
  layer->letters = draw_letters(spec, px_per_mm);
  setter.target(cairo);
  constexpr double kShade = 0.14;  // millimetres
  layer->portrait_mark = draw_portrait_mark(spec, px_per_mm, 0);
  layer->portrait_shade = draw_portrait_mark(spec, px_per_mm, kShade);
  cairo_surface_flush(cairo_get_target(cairo));
  layer->canvas = std::move(canvas);
  return layer;
}

std::shared_ptr<const StaticLayer> make_back(const TemplateSpec& spec, const Paper& paper, double dpi) {
  const FaceSize size = face_size(dpi);
  auto layer = std::make_shared<StaticLayer>();
  const Canvas canvas(size.width, size.height, dpi / kMmPerInch);
  draw_base(canvas.cairo(), spec, paper, spec.back);
  layer->back = canvas.to_image();
  return layer;
}

}  // namespace ktp::artwork
