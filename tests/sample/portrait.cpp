// SPDX-License-Identifier: Apache-2.0
#include "sample/portrait.hpp"

#include <array>

#include "sample/brush.hpp"
#include "sample/random.hpp"

namespace ktp::sample {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kHeight = 4.0 / 3;  // user space is one unit wide

constexpr std::array kCloths{Paint{0.95, 0.95, 0.93}, Paint{0.10, 0.11, 0.14}, Paint{0.75, 0.72, 0.60},
                             Paint{0.13, 0.25, 0.18}, Paint{0.60, 0.13, 0.20}, Paint{0.92, 0.78, 0.30},
                             Paint{0.55, 0.62, 0.70}, Paint{0.36, 0.22, 0.15}, Paint{0.85, 0.60, 0.68},
                             Paint{0.20, 0.22, 0.45}, Paint{0.55, 0.78, 0.70}, Paint{0.42, 0.42, 0.44}};
constexpr std::array kHairs{Paint{0.05, 0.04, 0.04}, Paint{0.12, 0.08, 0.06}, Paint{0.24, 0.14, 0.08},
                            Paint{0.36, 0.24, 0.14}};

enum class Hair { bald, short_cut, side_part, curls, cap, fringe, long_straight, bob, bun, volume, veil };

struct Traits {
  Paint skin, hair, cloth, veil;
  Hair style = Hair::short_cut;
  double x, y, w, h;  // head: centre and half axes
  double jaw;         // how square the lower face is
  double shoulder, slope, top;
  double eye_y, eye_gap, eye_w, eye_h, iris;
  double brow_lift, brow_width, brow_slant;
  double nose_w, nose_h;
  double mouth_y, mouth_w, mouth_h, smile;
  double hairline;
};

Traits traits_of(const Sitter& sitter, Random& random) {
  Traits t{};
  t.skin = Paint{0.98, 0.86, 0.74}.towards({0.38, 0.23, 0.14}, random.real(0, 1));
  t.hair = random.pick(kHairs);
  if (sitter.age > 50)
    t.hair =
        t.hair.towards({0.85, 0.85, 0.86}, random.real(0.0, 1.0) * std::min(1.0, (sitter.age - 45) / 25.0));
  t.cloth = random.pick(kCloths).times(random.real(0.75, 1.15));
  t.veil = random.pick(kCloths).times(random.real(0.8, 1.1));
  constexpr std::array kMen{Hair::bald,  Hair::short_cut, Hair::side_part,
                            Hair::curls, Hair::cap,       Hair::fringe};
  constexpr std::array kWomen{Hair::long_straight, Hair::bob,  Hair::bun, Hair::volume,
                              Hair::veil,          Hair::veil, Hair::veil};
  t.style = sitter.female ? random.pick(kWomen) : random.pick(kMen);
  t.x = 0.5 + random.real(-0.07, 0.07);
  t.y = random.real(0.50, 0.66);
  t.w = random.real(0.165, 0.245);
  t.h = t.w * random.real(1.15, 1.5);
  t.jaw = random.real(0, 1);
  t.shoulder = random.real(0.28, 0.50);
  t.slope = random.real(0.02, 0.20);
  t.top = t.y + t.h + random.real(0.07, 0.17);
  t.eye_y = random.real(-0.12, 0.08);
  t.eye_gap = random.real(0.36, 0.52);
  t.eye_w = random.real(0.13, 0.21);
  t.eye_h = random.real(0.05, 0.11);
  t.iris = random.real(0.6, 0.95);
  t.brow_lift = random.real(0.13, 0.25);
  t.brow_width = random.real(0.03, 0.10);
  t.brow_slant = random.real(-0.08, 0.03);
  t.nose_w = random.real(0.10, 0.24);
  t.nose_h = random.real(0.22, 0.36);
  t.mouth_y = random.real(0.44, 0.60);
  t.mouth_w = random.real(0.22, 0.42);
  t.mouth_h = random.real(0.04, 0.10);
  t.smile = random.real(-0.03, 0.10);
  t.hairline = random.real(0.45, 0.75);
  return t;
}

void draw_background(Brush& brush, const Sitter& sitter, Random& random) {
  cairo_t* cairo = brush.cairo();
  const Paint base = sitter.red
                         ? Paint{random.real(0.62, 0.90), random.real(0.04, 0.18), random.real(0.05, 0.18)}
                         : Paint{random.real(0.05, 0.25), random.real(0.22, 0.50), random.real(0.55, 0.92)};
  // Uneven light, as photo booths have it.
  const double angle = random.real(0, 2 * kPi);
  const double depth = random.real(0.0, 0.5);
  cairo_pattern_t* light =
      cairo_pattern_create_linear(0.5 + 0.7 * std::cos(angle), 0.67 + 0.7 * std::sin(angle),
                                  0.5 - 0.7 * std::cos(angle), 0.67 - 0.7 * std::sin(angle));
  const Paint bright = base.times(1 + depth * 0.5);
  const Paint dark = base.times(1 - depth);
  cairo_pattern_add_color_stop_rgb(light, 0, bright.r, bright.g, bright.b);
  cairo_pattern_add_color_stop_rgb(light, 1, dark.r, dark.g, dark.b);
  cairo_set_source(cairo, light);
  cairo_paint(cairo);
  cairo_pattern_destroy(light);
  if (random.chance(0.5)) {
    // In braces: the order in which a call evaluates its arguments is the compiler's choice, and would change
    // the picture.
    const std::array spot{random.real(0.1, 0.9), random.real(0.1, 1.0), random.real(0.2, 0.5),
                          random.real(0.2, 0.5)};
    brush.disc(spot[0], spot[1], spot[2], spot[3], random.chance(0.5) ? base.times(1.35) : base.times(0.6),
               0.35);
  }
}

void shoulders_path(cairo_t* cairo, const Traits& t) {
  const double top = t.top;
  cairo_move_to(cairo, t.x - 0.10, top - 0.06);
  cairo_curve_to(cairo, t.x - t.shoulder * 0.5, top + t.slope * 0.2, t.x - t.shoulder, top + t.slope * 0.3,
                 t.x - t.shoulder - 0.03, top + t.slope + 0.10);
  cairo_line_to(cairo, t.x - t.shoulder - 0.07, kHeight + 0.1);
  cairo_line_to(cairo, t.x + t.shoulder + 0.07, kHeight + 0.1);
  cairo_line_to(cairo, t.x + t.shoulder + 0.03, top + t.slope + 0.10);
  cairo_curve_to(cairo, t.x + t.shoulder, top + t.slope * 0.3, t.x + t.shoulder * 0.5, top + t.slope * 0.2,
                 t.x + 0.10, top - 0.06);
  cairo_close_path(cairo);
}

void draw_cloth(Brush& brush, const Traits& t, Random& random) {
  cairo_t* cairo = brush.cairo();
  shoulders_path(cairo, t);
  brush.fill(t.cloth);
  cairo_save(cairo);
  shoulders_path(cairo, t);
  cairo_clip(cairo);
  const Paint second = random.pick(kCloths);
  switch (random.below(5)) {
    case 0: {  // stripes
      const double step = random.real(0.05, 0.14);
      const bool upright = random.chance(0.5);
      for (double at = random.real(-0.1, 0); at < kHeight; at += step) {
        if (upright) {
          cairo_rectangle(cairo, at, 0, step * 0.45, kHeight);
        } else {
          cairo_rectangle(cairo, 0, at, 1, step * 0.45);
        }
      }
      brush.fill(second, 0.8);
      break;
    }
    case 1: {  // printed cloth
      const double step = random.real(0.08, 0.15);
      for (double y = 0.7; y < kHeight + step; y += step) {
        for (double x = 0; x < 1 + step; x += step) brush.disc(x, y, step * 0.3, step * 0.3, second, 0.7);
      }
      break;
    }
    case 2: {  // jacket, shirt and tie
      cairo_move_to(cairo, t.x - 0.11, t.top - 0.06);
      cairo_line_to(cairo, t.x + 0.11, t.top - 0.06);
      cairo_line_to(cairo, t.x, kHeight);
      cairo_close_path(cairo);
      brush.fill({0.96, 0.96, 0.95});
      cairo_move_to(cairo, t.x, t.top);
      cairo_line_to(cairo, t.x - 0.035, t.top + 0.2);
      cairo_line_to(cairo, t.x, t.top + 0.5);
      cairo_line_to(cairo, t.x + 0.035, t.top + 0.2);
      cairo_close_path(cairo);
      brush.fill(second);
      break;
    }
    case 3: {  // shirt with a row of buttons
      cairo_move_to(cairo, t.x, t.top);
      cairo_line_to(cairo, t.x, kHeight);
      brush.stroke(t.cloth.times(0.7), 0.008);
      for (double y = t.top + 0.08; y < kHeight; y += 0.09) brush.disc(t.x + 0.012, y, 0.009, 0.009, second);
      break;
    }
    default:
      break;
  }
  cairo_restore(cairo);
}

void draw_neck(Brush& brush, const Traits& t) {
  cairo_t* cairo = brush.cairo();
  const double half = t.w * 0.5;
  cairo_move_to(cairo, t.x - half, t.y);
  cairo_line_to(cairo, t.x - half, t.top);
  cairo_curve_to(cairo, t.x - half * 0.4, t.top + 0.09, t.x + half * 0.4, t.top + 0.09, t.x + half, t.top);
  cairo_line_to(cairo, t.x + half, t.y);
  cairo_close_path(cairo);
  brush.fill(t.skin.times(0.82));
}

void draw_head(Brush& brush, const Traits& t) {
  cairo_t* cairo = brush.cairo();
  if (t.style != Hair::veil) {
    for (const int side : {-1, 1})
      brush.disc(t.x + side * t.w * 1.0, t.y, t.w * 0.16, t.h * 0.2, t.skin.times(0.88));
  }
  const double chin = 0.45 + 0.35 * t.jaw;
  cairo_move_to(cairo, t.x - t.w, t.y);
  cairo_curve_to(cairo, t.x - t.w, t.y - t.h * 1.32, t.x + t.w, t.y - t.h * 1.32, t.x + t.w, t.y);
  cairo_curve_to(cairo, t.x + t.w, t.y + t.h * 0.6, t.x + t.w * chin, t.y + t.h, t.x, t.y + t.h);
  cairo_curve_to(cairo, t.x - t.w * chin, t.y + t.h, t.x - t.w, t.y + t.h * 0.6, t.x - t.w, t.y);
  cairo_close_path(cairo);
  brush.fill(t.skin);
}

void draw_features(Brush& brush, const Traits& t, const Sitter& sitter, Random& random) {
  cairo_t* cairo = brush.cairo();
  const Paint brow = t.hair.towards({0.1, 0.07, 0.05}, 0.5);
  for (const int side : {-1, 1}) {
    const double x = t.x + side * t.w * t.eye_gap;
    const double y = t.y + t.h * t.eye_y;
    brush.disc(x, y, t.w * t.eye_w * 1.1, t.h * t.eye_h, {0.97, 0.96, 0.94});
    const double iris = std::min(t.w * t.eye_w * 0.55, t.h * t.eye_h * t.iris);
    brush.disc(x, y, iris, iris, {0.16, 0.09, 0.05});
    brush.disc(x + iris * 0.3, y - iris * 0.3, iris * 0.25, iris * 0.25, {1, 1, 1});
    brush.ellipse(x, y, t.w * t.eye_w * 1.15, t.h * t.eye_h * 1.1, kPi, 2 * kPi);
    brush.stroke({0.08, 0.05, 0.04}, 0.006);
    const double lift = y - t.h * t.brow_lift;
    cairo_move_to(cairo, x - t.w * 0.24, lift + side * t.h * t.brow_slant);
    cairo_curve_to(cairo, x - t.w * 0.1, lift - t.h * 0.06, x + t.w * 0.1, lift - t.h * 0.06, x + t.w * 0.24,
                   lift - side * t.h * t.brow_slant);
    brush.stroke(brow, t.h * t.brow_width);
  }
  const Paint shade = t.skin.times(0.72);
  const double nose = t.y + t.h * (t.eye_y + t.nose_h);
  cairo_move_to(cairo, t.x - t.w * 0.05, t.y + t.h * t.eye_y);
  cairo_line_to(cairo, t.x - t.w * t.nose_w, nose);
  cairo_curve_to(cairo, t.x - t.w * 0.1, nose + t.h * 0.06, t.x + t.w * 0.1, nose + t.h * 0.06,
                 t.x + t.w * t.nose_w, nose);
  brush.stroke(shade, 0.009);
  const double mouth = t.y + t.h * t.mouth_y;
  const Paint lips = t.skin.towards({0.62, 0.16, 0.18}, sitter.female ? 0.7 : 0.35);
  cairo_move_to(cairo, t.x - t.w * t.mouth_w, mouth);
  cairo_curve_to(cairo, t.x - t.w * 0.1, mouth + t.h * (t.smile - t.mouth_h), t.x + t.w * 0.1,
                 mouth + t.h * (t.smile - t.mouth_h), t.x + t.w * t.mouth_w, mouth);
  cairo_curve_to(cairo, t.x + t.w * 0.15, mouth + t.h * (t.smile + t.mouth_h * 1.6), t.x - t.w * 0.15,
                 mouth + t.h * (t.smile + t.mouth_h * 1.6), t.x - t.w * t.mouth_w, mouth);
  brush.fill(lips);
  if (sitter.age > 45) {
    for (const int side : {-1, 1}) {
      cairo_move_to(cairo, t.x + side * t.w * (t.nose_w + 0.08), nose);
      cairo_line_to(cairo, t.x + side * t.w * (t.mouth_w + 0.10), mouth);
      brush.stroke(shade, 0.005, 0.8);
    }
  }
  if (!sitter.female && random.chance(0.3)) {  // moustache
    cairo_move_to(cairo, t.x - t.w * 0.34, mouth - t.h * 0.03);
    cairo_curve_to(cairo, t.x - t.w * 0.1, mouth - t.h * 0.14, t.x + t.w * 0.1, mouth - t.h * 0.14,
                   t.x + t.w * 0.34, mouth - t.h * 0.03);
    brush.stroke(t.hair, t.h * random.real(0.04, 0.09));
  }
  if (!sitter.female && random.chance(0.3)) {  // beard round the chin
    brush.ellipse(t.x, t.y + t.h * 0.32, t.w * 0.80, t.h * 0.62, 0.15 * kPi, 0.85 * kPi);
    brush.stroke(t.hair, t.h * random.real(0.08, 0.26), 0.9);
  }
  if (random.chance(sitter.age > 45 ? 0.5 : 0.2)) {  // glasses
    const Paint frame = random.chance(0.5) ? Paint{0.05, 0.05, 0.06} : Paint{0.55, 0.40, 0.20};
    const double r = t.w * random.real(0.27, 0.36);
    const double y = t.y + t.h * t.eye_y;
    for (const int side : {-1, 1}) {
      brush.ellipse(t.x + side * t.w * t.eye_gap, y, r, r * 0.8);
      brush.stroke(frame, random.real(0.008, 0.016));
    }
    cairo_move_to(cairo, t.x - t.w * t.eye_gap + r, y);
    cairo_line_to(cairo, t.x + t.w * t.eye_gap - r, y);
    brush.stroke(frame, 0.010);
  }
}

// What of the hair lies behind the head and shoulders.
void draw_hair_behind(Brush& brush, const Traits& t) {
  cairo_t* cairo = brush.cairo();
  if (t.style == Hair::long_straight) {
    cairo_rectangle(cairo, t.x - t.w * 1.28, t.y - t.h * 0.3, t.w * 2.56, t.h * 2.1);
    brush.fill(t.hair);
  } else if (t.style == Hair::bob) {
    brush.disc(t.x, t.y, t.w * 1.35, t.h * 1.15, t.hair);
  } else if (t.style == Hair::bun) {
    brush.disc(t.x, t.y - t.h * 1.15, t.w * 0.5, t.w * 0.5, t.hair);
  } else if (t.style == Hair::volume) {
    brush.disc(t.x, t.y - t.h * 0.1, t.w * 1.65, t.h * 1.3, t.hair);
  }
}

void cap_of_hair(Brush& brush, const Traits& t, double spread, double line, double tilt) {
  cairo_t* cairo = brush.cairo();
  cairo_move_to(cairo, t.x - t.w * spread, t.y - t.h * 0.05);
  cairo_curve_to(cairo, t.x - t.w * spread, t.y - t.h * 1.5, t.x + t.w * spread, t.y - t.h * 1.5,
                 t.x + t.w * spread, t.y - t.h * 0.05);
  cairo_curve_to(cairo, t.x + t.w * 0.9, t.y - t.h * (line + tilt), t.x + t.w * 0.4,
                 t.y - t.h * (line + tilt), t.x, t.y - t.h * line);
  cairo_curve_to(cairo, t.x - t.w * 0.4, t.y - t.h * (line - tilt), t.x - t.w * 0.9,
                 t.y - t.h * (line - tilt), t.x - t.w * spread, t.y - t.h * 0.05);
  brush.fill(t.hair);
}

void draw_veil(Brush& brush, const Traits& t, Random& random) {
  cairo_t* cairo = brush.cairo();
  const double wide = random.real(1.25, 1.55);
  const double fall = random.real(0.15, 0.45);
  cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_EVEN_ODD);
  cairo_move_to(cairo, t.x - t.w * wide, t.y + t.h * 0.2);
  cairo_curve_to(cairo, t.x - t.w * wide, t.y - t.h * 1.75, t.x + t.w * wide, t.y - t.h * 1.75,
                 t.x + t.w * wide, t.y + t.h * 0.2);
  cairo_curve_to(cairo, t.x + t.w * wide, t.top, t.x + t.shoulder * 0.9, t.top + 0.02, t.x + t.shoulder,
                 t.top + fall);
  cairo_curve_to(cairo, t.x + 0.1, t.top + fall + 0.16, t.x - 0.1, t.top + fall + 0.16, t.x - t.shoulder,
                 t.top + fall);
  cairo_curve_to(cairo, t.x - t.shoulder * 0.9, t.top + 0.02, t.x - t.w * wide, t.top, t.x - t.w * wide,
                 t.y + t.h * 0.2);
  brush.ellipse(t.x, t.y + t.h * 0.08, t.w * 0.93, t.h * random.real(0.86, 0.98));
  brush.fill(t.veil);
  cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_WINDING);
  for (int fold = 0; fold < 3; ++fold) {
    cairo_move_to(cairo, t.x + t.w * random.real(-1, 1), t.y + t.h * 1.1);
    cairo_line_to(cairo, t.x + t.shoulder * random.real(-0.8, 0.8), t.top + fall);
    brush.stroke(t.veil.times(0.75), 0.010);
  }
}

