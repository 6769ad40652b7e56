// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/image.hpp"

namespace ktp {

/// ISO/IEC 7810 ID-1, millimetres.
inline constexpr double kCardWidthMm = 85.60;
inline constexpr double kCardHeightMm = 53.98;
inline constexpr double kMmPerInch = 25.4;

enum class Side { front, back };
[[nodiscard]] constexpr const char* to_string(Side side) {
  return side == Side::front ? "front" : "back";
}

/// A rectangle on the card in millimetres; origin at the card's upper left corner, x right, y down.
struct BoxMm {
  double x = 0, y = 0, w = 0, h = 0;
};

/// A rectangle in pixels of the expected picture.
struct BoxPx {
  int x = 0, y = 0, w = 0, h = 0;
};

/// One printed character of the NIK: which field, which character, and the cell it stands in.
struct GlyphCell {
  std::string field;  ///< "nik"
  char character = 0;
  BoxMm cell;
};

/// The ten digits in the face and size of the NIK, each drawn alone in a cell of the same size, black on
/// white, one channel: what a wrong digit would look like. Index = digit.
struct DigitAtlas {
  std::vector<Image> digits;
};

/// Letters, digits and marks in the face of the text fields, each drawn alone at one size: black on white,
/// one channel, all of one height with the base line at one place. What a wrong letter would look like, at
/// another size too.
struct LetterAtlas {
  double px_per_mm = 0;   ///< resolution of the pictures
  int cap_height_px = 0;  ///< of the H, whole pixels
  std::vector<std::pair<char, Image>> letters;
};

/// One side of a card as it is expected to look: exactly the whole card (kCardWidthMm x kCardHeightMm), no
/// margin.
struct Face {
  Side side = Side::front;
  double dpi = 300;
  Image image;  ///< 3 channels
  std::map<std::string, BoxMm>
      layout;  ///< field name -> where its value is printed: "nik", "name", "portrait", ...
  std::vector<GlyphCell> glyphs;               ///< the NIK, digit by digit; empty on the back
  std::shared_ptr<const DigitAtlas> atlas;     ///< null where there are no glyphs
  std::shared_ptr<const LetterAtlas> letters;  ///< of the text fields; null where there are none

  [[nodiscard]] double px_per_mm() const { return dpi / kMmPerInch; }
};

/// Size of a whole card at `dpi`, rounded to whole pixels: 1011 x 638 at 300, 2022 x 1275 at 600.
struct FaceSize {
  int width, height;
};
[[nodiscard]] constexpr FaceSize face_size(double dpi) {
  return {static_cast<int>(kCardWidthMm * dpi / kMmPerInch + 0.5),
          static_cast<int>(kCardHeightMm * dpi / kMmPerInch + 0.5)};
}

}  // namespace ktp
