// SPDX-License-Identifier: Apache-2.0
// From the picture of a card to what each panel of the ribbon prints. Pure.
#pragma once
#include <cstdint>
#include <vector>

namespace evolis {

/// The printer's own picture (docs/printer-protocols.md section 2.5): 300 dpi, always the full panel, sent as
/// 1016 lines of 648 dots, a line being one column of the landscape card.
inline constexpr int kLines = 1016;
inline constexpr int kDots = 648;

/// One RGB picture of the card, landscape, rows from the top left.
struct Picture {
  const std::uint8_t* pixels = nullptr;
  int width = 0;   ///< 1 to kLines
  int height = 0;  ///< 1 to kDots
  std::uint32_t stride = 0;
};

/// What the panels print, line by line as sent: landscape pixel (x, y) is line x, dot kDots - 1 - y.
struct Panels {
  /// Dye, 0 none to 127 full; kLines x kDots each.
  std::vector<std::uint8_t> yellow, magenta, cyan;
  /// 1 = resin; kLines x kDots. Where it prints, there is no dye.
  std::vector<std::uint8_t> black;
  bool has_black = false;
};

/// The picture lies in the middle of the panel, which is a little larger than the card; its outermost pixels
/// go on to the panel's edge, so that a colour reaches the card's edge (unconfirmed: which part of the panel
/// a printer cuts off). Pixels whose three channels are all at most `black_level` are printed by the black
/// panel alone: text stays sharp. -1: none are.
[[nodiscard]] Panels separate(const Picture& picture, int black_level);

}  // namespace evolis