void draw_hair(Brush& brush, const Traits& t, Random& random) {
  cairo_t* cairo = brush.cairo();
  switch (t.style) {
    case Hair::bald:
      brush.disc(t.x - t.w * 0.3, t.y - t.h * 0.75, t.w * 0.25, t.h * 0.1, t.skin.times(1.15), 0.7);
      break;
    case Hair::short_cut:
      cap_of_hair(brush, t, 1.04, t.hairline, 0);
      break;
    case Hair::side_part:
      cap_of_hair(brush, t, 1.08, t.hairline, random.chance(0.5) ? 0.22 : -0.22);
      break;
    case Hair::curls:
      for (int i = 0; i <= 12; ++i) {
        const double a = kPi * (1.0 + i / 12.0);
        brush.disc(t.x + t.w * 1.02 * std::cos(a), t.y - t.h * 0.2 + t.h * 0.85 * std::sin(a), t.w * 0.3,
                   t.w * 0.3, t.hair);
      }
      break;
    case Hair::cap: {
      const double low = t.y - t.h * t.hairline * 0.75;
      const double high = t.y - t.h * random.real(1.25, 1.5);
      cairo_move_to(cairo, t.x - t.w * 1.08, low);
      cairo_line_to(cairo, t.x - t.w * 0.9, high);
      cairo_line_to(cairo, t.x + t.w * 0.9, high);
      cairo_line_to(cairo, t.x + t.w * 1.08, low);
      cairo_close_path(cairo);
      brush.fill(random.chance(0.7) ? Paint{0.06, 0.06, 0.07} : t.veil);
      break;
    }
    case Hair::fringe:
      cap_of_hair(brush, t, 1.12, t.hairline * 0.7, 0);
      break;
    case Hair::long_straight:
    case Hair::bob:
    case Hair::bun:
    case Hair::volume:
      cap_of_hair(brush, t, 1.15, t.hairline, random.real(-0.2, 0.2));
      break;
    case Hair::veil:
      draw_veil(brush, t, random);
      break;
  }
}

}  // namespace

