// SPDX-License-Identifier: Apache-2.0
// The words of the printer's fault script, and what they do to the faces of one print.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim-world/paint.hpp"
#include "sim-world/picture.hpp"
#include "sim-world/script.hpp"

namespace sim {

/// Every kind the printer's script may name.
[[nodiscard]] std::span<const FaultRule> print_fault_rules();

/// "x,y,w,h" in mm; Trouble(bad_input) naming the setting.
[[nodiscard]] paint::Zone parse_zone(std::string_view setting, std::string_view text);

struct Zones {
  paint::Zone portrait;
  paint::Zone nik_line;  ///< 16 equal digit cells
};

/// The entry of this kind, null if there is none.
[[nodiscard]] const Fault* find_fault(const std::vector<Fault>& faults, std::string_view kind);
/// True when some entry changes this side's picture.
[[nodiscard]] bool changes(const std::vector<Fault>& faults, Side side);
/// True when some entry needs the front of the card printed before.
[[nodiscard]] bool needs_previous(const std::vector<Fault>& faults);

/// Changes one side's picture as the entries say, in their order. `seed` is that of this card. Answers the
/// kinds that could not be done (no previous card, all digits alike).
std::vector<std::string_view> apply(const std::vector<Fault>& faults, Side side, const Zones& zones,
                                    const Picture* previous, std::uint64_t seed, Picture& face);

}  // namespace sim
