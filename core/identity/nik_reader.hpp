// SPDX-License-Identifier: Apache-2.0
// The door of the identity room to the NIK: reads the sixteen digits off a rectified front without being told
// what to expect. A witness of its own: it knows the shapes of the digits and where the line stands, nothing
// of the order.
#pragma once
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "domain/face.hpp"
#include "domain/image.hpp"

namespace ktp::identity {

inline constexpr std::size_t kNikDigits = 16;

/// One digit of the line.
struct DigitReading {
  char digit = '?';   ///< '0' to '9'; '?' = cannot tell
  char best = '?';    ///< the likeliest, also where it is not certain enough to be said
  char second = '?';  ///< the runner-up
  double match = 0;   ///< correlation of the likeliest with the picture, -1 to 1
  double lead = 0;    ///< its correlation minus the runner-up's
  double unexplained =
      0;  ///< strongest local difference between digit and picture, in shares of the ink's contrast
  double confidence = 0;  ///< 0 to 1; below NikReader::kCertain the digit is not said
  BoxPx box;              ///< where it stands, pixels of the given picture
};

struct NikReading {
  std::string
      text;  ///< sixteen characters, '?' where the reader cannot tell; empty if there is no line of digits
  bool certain = false;   ///< every digit is said and nothing in `doubts`
  double confidence = 0;  ///< of the least certain digit; at most 0.5 where there are doubts
  std::array<DigitReading, kNikDigits> digits;
  /// What the structure of a NIK says against what was read ("day of birth", "month of birth", "serial 0000",
  /// "region"). Names no digit. Doubts lower confidence; they never change a digit.
  std::vector<std::string> doubts;
};

/// A reader for one typeface and place. Immutable after make; may be shared between threads.
class NikReader {
 public:
  /// Confidence from which on a digit is said.
  static constexpr double kCertain = 0.5;

  /// `atlas`: the ten digits as Face::atlas has them, `atlas_px_per_mm` the resolution they are drawn at
  /// (above 0); `zone`: the line's box on the card, sixteen equal cells. Errors: bad_data (not ten pictures
  /// of one size and one channel, two of them the same, an empty zone).
  static Result<NikReader> make(const DigitAtlas& atlas, double atlas_px_per_mm, const BoxMm& zone);

  /// Says whether the first six digits are a region that exists. Empty: not asked.
  using KnownRegion = std::function<bool(std::string_view)>;

  /// `front`: the whole card, rectified: grey or RGB, at least 150 dpi. The line may be off its place by up
  /// to 1.8 mm, turned by up to 1.5 degrees and stretched by up to 1.5 %. A picture that is empty, too coarse
  /// or has no line of digits gives an empty text.
  [[nodiscard]] NikReading read(const ImageView& front, const KnownRegion& known_region = {}) const;

  /// The same for a part of the card: the picture's upper left corner is `x_mm`, `y_mm` on the card.
  [[nodiscard]] NikReading read_part(const ImageView& picture, double px_per_mm, double x_mm, double y_mm,
                                     const KnownRegion& known_region = {}) const;

 private:
  struct Shapes {  // one blur; zero mean and unit norm, so that a dot product with the picture is the
                   // correlation
    int width = 0, height = 0;
    std::array<std::vector<float>, 10> digits;
  };
  struct Plane;
  struct Fit;

  NikReader() = default;
  [[nodiscard]] Shapes shapes(const DigitAtlas& atlas, double atlas_px_per_mm, double px_per_mm,
                              double blur) const;
  [[nodiscard]] bool find_line(const Plane& coarse, std::array<Fit, kNikDigits>& cells) const;
  void straighten(const Plane& fine, std::array<Fit, kNikDigits>& cells) const;

  BoxMm zone_;
  BoxMm ink_;  // of all ten digits within a cell, millimetres from the cell's centre
  Shapes coarse_;
  std::vector<Shapes> fine_;
};

}  // namespace ktp::identity
