// SPDX-License-Identifier: Apache-2.0
// The other half of a replayed office: sealed boxes, the courier, recall, what the post says, returned cards,
// destruction.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/campaign/desk.hpp"

namespace ktp::campaign {

/// One thread. Everything throws std::runtime_error for whatever a campaign must not meet; everything may be
/// done again after a power cut.
class MailRoom {
 public:
  explicit MailRoom(Desk& desk) : desk_(desk), custody_(desk.ledger()) {}

  /// Rejects and spoiled cards, and withdrawn ones that lie in the office. Recalled cards are at the
  /// kecamatan.
  void destroy();
  void seal();
  /// Recalls one kelurahan, wherever its cards are.
  void recall();
  void hand_over();
  /// The post's file of the day; on every fifth day twice.
  void import_results(std::uint64_t day);
  /// Cards that the post brought back: out again, to the kecamatan, or withdrawn.
  void see_to_returned();

 private:
  void countersign(const std::string& seal, const std::vector<std::uint64_t>& inside);
  void follow(std::uint64_t number, CardState state);

  Desk& desk_;
  ledger::CustodyView custody_;
};

}  // namespace ktp::campaign
