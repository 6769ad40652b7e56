// SPDX-License-Identifier: Apache-2.0
// The bytes of Evolis escape commands (docs/printer-protocols.md sections 2.2 and 2.5). Pure: bytes out,
// nothing sent.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "card-printer/panels.hpp"

namespace evolis {

using Bytes = std::vector<std::uint8_t>;

/// The printer's own picture: 300 dpi, always the full panel, sent as 1016 lines of 648 dots, 128 levels.
inline constexpr int kLines = 1016;
inline constexpr int kDots = 648;
inline constexpr card::Panel kPanel{kLines, kDots, 127, true};
inline constexpr int kLineBytes = 81;  ///< of a two-level panel: 648 dots, 8 a byte

/// ESC, the words, CR. `words` as in "Pem;2": command letters, then parameters each preceded by ';'.
[[nodiscard]] Bytes command(std::string_view words);

/// Compressed download of a dye panel ('y', 'm', 'c') in 128 levels. `dots`: kLines x kDots, 0 to 127.
/// Runs end at the end of a line; a line without dye is one record.
[[nodiscard]] Bytes dye_panel(char panel, std::span<const std::uint8_t> dots);

/// Compressed download of a two-level panel ('k', 'o'). `dots`: kLines x kDots, 1 = print.
[[nodiscard]] Bytes resin_panel(char panel, std::span<const std::uint8_t> dots);

/// The overlay over the whole card.
[[nodiscard]] Bytes full_overlay();

}  // namespace evolis