Image draw_portrait(const Sitter& sitter, int width) {
  Random random(sitter.seed);
  const Traits t = traits_of(sitter, random);
  Brush brush(width, width * 4 / 3);
  draw_background(brush, sitter, random);
  draw_hair_behind(brush, t);
  draw_cloth(brush, t, random);
  draw_neck(brush, t);
  draw_head(brush, t);
  draw_features(brush, t, sitter, random);
  draw_hair(brush, t, random);
  return brush.to_image();
}

Image draw_signature(std::uint64_t seed, int width) {
  Random random(mixed(seed, 77));
  Brush brush(width, width / 3);
  cairo_t* cairo = brush.cairo();
  const double ink = random.real(0.006, 0.014);
  double x = random.real(0.06, 0.15);
  double y = random.real(0.12, 0.22);
  cairo_move_to(cairo, x, y);
  const int strokes = random.between(5, 11);
  const double step = random.real(0.75, 0.85) / strokes;
  for (int i = 0; i < strokes; ++i) {
    const double x2 = x + step;
    const std::array bend{random.real(-0.5, 1.5), random.real(0.03, 0.30), random.real(-1.5, 0.5),
                          random.real(0.03, 0.30), random.real(0.11, 0.23)};
    cairo_curve_to(cairo, x + step * bend[0], bend[1], x2 + step * bend[2], bend[3], x2, bend[4]);
    x = x2;
  }
  brush.stroke({0.05, 0.06, 0.20}, ink);
  if (random.chance(0.6)) {  // the flourish below
    const std::array line{random.real(0.1, 0.3),  random.real(0.24, 0.29), random.real(0.2, 0.31),
                          random.real(0.2, 0.31), random.real(0.7, 0.95),  random.real(0.2, 0.29)};
    cairo_move_to(cairo, line[0], line[1]);
    cairo_curve_to(cairo, 0.4, line[2], 0.6, line[3], line[4], line[5]);
    brush.stroke({0.05, 0.06, 0.20}, ink * 0.8);
  }
  return brush.to_image();
}

}  // namespace ktp::sample
