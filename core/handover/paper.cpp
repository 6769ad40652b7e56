// SPDX-License-Identifier: Apache-2.0
#include "handover/paper.hpp"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <zint.h>

#include <algorithm>

namespace ktp::handover {

namespace {

constexpr double kPointsPerMm = 72 / 25.4;
constexpr double kThinnestModule = 0.19, kWidestModule = 0.33;  // mm

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct CairoDeleter {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
};
struct LayoutDeleter {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
};
struct FontDeleter {
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};
struct OptionsDeleter {
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
};
struct SymbolDeleter {
  void operator()(zint_symbol* symbol) const { ZBarcode_Delete(symbol); }
};

}  // namespace

struct Paper::Impl {
  std::unique_ptr<cairo_surface_t, SurfaceDeleter> surface;
  std::unique_ptr<cairo_t, CairoDeleter> cairo;
  std::filesystem::path file;
};

Paper::Paper(const std::filesystem::path& file, const std::string& title) : impl_(std::make_unique<Impl>()) {
  impl_->file = file;
  impl_->surface.reset(cairo_pdf_surface_create(file.c_str(), kPageW * kPointsPerMm, kPageH * kPointsPerMm));
  cairo_pdf_surface_set_metadata(impl_->surface.get(), CAIRO_PDF_METADATA_TITLE, title.c_str());
  impl_->cairo.reset(cairo_create(impl_->surface.get()));
  cairo_scale(impl_->cairo.get(), kPointsPerMm, kPointsPerMm);
}

Paper::~Paper() = default;

void Paper::text(double x, double y, double size, const std::string& words, double width, bool bold,
                 Align align) {
  cairo_t* const cairo = impl_->cairo.get();
  // Pango rounds glyphs to whole units: a unit is a point here, and rounding is off, or letters drift apart.
  cairo_save(cairo);
  cairo_translate(cairo, x, y);
  cairo_scale(cairo, 1 / kPointsPerMm, 1 / kPointsPerMm);
  const std::unique_ptr<PangoLayout, LayoutDeleter> layout(pango_cairo_create_layout(cairo));
  const std::unique_ptr<cairo_font_options_t, OptionsDeleter> options(cairo_font_options_create());
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  PangoContext* const context = pango_layout_get_context(layout.get());
  pango_cairo_context_set_font_options(context, options.get());
  pango_context_set_round_glyph_positions(context, FALSE);
  pango_layout_context_changed(layout.get());
  const std::unique_ptr<PangoFontDescription, FontDeleter> font(pango_font_description_new());
  pango_font_description_set_family(font.get(), "Liberation Sans");
  pango_font_description_set_weight(font.get(), bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_font_description_set_absolute_size(font.get(), size * kPointsPerMm * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), words.c_str(), static_cast<int>(words.size()));
  pango_layout_set_width(layout.get(), static_cast<int>(width * kPointsPerMm * PANGO_SCALE));
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_alignment(layout.get(), align == Align::right ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT);
  cairo_move_to(cairo, 0, 0);
  pango_cairo_show_layout(cairo, layout.get());
  cairo_restore(cairo);
}

void Paper::rule(double x, double y, double width, double thickness) {
  cairo_rectangle(impl_->cairo.get(), x, y, width, thickness);
  cairo_fill(impl_->cairo.get());
}

bool Paper::barcode(double x, double y, double width, double height, const std::string& words) {
  cairo_t* const cairo = impl_->cairo.get();
  const std::unique_ptr<zint_symbol, SymbolDeleter> symbol(ZBarcode_Create());
  if (!symbol) return false;
  symbol->symbology = BARCODE_CODE128;
  symbol->show_hrt = 0;
  symbol->height = 10;
  if (ZBarcode_Encode_and_Buffer_Vector(symbol.get(), reinterpret_cast<const unsigned char*>(words.data()),
                                        static_cast<int>(words.size()), 0) >= ZINT_ERROR ||
      symbol->vector == nullptr)
    return false;
  const double module = std::min(kWidestModule, width / symbol->width);
  if (module < kThinnestModule) return false;
  const double scale = module * symbol->width / static_cast<double>(symbol->vector->width);
  for (const zint_vector_rect* bar = symbol->vector->rectangles; bar != nullptr; bar = bar->next)
    cairo_rectangle(cairo, x + static_cast<double>(bar->x) * scale, y,
                    static_cast<double>(bar->width) * scale, height);
  cairo_fill(cairo);
  return true;
}

void Paper::signature(double x, double y, const std::string& title) {
  text(x, y + 2, 3.2, title, 84, true);
  rule(x, y + 26, 75);
  text(x, y + 27.5, 2.8, "Nama, NIP, tanda tangan / name, number, signature", 84);
}

void Paper::page_number(std::size_t page, std::size_t pages) {
  text(kMargin, 284, 2.8, "Halaman " + std::to_string(page) + " dari " + std::to_string(pages),
       kPageW - 2 * kMargin, false, Align::right);
}

void Paper::next_page() {
  cairo_show_page(impl_->cairo.get());
}

Result<void> Paper::finish() {
  impl_->cairo.reset();
  cairo_surface_finish(impl_->surface.get());
  if (cairo_surface_status(impl_->surface.get()) != CAIRO_STATUS_SUCCESS)
    return fail(ErrorCode::internal, "cannot write " + impl_->file.string() + "; is the disk full?");
  return {};
}

}  // namespace ktp::handover
