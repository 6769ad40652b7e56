// SPDX-License-Identifier: Apache-2.0
// A printer made of PAPPL and what lies in its world.
#pragma once
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "drivers/plugin_host.hpp"
#include "models/ipp/peer_process.hpp"

namespace drivers_test {

class Room {
 public:
  explicit Room(std::vector<std::string> options = {});

  /// Those of a driver that is in no hurry to give up, but not as patient as with a real machine.
  [[nodiscard]] SettingsMap settings(SettingsMap more = {}) const;
  [[nodiscard]] sim::Picture face(std::uint64_t card, sim::Side side,
                                  const std::string& place = "at-camera") const;
  [[nodiscard]] fs::path world() const { return folder_ / "world"; }
  [[nodiscard]] fs::path folder() const { return folder_.path(); }

  struct Body {
    std::string token, state, place;
  };
  [[nodiscard]] std::vector<Body> bodies() const;
  /// Those that were fed for this job, doubles apart.
  [[nodiscard]] std::vector<Body> bodies_of(const std::string& token) const;
  /// Everything is mended and taken away, and the printer has nothing to do; false after 10 s.
  bool tidy_up();

 private:
  TempFolder folder_;

 public:
  model::PapplPeer peer;
};

/// What the station learns of one card: of the print, and of its settlement where the print could not tell.
struct Fate {
  stn_result print{};
  std::uint32_t outcome = STN_CARD_UNKNOWN;
  bool by_lookup = false;
  double seconds = 0;             ///< of the print
  std::set<std::string> reasons;  ///< posted with severity error, from the print to the settlement
};
[[nodiscard]] const char* name_of(std::uint32_t outcome);

/// As the station does it: print; where that leaves doubt wait until the printer is ready, the operator
/// clearing what stands in its way, then look the card up. `reopen`: a new worker; `printed`: called between
/// the two.
[[nodiscard]] Fate print_and_settle(Room& room, Device& device, const std::string& token,
                                    const sim::Picture& front, const sim::Picture* back,
                                    const std::function<Device*()>& reopen,
                                    const std::function<void()>& printed = {});

}  // namespace drivers_test
