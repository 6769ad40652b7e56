// SPDX-License-Identifier: Apache-2.0
// The paper form of the manifest: Cairo's PDF surface, Pango's text, zint's Code 128.
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <zint.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "handover/manifest.hpp"

namespace ktp::handover {

namespace {

constexpr double kPointsPerMm = 72 / 25.4;
constexpr double kPageW = 210, kPageH = 297, kMargin = 12;  // A4, mm
constexpr double kTableTop = 62, kRowH = 11.5, kTableBottom = 268;
constexpr double kSignaturesH = 62;  // kept free below the last row of the last page

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

class Paper {
 public:
  explicit Paper(const std::string& file)
      : surface_(cairo_pdf_surface_create(file.c_str(), kPageW * kPointsPerMm, kPageH * kPointsPerMm)),
        cairo_(cairo_create(surface_.get())) {
    cairo_scale(cairo_.get(), kPointsPerMm, kPointsPerMm);
  }

  // One line of text, cut with an ellipsis at `width` mm.
  void text(double x, double y, double size_mm, const std::string& words, double width, bool bold = false,
            PangoAlignment align = PANGO_ALIGN_LEFT) {
    // Pango rounds glyphs to whole units: a unit is a point here, and rounding is off, or letters drift apart.
    cairo_save(cairo_.get());
    cairo_translate(cairo_.get(), x, y);
    cairo_scale(cairo_.get(), 1 / kPointsPerMm, 1 / kPointsPerMm);
    const std::unique_ptr<PangoLayout, LayoutDeleter> layout(pango_cairo_create_layout(cairo_.get()));
    const std::unique_ptr<cairo_font_options_t, OptionsDeleter> options(cairo_font_options_create());
    cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
    PangoContext* const context = pango_layout_get_context(layout.get());
    pango_cairo_context_set_font_options(context, options.get());
    pango_context_set_round_glyph_positions(context, FALSE);
    pango_layout_context_changed(layout.get());
    const std::unique_ptr<PangoFontDescription, FontDeleter> font(pango_font_description_new());
    pango_font_description_set_family(font.get(), "Liberation Sans");
    pango_font_description_set_weight(font.get(), bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font.get(), size_mm * kPointsPerMm * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_text(layout.get(), words.c_str(), static_cast<int>(words.size()));
    pango_layout_set_width(layout.get(), static_cast<int>(width * kPointsPerMm * PANGO_SCALE));
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    pango_layout_set_alignment(layout.get(), align);
    cairo_move_to(cairo_.get(), 0, 0);
    pango_cairo_show_layout(cairo_.get(), layout.get());
    cairo_restore(cairo_.get());
  }

  void rule(double x, double y, double width, double thickness = 0.15) {
    cairo_rectangle(cairo_.get(), x, y, width, thickness);
    cairo_fill(cairo_.get());
  }

  // Code 128, stretched to at most `width`; a module is never thinner than 0.19 mm, which a hand scanner
  // reads.
  bool barcode(double x, double y, double width, double height, const std::string& words) {
    const std::unique_ptr<zint_symbol, SymbolDeleter> symbol(ZBarcode_Create());
    if (!symbol) return false;
    symbol->symbology = BARCODE_CODE128;
    symbol->show_hrt = 0;
    symbol->height = 10;
    if (ZBarcode_Encode_and_Buffer_Vector(symbol.get(), reinterpret_cast<const unsigned char*>(words.data()),
                                          static_cast<int>(words.size()), 0) >= ZINT_ERROR ||
        symbol->vector == nullptr)
      return false;
    const double module = std::min(0.33, width / symbol->width);
    if (module < 0.19) return false;
    const double scale = module * symbol->width / static_cast<double>(symbol->vector->width);
    for (const zint_vector_rect* bar = symbol->vector->rectangles; bar != nullptr; bar = bar->next)
      cairo_rectangle(cairo_.get(), x + static_cast<double>(bar->x) * scale, y,
                      static_cast<double>(bar->width) * scale, height);
    cairo_fill(cairo_.get());
    return true;
  }

  void next_page() { cairo_show_page(cairo_.get()); }
  bool finish() {
    cairo_.reset();
    cairo_surface_finish(surface_.get());
    return cairo_surface_status(surface_.get()) == CAIRO_STATUS_SUCCESS;
  }
  [[nodiscard]] cairo_surface_t* surface() const { return surface_.get(); }

 private:
  std::unique_ptr<cairo_surface_t, SurfaceDeleter> surface_;
  std::unique_ptr<cairo_t, CairoDeleter> cairo_;
};

struct Column {
  const char* title;
  double x, width;
};
constexpr Column kColumns[] = {{"No", 12, 9},       {"Nomor kiriman", 22, 52}, {"Nama", 76, 48},
                               {"Alamat", 125, 45}, {"Kode pos", 171, 14},     {"Kartu", 185, 14}};

void head_of_page(Paper& paper, const Manifest& manifest, std::size_t page, std::size_t pages) {
  const double inner = kPageW - 2 * kMargin;
  paper.text(kMargin, 12, 5.2, "DAFTAR PENGANTAR KTP-EL", inner, true);
  paper.text(kMargin, 19, 3.2, "Delivery manifest", inner);
  paper.text(kMargin, 25, 3.6, manifest.office, 110, true);
  paper.text(kMargin, 30.5, 3.2, "Nomor / batch: " + manifest.seal + "     Tanggal / date: " + manifest.date,
             110);
  paper.text(
      kMargin, 35.5, 3.2,
      "Wilayah / region: " + manifest.region +
          (manifest.lines.empty() ? "" : "  " + manifest.lines[0].desa + ", " + manifest.lines[0].kecamatan),
      110);
  const auto count = static_cast<std::uint32_t>(manifest.lines.size());
  paper.text(kMargin, 40.5, 3.2,
             "Jumlah / total: " + std::to_string(count) + " (" + in_words(count) + ") keping", inner);
  paper.barcode(128, 14, 70, 14, manifest.seal);
  paper.text(128, 29, 3, manifest.seal, 40);
  paper.text(kMargin, 284, 2.8, "Halaman " + std::to_string(page) + " dari " + std::to_string(pages), inner,
             false, PANGO_ALIGN_RIGHT);
  paper.rule(kMargin, kTableTop - 7, inner, 0.3);
  for (const Column& column : kColumns)
    paper.text(column.x, kTableTop - 5.5, 2.9, column.title, column.width, true);
  paper.rule(kMargin, kTableTop - 1, inner, 0.3);
}

bool line(Paper& paper, const ManifestLine& row, std::size_t number, double y) {
  paper.text(kColumns[0].x, y + 3, 3, std::to_string(number), kColumns[0].width);
  const bool readable = paper.barcode(kColumns[1].x, y + 0.8, kColumns[1].width - 2, 6, row.item);
  paper.text(kColumns[1].x, y + 7.2, 2.7, row.item, kColumns[1].width);
  paper.text(kColumns[2].x, y + 1.6, 3, row.name, kColumns[2].width);
  paper.text(kColumns[2].x, y + 6, 2.7, "NIK " + masked_nik(row.nik), kColumns[2].width);
  paper.text(kColumns[3].x, y + 1.6, 2.7, row.address, kColumns[3].width);
  paper.text(kColumns[3].x, y + 6, 2.7, row.desa + ", " + row.kecamatan, kColumns[3].width);
  paper.text(kColumns[4].x, y + 3, 3, row.postcode, kColumns[4].width);
  paper.text(kColumns[5].x, y + 3, 2.4, row.card, kColumns[5].width);
  paper.rule(kMargin, y + kRowH - 0.6, kPageW - 2 * kMargin);
  return readable;
}

void signatures(Paper& paper, const Manifest& manifest, double y) {
  const auto block = [&](double x, const char* title) {
    paper.text(x, y + 2, 3.2, title, 84, true);
    paper.rule(x, y + 26, 75);
    paper.text(x, y + 27.5, 2.8, "Nama, NIP, tanda tangan / name, number, signature", 84);
  };
  block(kMargin, "Yang menyerahkan / given by");
  block(112, "Yang menerima / taken by");
  paper.text(kMargin, y + 36, 2.6, "Kepala log / signed head of the log (simpan / keep):", 180, true);
  double at = y + 40;
  std::string rest = manifest.checkpoint;
  while (!rest.empty() && at < y + kSignaturesH) {
    const auto end = rest.find('\n');
    paper.text(kMargin, at, 2.3, rest.substr(0, end), kPageW - 2 * kMargin);
    at += 3.4;
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
}

}  // namespace

Result<void> write_pdf(const Manifest& manifest, const std::filesystem::path& file) {
  const auto rows_fit = [](double bottom) { return static_cast<std::size_t>((bottom - kTableTop) / kRowH); };
  const std::size_t full = rows_fit(kTableBottom), last = rows_fit(kTableBottom + 10 - kSignaturesH);
  const std::size_t count = manifest.lines.size();
  // The last page keeps room for the signatures.
  const std::size_t pages = count <= last ? 1 : 1 + (count - last + full - 1) / full;
  Paper paper(file.string());
  cairo_pdf_surface_set_metadata(paper.surface(), CAIRO_PDF_METADATA_TITLE,
                                 ("Daftar pengantar " + manifest.seal).c_str());
  std::size_t n = 0;
  bool readable = true;
  for (std::size_t page = 1; page <= pages; ++page) {
    head_of_page(paper, manifest, page, pages);
    double y = kTableTop;
    const std::size_t here = page == pages ? count : std::min(count, n + full);
    for (; n < here; ++n, y += kRowH) readable = line(paper, manifest.lines[n], n + 1, y) && readable;
    if (page == pages) signatures(paper, manifest, y + 4);
    paper.next_page();
  }
  if (!paper.finish())
    return fail(ErrorCode::internal, "cannot write " + file.string() + "; is the disk full?");
  if (!readable)
    return fail(ErrorCode::internal,
                "an item number of batch " + manifest.seal + " cannot be drawn as Code 128");
  return {};
}

}  // namespace ktp::handover
