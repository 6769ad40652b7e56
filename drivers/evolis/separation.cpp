// SPDX-License-Identifier: Apache-2.0
#include "evolis/separation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace evolis {
namespace {

constexpr int kFull = 127;  // 128 levels

/// Dye for one channel of light: none for full light.
constexpr std::array<std::uint8_t, 256> dye_table() {
  std::array<std::uint8_t, 256> table{};
  for (int light = 0; light < 256; ++light)
    table[static_cast<std::size_t>(light)] = static_cast<std::uint8_t>(((255 - light) * kFull + 127) / 255);
  return table;
}
constexpr auto kDye = dye_table();

}  // namespace

Panels separate(const Picture& picture, int black_level) {
  constexpr std::size_t kAll = std::size_t{kLines} * kDots;
  Panels panels;
  panels.yellow.resize(kAll);
  panels.magenta.resize(kAll);
  panels.cyan.resize(kAll);
  panels.black.resize(kAll);
  const int left = (kLines - picture.width) / 2, top = (kDots - picture.height) / 2;
  for (int y = 0; y < kDots; ++y) {
    const int row = std::clamp(y - top, 0, picture.height - 1);
    const std::uint8_t* const from =
        picture.pixels + std::size_t{picture.stride} * static_cast<std::size_t>(row);
    for (int x = 0; x < kLines; ++x) {
      const std::uint8_t* const rgb = from + 3 * std::clamp(x - left, 0, picture.width - 1);
      const std::size_t at = static_cast<std::size_t>(x) * kDots + static_cast<std::size_t>(kDots - 1 - y);
      if (std::max({rgb[0], rgb[1], rgb[2]}) <= black_level) {
        panels.black[at] = 1;
        panels.has_black = true;
        continue;
      }
      panels.cyan[at] = kDye[rgb[0]];
      panels.magenta[at] = kDye[rgb[1]];
      panels.yellow[at] = kDye[rgb[2]];
    }
  }
  return panels;
}

}  // namespace evolis
