// SPDX-License-Identifier: Apache-2.0
// What the log says of lanes that stand because card after card was flagged at one spot.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/spot.hpp"
#include "ledger/event.hpp"
#include "ledger/ledger.hpp"

namespace ktp::ledger {

inline constexpr const char* kLanePaused = "lane-paused";
inline constexpr const char* kLaneResumed = "lane-resumed";

/// A lane hands out no card until somebody has cleaned the glass and said so.
struct LanePause {
  std::string camera{}, printer{};
  Spot spot{};                       ///< on the last of the cards
  std::vector<std::string> cards{};  ///< those that were flagged there, the oldest first
  int width = 0;       ///< of the expected picture, pixels: what the spot is measured in; 0: not known
  std::string time{};  ///< RFC 3339 UTC; "" before it is in the log
};

/// Where the findings of an `inspected` event lie, in its order. Members that are none are left out or zero.
[[nodiscard]] std::vector<Spot> spots_of(const nlohmann::json& inspected);

/// A `lane-paused` event, and how it is read. Members that are none are left empty.
[[nodiscard]] LanePause pause_from(const nlohmann::json& event);
[[nodiscard]] Event paused_event(const LanePause& pause);
[[nodiscard]] Event resumed_event(const LanePause& pause, const std::string& by);

/// Pauses that nobody has ended, one a camera at most, in the order in which they began. Reads these events
/// alone, by a scan of the log's types: not for every card.
[[nodiscard]] Result<std::vector<LanePause>> open_pauses(const Ledger& ledger);

}  // namespace ktp::ledger
