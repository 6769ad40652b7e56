// SPDX-License-Identifier: Apache-2.0
// Card after card flagged at one spot: that is dirt on the camera's glass, or the printer, not the cards.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/error.hpp"
#include "ledger/lane_pause.hpp"
#include "ledger/ledger.hpp"

namespace ktp::pipeline {

/// Follows the log for one camera: how many of its last cards in a row were not judged good and have a
/// finding at the same spot (domain/spot.hpp), and whether its lane is paused. What it says follows from the
/// log alone, so a new start counts on and a pause outlives it. Threads: one at a time.
class SpotWatch {
 public:
  /// `in_a_row`: so many cards, of at least two orders, ask for a pause; 0: none do. (What one order's cards
  /// have at one spot may be the order's own.)
  SpotWatch(const ledger::Ledger& ledger, std::string camera, std::string printer, int in_a_row);

  /// Reads what is new in the log; the first time its last kBack events.
  Result<void> follow();
  /// The lane stands until somebody resumes it: what it stands for.
  [[nodiscard]] const std::optional<ledger::LanePause>& paused() const { return paused_; }
  /// What asks for a pause; nothing while there is one.
  [[nodiscard]] std::optional<ledger::LanePause> due() const;

  static constexpr std::uint64_t kBack = 2000;  ///< some 200 cards

 private:
  struct Seen {
    std::string camera;
    std::vector<Spot> spots;
  };
  void hear(std::string_view line);
  void judged(const std::string& card, const std::string& order_id, const std::vector<Spot>& spots);
  void forget();

  const ledger::Ledger& ledger_;
  const std::string camera_, printer_;
  const std::size_t in_a_row_;
  bool begun_ = false;
  std::uint64_t seq_ = 0;
  std::map<std::string, Seen> seen_;  // cards photographed and not judged yet
  std::vector<Spot> spots_;           // where every card of the row has a finding, as the last one has it
  std::vector<std::string> row_, orders_;
  std::optional<ledger::LanePause> paused_;
};

/// What a person reads about it, English.
[[nodiscard]] std::string words_of(const ledger::LanePause& pause);

/// Somebody has seen to it: the lane of this camera goes on, and counts anew. Error input_missing: it is not
/// paused.
Result<void> resume_lane(ledger::Ledger& ledger, const std::string& camera, const std::string& by);

}  // namespace ktp::pipeline
