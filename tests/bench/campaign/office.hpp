// SPDX-License-Identifier: Apache-2.0
// The office of a replayed campaign: one process that works through the days, and may be killed at any
// moment. It keeps nothing of its own; when it starts again it reads the ledger and looks at the world.
#pragma once
#include <cstdint>
#include <filesystem>

namespace ktp::campaign {

struct Campaign {
  std::filesystem::path folder;  ///< data/, batches/, truth
  std::uint64_t orders = 0, blanks = 0;
  std::uint64_t print_days = 0;  ///< batches, one a day
  std::uint64_t days = 0;        ///< until the last letter has come or gone
};

[[nodiscard]] inline std::filesystem::path data_of(const Campaign& campaign) {
  return campaign.folder / "data";
}
[[nodiscard]] inline std::filesystem::path truth_of(const Campaign& campaign) {
  return campaign.folder / "world" / "truth";
}

/// Works until the campaign is over. The exit code: 0 over, anything else is a fault of the station (words on
/// stderr).
int work(const Campaign& campaign);

}  // namespace ktp::campaign
