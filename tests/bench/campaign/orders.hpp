// SPDX-License-Identifier: Apache-2.0
// The batches of a campaign as files: invented people, and portraits that are only told apart.
#pragma once
#include <cstdint>
#include <filesystem>

#include "domain/error.hpp"

namespace ktp::campaign {

struct Batches {
  std::uint64_t orders = 0;  ///< people
  std::uint64_t days = 0;    ///< one batch a day
  std::uint64_t seed = 0;
  std::uint64_t twice = 0;  ///< people who are ordered a second time, in a later batch where there is one
};

/// The name of a day's file below `folder`.
[[nodiscard]] std::filesystem::path batch_file(const std::filesystem::path& folder, std::uint64_t day);
/// Writes every batch: `folder`/day-000.csv and so on, and foto/.
Result<void> write_batches(const std::filesystem::path& folder, const Batches& batches);

}  // namespace ktp::campaign
