// SPDX-License-Identifier: Apache-2.0
// What happens to the surface of a card: scratches, stains, cracks, fibres. Drawn into any buffer of RGB
// pixels that shows the whole card, in mm, edges smoothed, all of it decided by the seed.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace sim::damage {

using Colour = std::array<std::uint8_t, 3>;

/// The card inside a buffer: pixels begin at the card's top left.
struct Area {
  int width = 0;   ///< pixels of the 85.60 mm
  int height = 0;  ///< pixels of the 53.98 mm
  std::size_t stride = 0;
};

/// A slightly bent line somewhere on the card; dye is gone, the white core shows with `depth` 0 to 1.
void scratch(std::uint8_t* pixels, const Area& area, double length_mm, double width_mm, double depth,
             std::uint64_t seed);
/// Something brownish ran over the card and dried: darker towards its edge.
void stain(std::uint8_t* pixels, const Area& area, double diameter_mm, double strength, std::uint64_t seed);
/// A dark line from one long edge to the other.
void crack(std::uint8_t* pixels, const Area& area, double width_mm, std::uint64_t seed);
/// A curled thread on the surface.
void fibre(std::uint8_t* pixels, const Area& area, double length_mm, double width_mm, std::uint64_t seed);

/// A smooth-edged disc with its centre at (x, y) mm; `cover` 0 to 1.
void disc(std::uint8_t* pixels, const Area& area, double x_mm, double y_mm, double diameter_mm,
          const Colour& colour, double cover);

}  // namespace sim::damage
