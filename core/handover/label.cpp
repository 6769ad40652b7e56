// SPDX-License-Identifier: Apache-2.0
#include "handover/label.hpp"

#include "handover/manifest.hpp"
#include "handover/paper.hpp"

namespace ktp::handover {

namespace {

constexpr std::size_t kOnPage = 4;
constexpr double kW = kPageW / 2, kH = kPageH / 2, kInset = 9;

bool draw(Paper& paper, const BoxLabel& label, double x, double y) {
  const double inner = kW - 2 * kInset;
  x += kInset;
  y += kInset;
  paper.text(x, y, 4, label.office, inner, true);
  paper.text(x, y + 6, 3, "KTP-EL, hanya untuk pos / for the post only", inner);
  const bool readable = paper.barcode(x, y + 14, inner, 22, label.seal);
  paper.text(x, y + 38, 10, label.seal, inner, true);
  paper.text(x, y + 54, 6, label.desa, inner, true);
  paper.text(x, y + 62, 4.5, "Kec. " + label.kecamatan, inner);
  paper.text(x, y + 69, 4, label.region, inner);
  paper.text(
      x, y + 79, 5,
      std::to_string(label.cards) + " (" + in_words(static_cast<std::uint32_t>(label.cards)) + ") keping",
      inner);
  paper.text(x, y + 87, 5,
             "Kotak " + std::to_string(label.box) + " dari " + std::to_string(label.boxes) + " / box " +
                 std::to_string(label.box) + " of " + std::to_string(label.boxes),
             inner, true);
  paper.text(x, y + 95, 4, "Tanggal / date: " + label.date, inner);
  paper.rule(x, y + 118, inner);
  paper.text(x, y + 119.5, 3, "Segel utuh, diperiksa oleh / seal whole, checked by", inner);
  return readable;
}

}  // namespace

Result<void> write_labels_pdf(const std::vector<BoxLabel>& labels, const std::filesystem::path& file) {
  Paper paper(file, "Label");
  bool readable = true;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t at = i % kOnPage;
    readable = draw(paper, labels[i], at % 2 == 0 ? 0 : kW, at < 2 ? 0 : kH) && readable;
    if (at + 1 == kOnPage || i + 1 == labels.size()) paper.next_page();
  }
  if (auto finished = paper.finish(); !finished) return finished;
  if (!readable) return fail(ErrorCode::internal, "the name of a batch cannot be drawn as Code 128");
  return {};
}

}  // namespace ktp::handover
