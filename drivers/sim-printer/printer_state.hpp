// SPDX-License-Identifier: Apache-2.0
// WORLD/.printer.json: what the simulated machine remembers besides its cards. Survives a crash like
// everything in the world.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "sim-world/files.hpp"

namespace sim {

struct PrinterState {
  std::uint64_t commands = 0;  ///< print commands of this world's life: faults fire once, also over restarts
  std::uint64_t ribbon = 0;    ///< prints left
  std::string attention;       ///< IPP keyword of what an operator has to clear, "" = nothing
  std::uint64_t stuck_card = 0;          ///< for media-jam: which card
  std::uint64_t unplugged_until_ns = 0;  ///< CLOCK_MONOTONIC; 0 = plugged in
};

/// The state on disk, or a new one with a full ribbon.
[[nodiscard]] PrinterState load_state(const std::filesystem::path& world, std::uint64_t full_ribbon);
void save_state(const Files& files, const std::filesystem::path& world, const PrinterState& state);

}  // namespace sim
