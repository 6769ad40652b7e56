// SPDX-License-Identifier: Apache-2.0
#include "sim-camera/card_damage.hpp"

#include "sim-world/damage.hpp"
#include "sim-world/random.hpp"

namespace sim {

std::span<const FaultRule> card_damage_rules() {
  static const std::vector<FaultRule> table = {
      {"scratch", true, {{12, 0.5, 80}, {0.35, 0.02, 5}, {0.85, 0, 1}}},  // length, width mm, depth
      {"stain", true, {{1.5, 0.05, 30}, {0.6, 0, 1}}},                    // diameter mm, strength
      {"crack", true, {{0.3, 0.02, 3}}},                                  // width mm
      {"fibre", true, {{3, 0.2, 40}, {0.12, 0.02, 2}}},                   // length, width mm
      {"loose", true, {{1.2, 0.05, 30}, {0.6, 0, 1}}},                    // diameter mm, strength
      {"glass", true, {{3, 0.05, 30}, {0.6, 0, 1}}},                      // diameter mm, strength
      {"chip", true, {{1.5, 0.1, 15}}},                                   // depth mm
  };
  return table;
}

void damage_card(const std::vector<Fault>& faults, std::uint64_t number, Side side, std::uint64_t seed,
                 bool first_look, Desk& desk) {
  std::uint64_t nth = 0;
  for (const Fault& fault : faults) {
    const std::uint64_t own =
        mix_all({seed, number, static_cast<std::uint64_t>(side), word(fault.kind), nth++});
    if (fault.side.value_or(Side::front) != side) continue;
    const std::vector<double>& v = fault.values;
    if (fault.kind == "scratch") {
      damage::scratch(desk.card_pixels(), desk.card_area(), v[0], v[1], v[2], own);
    } else if (fault.kind == "stain" || (fault.kind == "loose" && first_look)) {
      damage::stain(desk.card_pixels(), desk.card_area(), v[0], v[1], own);
    } else if (fault.kind == "glass") {
      // Not of the card: it is where it is, whatever card lies there.
      damage::stain(desk.card_pixels(), desk.card_area(), v[0], v[1],
                    mix_all({seed, static_cast<std::uint64_t>(side), word(fault.kind)}));
    } else if (fault.kind == "crack") {
      damage::crack(desk.card_pixels(), desk.card_area(), v[0], own);
    } else if (fault.kind == "fibre") {
      damage::fibre(desk.card_pixels(), desk.card_area(), v[0], v[1], own);
    } else if (fault.kind == "chip") {
      desk.chip_edge(v[0], own);
    }
  }
}

}  // namespace sim
