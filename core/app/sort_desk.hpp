// SPDX-License-Identifier: Apache-2.0
// The page's sort desk: a box of cards printed earlier passes under a camera of the running station. Each
// card's photograph is kept in memory until the next one's; what is kept on disk is what `sort` keeps.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "app/live_view.hpp"
#include "app/looks.hpp"
#include "app/machine.hpp"
#include "app/sort_run.hpp"
#include "web/sort_acts.hpp"

namespace ktp::app {

/// Threads: any; the work itself is done on the machine's thread.
class SortDesk {
 public:
  /// Cards that are shown, the newest first.
  static constexpr std::size_t kShown = 12;

  /// All of it must outlive this, and the machine must be gone, or stand, before this goes.
  SortDesk(const SortTools& tools, const OpenLanes& lanes, LiveView& live, Looks& looks,
           std::function<void(const pipeline::Notice&)> notice);

  /// For web::Desk. `machine` must outlive what uses them.
  [[nodiscard]] web::SortCommands commands(Machine& machine);
  [[nodiscard]] web::SortView view() const;
  /// The machine is about to go: no card is waited for any more.
  void leave();

 private:
  struct Photograph {
    std::string sighting, order_id, card;  // "" while it is being judged, or nobody was told
    std::string front, back;               // JPEG
  };
  Result<void> begin(Machine& machine, const web::SortBox& box, const std::string& user);
  void pass(SortRun& run, const OpenLanes::Lane& lane);
  void recorded(const std::string& box, const pipeline::Sighting& card, const std::string& camera);
  Result<std::string> overview() const;
  Result<std::string> picture(const std::string& sighting, const std::string& side, const std::string& user);

  const SortTools tools_;
  const OpenLanes& lanes_;
  LiveView& live_;
  Looks& looks_;
  const std::function<void(const pipeline::Notice&)> notice_;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<SortRun> run_;
  std::uint64_t version_ = 0, seen_ = 0, counted_ = 0;
  std::string box_, lane_, state_, error_, by_;
  bool passing_ = false;
  std::optional<bool> closed_;
  std::deque<nlohmann::ordered_json> cards_;
  Photograph coming_, last_;  // of the card that is being judged, and of the one that was judged last
};

/// A card as scripts and the page are told: docs/contracts.md section 10.
[[nodiscard]] nlohmann::ordered_json sighting_json(const std::string& box, const pipeline::Sighting& card);
/// What a person at the camera needs to know now: "ready", "moving", "photographing", "take-away", "no-card",
/// "too-early".
[[nodiscard]] std::string_view word_of(pipeline::CardWatch::State state);

}  // namespace ktp::app
