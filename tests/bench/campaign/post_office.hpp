// SPDX-License-Identifier: Apache-2.0
// The post office of a replayed campaign: what becomes of each item, and the result files it sends.
// Everything follows from the mapped world, so a file that is asked for twice says the same twice.
#pragma once
#include <cstdint>
#include <vector>

#include "bench/campaign/truth.hpp"
#include "handover/post.hpp"

namespace ktp::campaign {

/// The date of a day of the campaign, DD-MM-YYYY; day 0 is 20-03-2020.
[[nodiscard]] std::string date_of(std::uint64_t day);

/// Letters reach their people or come back, as far as they should have by the end of this day.
void deliver(Truth& truth, std::uint64_t day);

struct ResultFile {
  std::vector<handover::PostRow> rows;  ///< in no order
  std::size_t contradictions = 0;       ///< rows that say what cannot be, and must be refused
  std::size_t repeated = 0;             ///< rows that were in an earlier file
};
/// The day's file; empty on days when it comes late, with the next one.
[[nodiscard]] ResultFile results(const Truth& truth, std::uint64_t day);

/// What the post office says in the end of a card that lies with its holder.
[[nodiscard]] handover::PostRow last_word(const Truth& truth, std::uint64_t number);

/// What the post finds when it opens its bags, over the whole campaign.
struct Complaints {
  std::uint64_t damaged = 0, twice = 0, cards = 0;
};
[[nodiscard]] Complaints complaints(const Truth& truth);

}  // namespace ktp::campaign
