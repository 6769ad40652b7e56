// SPDX-License-Identifier: Apache-2.0
// The paper form of the manifest.
#include <algorithm>
#include <string>

#include "handover/manifest.hpp"
#include "handover/paper.hpp"

namespace ktp::handover {

namespace {

constexpr double kTableTop = 62, kRowH = 11.5, kTableBottom = 268;
constexpr double kSignaturesH = 62;  // kept free below the last row of the last page

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
  paper.page_number(page, pages);
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
  paper.signature(kMargin, y, "Yang menyerahkan / given by");
  paper.signature(112, y, "Yang menerima / taken by");
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
  Paper paper(file, "Daftar pengantar " + manifest.seal);
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
  if (auto finished = paper.finish(); !finished) return finished;
  if (!readable)
    return fail(ErrorCode::internal,
                "an item number of batch " + manifest.seal + " cannot be drawn as Code 128");
  return {};
}

}  // namespace ktp::handover
