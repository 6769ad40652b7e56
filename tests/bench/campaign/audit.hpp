// SPDX-License-Identifier: Apache-2.0
// After a replayed campaign: the world against the ledger, card by card and blank by blank.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/campaign/office.hpp"
#include "bench/campaign/post_office.hpp"
#include "bench/campaign/truth.hpp"
#include "ledger/custody.hpp"

namespace ktp::campaign {

struct Audit {
  std::uint64_t unexplained = 0;   ///< cards, blanks, orders and heads that world and ledger tell apart
  std::vector<std::string> words;  ///< the first of them
  std::int64_t discrepancy = 0;    ///< the ledger's term
  std::int64_t unknown = 0;        ///< the ledger's term
  std::uint64_t two_live = 0;      ///< people who hold more than one card
  Complaints complaints;           ///< what the post office found in its bags

  std::uint64_t cards = 0, not_started = 0;  ///< of the ledger: with a body, and without
  std::uint64_t settled = 0;                 ///< unknown at first, settled by evidence
  std::uint64_t recalled = 0, under_way = 0;
  std::uint64_t refused_rows = 0, held_orders = 0;
  std::uint64_t events = 0, heads = 0;  ///< `heads`: kept by the post office, the log held to each
  std::uint64_t database_bytes = 0;
  double balance_ms = 0, balance_at_s = 0, verify_s = 0;
  ledger::CampaignFigures figures;

  [[nodiscard]] bool clean() const {
    return unexplained == 0 && discrepancy == 0 && unknown == 0 && two_live == 0 && complaints.damaged == 0 &&
           complaints.twice == 0;
  }
};

/// Reads only. Throws std::runtime_error if the ledger cannot be read at all.
[[nodiscard]] Audit audit(const Campaign& campaign, const Truth& truth);

}  // namespace ktp::campaign
