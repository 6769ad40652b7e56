// SPDX-License-Identifier: Apache-2.0
// From the picture of a card to what each panel of a YMCK ribbon prints. Pure.
#pragma once
#include <cstdint>
#include <vector>

namespace card {

/// A panel as it passes the print head: lines along the card's long side, each across its short side.
struct Panel {
  int lines = 0;  ///< of the landscape card's width, a line is one column of it
  int dots = 0;   ///< of the landscape card's height
  int full = 0;   ///< the value for full dye, 1 to 255; 0 is none
  /// Which way the landscape card is turned: true = clockwise, so that pixel (x, y) is line x,
  /// dot dots - 1 - y; false = the other way round, line lines - 1 - x, dot y.
  bool clockwise = true;
};

/// One RGB picture of the card, landscape, rows from the top left.
struct Picture {
  const std::uint8_t* pixels = nullptr;
  int width = 0;   ///< 1 to Panel::lines
  int height = 0;  ///< 1 to Panel::dots
  std::uint32_t stride = 0;
};

/// What the panels print, line by line as sent.
struct Panels {
  /// Dye, 0 none to Panel::full; lines x dots each.
  std::vector<std::uint8_t> yellow, magenta, cyan;
  /// 1 = resin; lines x dots. Where it prints, there is no dye.
  std::vector<std::uint8_t> black;
  bool has_black = false;
};

/// The picture lies in the middle of the panel, which is a little larger than the card; its outermost pixels
/// go on to the panel's edge, so that a colour reaches the card's edge (unconfirmed: which part of the panel
/// a printer cuts off). Pixels whose three channels are all at most `black_level` are printed by the black
/// panel alone: text stays sharp. -1: none are.
[[nodiscard]] Panels separate(const Panel& panel, const Picture& picture, int black_level);

}  // namespace card
