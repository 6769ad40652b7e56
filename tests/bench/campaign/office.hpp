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
  std::uint64_t twice = 0;       ///< people who are ordered a second time
  std::uint64_t print_days = 0;  ///< batches, one a day
  std::uint64_t days = 0;        ///< until the last letter has come or gone
};

/// The campaign of so many orders: how long it is printed, and with how many blanks. The same for the same
/// number.
[[nodiscard]] Campaign plan(const std::filesystem::path& folder, std::uint64_t orders);

/// What the office gives out during the run, kept by the post office: every head that was printed on a list
/// (named by its day), and the log's public key (`key`).
[[nodiscard]] inline std::filesystem::path post_of(const Campaign& campaign) {
  return campaign.folder / "post";
}

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
