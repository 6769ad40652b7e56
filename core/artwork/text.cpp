// SPDX-License-Identifier: Apache-2.0
#include "artwork/text.hpp"

#include <fontconfig/fontconfig.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KTP_LEAK_CHECK 1
#endif
#if __has_feature(thread_sanitizer)
#define KTP_RACE_CHECK 1
#endif
#else
#ifdef __SANITIZE_ADDRESS__
#define KTP_LEAK_CHECK 1
#endif
#ifdef __SANITIZE_THREAD__
#define KTP_RACE_CHECK 1
#endif
#endif
#ifdef KTP_LEAK_CHECK
// Fontconfig keeps its settings by offsets instead of pointers; the leak checker cannot follow those and
// reports what is in use.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\n";
}
#endif
#ifdef KTP_RACE_CHECK
// GLib's locks are not pthread's; the race checker cannot see them inside libraries that are not built for
// it.
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libfontconfig.so.1\ncalled_from_lib:libpango-1.0.so.0\ncalled_from_lib:libpangoft2-"
         "1.0.so.0\n"
         "called_from_lib:libpangocairo-1.0.so.0\ncalled_from_lib:libglib-2.0.so.0\ncalled_from_lib:"
         "libgobject-2.0.so.0\n"
         "called_from_lib:libcairo.so.2\ncalled_from_lib:libfreetype.so.6\ncalled_from_lib:libharfbuzz.so."
         "0\n";
}
#endif

namespace ktp::artwork {
namespace {

// Pango rounds to 1/1024 of a unit and some backends to whole units; a hundredth of a millimetre as the unit
// keeps both far below a printer's dot.
constexpr double kUnitsPerMm = 100;
constexpr double kUnits = kUnitsPerMm * PANGO_SCALE;
constexpr double kStep = 0.05;  // millimetres em between two sizes tried
constexpr double kLeastSingle =
    0.77;  // of the full size: down to this a text is kept on one line rather than wrapped

double to_mm(int pango_units) {
  return pango_units / kUnits;
}

struct DescriptionDeleter {
  void operator()(PangoFontDescription* d) const { pango_font_description_free(d); }
};
struct OptionsDeleter {
  void operator()(cairo_font_options_t* o) const { cairo_font_options_destroy(o); }
};
struct AttributesDeleter {
  void operator()(PangoAttrList* a) const { pango_attr_list_unref(a); }
};

void set_size(PangoLayout* layout, const TextStyle& style, double size) {
  const std::unique_ptr<PangoFontDescription, DescriptionDeleter> font(pango_font_description_new());
  pango_font_description_set_family(font.get(), style.family.c_str());
  if (style.bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
  pango_font_description_set_absolute_size(font.get(), size * kUnits);
  pango_layout_set_font_description(layout, font.get());
}

struct FcPatternDeleter {
  void operator()(FcPattern* p) const { FcPatternDestroy(p); }
};

}  // namespace

Result<void> check_font(const std::string& family) {
  const std::unique_ptr<FcPattern, FcPatternDeleter> wanted(FcPatternCreate());
  FcPatternAddString(wanted.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>(family.c_str()));
  FcConfigSubstitute(nullptr, wanted.get(), FcMatchPattern);
  FcDefaultSubstitute(wanted.get());
  FcResult result = FcResultNoMatch;
  const std::unique_ptr<FcPattern, FcPatternDeleter> found(FcFontMatch(nullptr, wanted.get(), &result));
  FcChar8* name = nullptr;
  if (found) {
    for (int i = 0; FcPatternGetString(found.get(), FC_FAMILY, i, &name) == FcResultMatch; ++i) {
      if (family == reinterpret_cast<const char*>(name)) return {};
    }
  }
  return fail(ErrorCode::configuration,
              "font '" + family +
                  "' is not installed (Debian packages fonts-liberation and fonts-ocr-a have the "
                  "fonts of the shipped template)");
}

Typesetter& Typesetter::mine() {
  thread_local Typesetter setter;
  return setter;
}

Typesetter::Typesetter()
    : fonts_(pango_cairo_font_map_new()), context_(pango_font_map_create_context(fonts_.get())) {
  const std::unique_ptr<cairo_font_options_t, OptionsDeleter> options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context_.get(), options.get());
  pango_context_set_round_glyph_positions(context_.get(), FALSE);
  pango_context_set_language(context_.get(),
                             pango_language_from_string("id"));  // not the locale of whoever runs this
  pango_context_set_base_dir(context_.get(), PANGO_DIRECTION_LTR);
}

void Typesetter::target(cairo_t* cairo) {
  if (cairo == nullptr) {
    pango_context_set_matrix(context_.get(), nullptr);
    return;
  }
  cairo_save(cairo);
  cairo_scale(cairo, 1 / kUnitsPerMm, 1 / kUnitsPerMm);
  pango_cairo_update_context(cairo, context_.get());
  cairo_restore(cairo);
}

SetText Typesetter::make(const std::string& text, const TextStyle& style, double size) {
  SetText set;
  set.layout.reset(pango_layout_new(context_.get()));
  PangoLayout* layout = set.layout.get();
  const std::unique_ptr<PangoAttrList, AttributesDeleter> attributes(pango_attr_list_new());
  pango_attr_list_insert(attributes.get(), pango_attr_fallback_new(FALSE));
  pango_attr_list_insert(attributes.get(), pango_attr_insert_hyphens_new(FALSE));
  pango_layout_set_attributes(layout, attributes.get());
  pango_layout_set_auto_dir(layout, FALSE);
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD);
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
  set_size(layout, style, size);
  set.size = size;
  return set;
}

