// SPDX-License-Identifier: Apache-2.0
#include "card-printer/panels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace card {
namespace {

/// Dye for one channel of light: none for full light.
std::array<std::uint8_t, 256> dye_table(int full) {
  std::array<std::uint8_t, 256> table{};
  for (int light = 0; light < 256; ++light)
    table[static_cast<std::size_t>(light)] = static_cast<std::uint8_t>(((255 - light) * full + 127) / 255);
  return table;
}

}  // namespace

Panels separate(const Panel& panel, const Picture& picture, int black_level) {
  const auto lines = static_cast<std::size_t>(panel.lines), dots = static_cast<std::size_t>(panel.dots);
  const auto dye = dye_table(panel.full);
  Panels panels;
  panels.yellow.resize(lines * dots);
  panels.magenta.resize(lines * dots);
  panels.cyan.resize(lines * dots);
  panels.black.resize(lines * dots);
  const int left = (panel.lines - picture.width) / 2, top = (panel.dots - picture.height) / 2;
  for (int y = 0; y < panel.dots; ++y) {
    const int row = std::clamp(y - top, 0, picture.height - 1);
    const std::uint8_t* const from =
        picture.pixels + std::size_t{picture.stride} * static_cast<std::size_t>(row);
    const auto dot = static_cast<std::size_t>(panel.clockwise ? panel.dots - 1 - y : y);
    for (int x = 0; x < panel.lines; ++x) {
      const std::uint8_t* const rgb = from + 3 * std::clamp(x - left, 0, picture.width - 1);
      const auto line = static_cast<std::size_t>(panel.clockwise ? x : panel.lines - 1 - x);
      const std::size_t at = line * dots + dot;
      if (std::max({rgb[0], rgb[1], rgb[2]}) <= black_level) {
        panels.black[at] = 1;
        panels.has_black = true;
        continue;
      }
      panels.cyan[at] = dye[rgb[0]];
      panels.magenta[at] = dye[rgb[1]];
      panels.yellow[at] = dye[rgb[2]];
    }
  }
  return panels;
}

}  // namespace card
