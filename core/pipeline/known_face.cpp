// SPDX-License-Identifier: Apache-2.0
#include "pipeline/known_face.hpp"

#include <cmath>

#include "identity/nik_reader.hpp"

namespace ktp::pipeline {

Face known_face(Image picture, Side side, const artwork::Template& art) {
  Face face;
  face.side = side;
  face.dpi = static_cast<double>(picture.width) / kCardWidthMm * kMmPerInch;
  face.image = std::move(picture);
  if (side != Side::front || face.image.empty()) return face;
  Face blank = art.blank_front(std::round(face.dpi));
  face.letters = blank.letters;
  const auto zone = blank.layout.find("nik");
  if (!blank.atlas || zone == blank.layout.end()) return face;
  const auto reader = identity::NikReader::make(*blank.atlas, blank.px_per_mm(), zone->second);
  if (!reader) return face;
  const identity::NikReading reading = reader->read(face.image.view());
  if (reading.text.size() != blank.glyphs.size() || reading.text.find('?') != std::string::npos) return face;
  for (std::size_t i = 0; i < blank.glyphs.size(); ++i) {
    blank.glyphs[i].character = reading.text[i];
    // Within a pixel or two the picture's own line counts: the template may have been another edition.
    const BoxMm& cell = blank.glyphs[i].cell;
    const BoxPx& seen = reading.digits[i].box;
    const double off = (seen.x + seen.w / 2.0) / face.px_per_mm() - (cell.x + cell.w / 2);
    if (std::abs(off) > 0.4) return face;
  }
  face.glyphs = std::move(blank.glyphs);
  face.atlas = std::move(blank.atlas);
  return face;
}

}  // namespace ktp::pipeline