Result<SetText> Typesetter::fit(const std::string& text, const BoxMm& box, const TextStyle& style) {
  SetText set = make(text, style, style.size);
  PangoLayout* layout = set.layout.get();
  pango_layout_set_width(layout, static_cast<int>(box.w * kUnits));
  if (style.align == Align::centre) pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER);
  if (pango_layout_get_unknown_glyphs_count(layout) > 0) {
    return fail(ErrorCode::bad_data, "contains a character that the font " + style.family + " lacks");
  }
  const double full_baseline = to_mm(pango_layout_get_baseline(layout));
  const auto fits_at = [&](double size, int lines) {
    if (size != set.size) set_size(layout, style, size);
    set.size = size;
    PangoRectangle logical{};
    pango_layout_get_extents(layout, nullptr, &logical);
    set.lines = pango_layout_get_line_count(layout);
    if (set.lines > lines || to_mm(logical.width) > box.w || to_mm(logical.height) > box.h) return false;
    // A smaller first line keeps the base line of its label where the box has room for that.
    const double lower = full_baseline - to_mm(pango_layout_get_baseline(layout));
    set.x = box.x;
    set.y = box.y + std::min(lower, box.h - to_mm(logical.height));
    return true;
  };
  // One line in slightly smaller letters reads better than two with a lonely word; much smaller does not.
  const int paragraphs = 1 + static_cast<int>(std::ranges::count(text, '\n'));
  const double least_single = std::max(style.min_size, style.size * kLeastSingle);
  for (const auto& [lines, least] :
       {std::pair{paragraphs, least_single}, std::pair{style.lines, style.min_size}}) {
    const int steps = static_cast<int>(std::ceil((style.size - least) / kStep - 1e-9));
    for (int i = 0; i <= steps; ++i) {
      if (fits_at(std::max(style.size - i * kStep, least), lines)) return set;
    }
  }
  std::array<char, 96> why{};
  std::snprintf(why.data(), why.size(),
                "does not fit %.1f mm in %d line%s at %.2f mm letters (%ld characters)", box.w, style.lines,
                style.lines == 1 ? "" : "s", style.min_size,
                g_utf8_strlen(text.data(), static_cast<gssize>(text.size())));
  return fail(ErrorCode::bad_data, why.data());
}

SetText Typesetter::at_baseline(const std::string& text, double x, double baseline, const TextStyle& style) {
  SetText set = make(text, style, style.size);
  set.x = x;
  set.y = baseline - to_mm(pango_layout_get_baseline(set.layout.get()));
  set.lines = 1;
  return set;
}

SetText Typesetter::centred(const std::string& text, const TextStyle& style) {
  SetText set = make(text, style, style.size);
  PangoRectangle ink{};
  pango_layout_get_extents(set.layout.get(), &ink, nullptr);
  set.x = -to_mm(ink.x) - to_mm(ink.width) / 2;
  set.y = -to_mm(ink.y) - to_mm(ink.height) / 2;
  set.lines = 1;
  return set;
}

double Typesetter::baseline(const TextStyle& style) {
  return to_mm(pango_layout_get_baseline(make("0", style, style.size).layout.get()));
}

void draw(cairo_t* cairo, const SetText& text) {
  cairo_save(cairo);
  cairo_translate(cairo, text.x, text.y);
  cairo_scale(cairo, 1 / kUnitsPerMm, 1 / kUnitsPerMm);
  // As outlines: Cairo sets whole letters on whole pixels, so that the same card would look otherwise at
  // another resolution.
  cairo_new_path(cairo);
  pango_cairo_layout_path(cairo, text.layout.get());
  cairo_fill(cairo);
  cairo_restore(cairo);
}

}  // namespace ktp::artwork
