// SPDX-License-Identifier: Apache-2.0
#include "pipeline/read_card.hpp"

#include <algorithm>
#include <utility>

#include "inspection/face_features.hpp"
#include "inspection/inspection.hpp"

namespace ktp::pipeline {

namespace {

Image upside_down(const Image& image) {
  Image turned(image.width, image.height, image.channels);
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t pixels = image.pixels.size() / channels;
  for (std::size_t i = 0; i < pixels; ++i)
    std::copy_n(&image.pixels[i * channels], channels, &turned.pixels[(pixels - 1 - i) * channels]);
  return turned;
}

double told(const identity::NikReading& reading) {
  if (reading.text.empty()) return -1;
  return 16.0 - static_cast<double>(std::ranges::count(reading.text, '?')) + reading.confidence;
}

// The print lies up to its tolerance beside its place on the card; the digits say by how much.
BoxMm beside(BoxMm box, const identity::NikReading& nik, const std::vector<BoxMm>& cells, double px_per_mm) {
  double x = 0, y = 0;
  int n = 0;
  for (std::size_t i = 0; i < std::min(cells.size(), nik.digits.size()); ++i) {
    const identity::DigitReading& digit = nik.digits[i];
    if (digit.digit == '?') continue;
    x += (digit.box.x + digit.box.w / 2.0) / px_per_mm - (cells[i].x + cells[i].w / 2);
    y += (digit.box.y + digit.box.h / 2.0) / px_per_mm - (cells[i].y + cells[i].h / 2);
    ++n;
  }
  if (n > 0) box.x += x / n, box.y += y / n;
  return box;
}

}  // namespace

int CardReading::said() const {
  return static_cast<int>(std::ranges::count_if(nik.text, [](char c) { return c != '?'; }));
}

Result<CardReader> CardReader::make(const artwork::Template& art) {
  const Face blank = art.blank_front(kDpi);
  const auto nik = blank.layout.find("nik"), portrait = blank.layout.find("portrait");
  if (nik == blank.layout.end() || portrait == blank.layout.end() || !blank.atlas)
    return fail(ErrorCode::configuration,
                "the card template has no NIK or no portrait; no card can be recognised by it");
  auto reader = identity::NikReader::make(*blank.atlas, blank.px_per_mm(), nik->second);
  if (!reader) return fail(ErrorCode::configuration, "the card template's digits: " + reader.error().message);
  CardReader made(*std::move(reader));
  made.portrait_ = portrait->second;
  for (const GlyphCell& glyph : blank.glyphs) made.cells_.push_back(glyph.cell);
  return made;
}

CardReading CardReader::read(const ImageView& photograph) const {
  CardReading reading;
  auto card = inspection::rectified_card(photograph, kDpi);
  if (!card) {
    reading.problem = card.error().message;
    return reading;
  }
  reading.found = true;
  reading.nik = reader_.read(card->view());
  // A NIK that is read whole is the right way up; whatever else may be the other way up.
  if (told(reading.nik) < 16) {
    Image turned = upside_down(*card);
    identity::NikReading other = reader_.read(turned.view());
    if (told(other) > told(reading.nik)) {
      reading.nik = std::move(other);
      *card = std::move(turned);
    }
  }
  if (reading.nik.text.empty()) {
    reading.problem = "no line of digits is found: the back of a card, or no card of this station's layout";
    return reading;
  }
  const BoxMm place = beside(portrait_, reading.nik, cells_, kDpi / kMmPerInch);
  reading.portrait = identity::portrait_tile(inspection::cut_out(*card, place).view());
  reading.hash = identity::portrait_hash(reading.portrait.view());
  return reading;
}

}  // namespace ktp::pipeline
