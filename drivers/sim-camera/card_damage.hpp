// SPDX-License-Identifier: Apache-2.0
// The words of the camera's damage script: what has happened to a finished card before it came under the
// camera.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim-camera/desk.hpp"
#include "sim-world/script.hpp"

namespace sim {

[[nodiscard]] std::span<const FaultRule> card_damage_rules();

/// Damages the side that lies on the desk; entries for the other side do nothing. `seed` is the camera's.
/// `first_look`: nothing has photographed this side before; what lies loose is gone afterwards.
void damage_card(const std::vector<Fault>& faults, std::uint64_t number, Side side, std::uint64_t seed,
                 bool first_look, Desk& desk);

}  // namespace sim
