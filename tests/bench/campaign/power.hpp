// SPDX-License-Identifier: Apache-2.0
// Runs the office of a replayed campaign and pulls its plug.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/campaign/office.hpp"
#include "bench/campaign/truth.hpp"

namespace ktp::campaign {

struct Storm {
  std::uint64_t kills = 0;
  std::uint64_t seed = 0;
  std::chrono::seconds deadline{0};  ///< for the whole campaign
};

struct Survived {
  std::uint64_t power_cuts = 0;    ///< office and its workers killed
  std::uint64_t workers_lost = 0;  ///< the printer's worker alone killed
  std::uint64_t in_recovery = 0;   ///< of the power cuts, those within half a second of a start
  double seconds = 0;              ///< wall time until the campaign was over
  std::uint64_t peak_kib = 0;      ///< the office's largest resident set, of all its lives
  std::string fault;               ///< "" or why the campaign did not come to its end

  [[nodiscard]] std::uint64_t kills() const { return power_cuts + workers_lost; }
};

/// Steps of work that a campaign of so many orders has at least; what power cuts are spread over.
[[nodiscard]] std::uint64_t steps_of(std::uint64_t orders);

/// Forks the office, kills it (SIGKILL) at random moments of its progress and starts it again until the
/// campaign is over: four in five times the office with all its workers, once the printer's worker alone.
/// Single-threaded callers only. `progress` is called about once a second.
Survived survive(const Campaign& campaign, Truth& truth, const Storm& storm,
                 const std::function<void(const Survived&)>& progress);

}  // namespace ktp::campaign
