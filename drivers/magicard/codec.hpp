// SPDX-License-Identifier: Apache-2.0
// The bytes of the Magicard text protocol (docs/printer-protocols.md sections 3.2 to 3.4). Pure: bytes out,
// nothing sent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "card-printer/panels.hpp"

namespace magicard {

using Bytes = std::vector<std::uint8_t>;

/// A plane: 1016 rows along the card's long side, 672 dots each, of which 15 at either end are margin.
inline constexpr int kRows = 1016;
inline constexpr int kDots = 672;
inline constexpr int kMargin = 15;
inline constexpr std::size_t kStripe = kDots / 8;                           ///< bytes: one bit of every dot
inline constexpr std::size_t kDyeBytes = std::size_t{6} * kStripe * kRows;  ///< 512 064
inline constexpr std::size_t kResinBytes = kStripe * kRows;                 ///< 85 344
inline constexpr card::Panel kPanel{kRows, kDots - 2 * kMargin, 63, true};  ///< turned as the setting says

/// Nine times 0x05, 0x01, the words, 0x1C 0x03. `words` as in "EJT,".
[[nodiscard]] Bytes command(std::string_view words);
/// Asks for one value: `key` as in "TCQ".
[[nodiscard]] Bytes request(std::string_view key);

/// What one page of a card's job says beside its picture.
struct Page {
  int number = 1;           ///< 1 or 2
  bool duplex = false;      ///< a second page belongs to it
  bool back_black = false;  ///< page 1 of two: the second has a resin plane
  std::uint32_t time = 0;   ///< any number; the printer's TDT
};

/// The whole stream of one page. `panels` as card::separate gives them for kPanel. An overcoat over the whole
/// card; the printer neither copies nor rejects by itself.
[[nodiscard]] Bytes page(const Page& about, const card::Panels& panels);

/// 642 dots a row in 0..63, 1016 rows -> rows of six stripes, bit 0 first, leftmost dot the highest bit.
[[nodiscard]] Bytes dye_plane(const std::vector<std::uint8_t>& dots);
/// 642 dots a row, 1 = print -> one bit a dot.
[[nodiscard]] Bytes resin_plane(const std::vector<std::uint8_t>& dots);

}  // namespace magicard
