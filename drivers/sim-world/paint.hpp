// SPDX-License-Identifier: Apache-2.0
// What goes wrong between the picture sent and the picture printed. Everything is in mm on the card and
// exact: the same call gives the same pixels. The feed direction is x, the print head lies across it; white
// is bare card.
#pragma once
#include <cstdint>

#include "sim-world/picture.hpp"

namespace sim::paint {

/// A place on the card, mm from the top left.
struct Zone {
  double x = 0, y = 0, w = 0, h = 0;
};

/// Printed up to `fraction` of the way; the rest stays white.
void stop_at(Picture& face, double fraction);
/// Printed a second time, shifted by `dx_mm` along the feed, with `strength` of the dye.
void ghost(Picture& face, double dx_mm, double strength);
/// The zone shows what the same zone of `other` shows. Both whole cards; sizes may differ by rounding only.
void paste(Picture& face, const Picture& other, const Zone& zone);
/// One of the `cells` equal cells of a line shows another, different one. False when all cells look alike.
bool copy_cell(Picture& face, const Zone& line, int cells, std::uint64_t seed);
/// Dead elements of the print head: `elements` of 1/300 inch leave a white line along the feed.
void dead_elements(Picture& face, int elements, std::uint64_t seed);
/// `percent` of the dye is missing everywhere.
void fade(Picture& face, double percent);
/// No dye from one panel: 0 yellow, 1 magenta, 2 cyan.
void missing_panel(Picture& face, int panel);
/// One panel printed `dx_mm` beside the others.
void misregister(Picture& face, double dx_mm, std::uint64_t seed);
/// The whole print beside its place on the card.
void shift(Picture& face, double dx_mm, double dy_mm);
/// Dust under the ribbon: a white spot of this diameter, on printed ground where there is any.
void void_spot(Picture& face, double diameter_mm, std::uint64_t seed);

}  // namespace sim::paint
