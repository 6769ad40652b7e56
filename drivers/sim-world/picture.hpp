// SPDX-License-Identifier: Apache-2.0
// A picture in memory: RGB, 8 bit a channel, rows from the top left without gaps.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim {

inline constexpr double kCardWidthMm = 85.60;  ///< ISO/IEC 7810 ID-1
inline constexpr double kCardHeightMm = 53.98;
inline constexpr double kCardCornerMm = 3.18;

/// One of the two sides of a card.
enum class Side : std::uint8_t { front, back };
[[nodiscard]] const char* to_string(Side side);

/// Somebody else's pixels.
struct View {
  const std::uint8_t* pixels = nullptr;
  int width = 0;
  int height = 0;
  std::size_t stride = 0;  ///< bytes from one row to the next
};

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;

  Picture() = default;
  /// Filled with one grey.
  Picture(int w, int h, std::uint8_t grey);
  /// A copy.
  explicit Picture(const View& view);

  [[nodiscard]] std::uint8_t* at(int x, int y) {
    return rgb.data() +
           (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3;
  }
  [[nodiscard]] const std::uint8_t* at(int x, int y) const { return const_cast<Picture*>(this)->at(x, y); }
  [[nodiscard]] View view() const { return {rgb.data(), width, height, static_cast<std::size_t>(width) * 3}; }
  /// Pixels a millimetre, when the picture is exactly the whole card.
  [[nodiscard]] double scale() const { return width / kCardWidthMm; }
};

/// Width or height of the whole card in pixels at `dpi`.
[[nodiscard]] int card_pixels(double mm, int dpi);

}  // namespace sim
