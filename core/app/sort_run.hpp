// SPDX-License-Identifier: Apache-2.0
// One box of cards printed earlier, from its first card to its count: what the command `sort` and the page's
// sort desk share.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/config.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/box_desk.hpp"
#include "pipeline/card_watch.hpp"

namespace ktp::app {

/// What does not change from box to box. The references must outlive the run.
struct SortTools {
  const Config& config;
  ledger::Ledger& ledger;
  const ledger::PersonalKey& key;
  std::shared_ptr<const artwork::Template> art;
  std::function<std::shared_ptr<const inspection::Profile>()> profile;  ///< asked when a box begins
  std::filesystem::path data;
};

/// What somebody asked for; the words of docs/contracts.md section 10.
struct SortAsked {
  std::string box;          ///< "" = the one that is open, or a new one
  std::string again;        ///< the box whose cards pass once more; "" = none
  std::string lane;         ///< "" = the first printer's camera
  std::string trigger;      ///< "card", "file"; "" = file for folder-camera
  std::uint64_t cards = 0;  ///< as people counted them; 0 = not counted
  std::uint64_t first = 1;  ///< number of the photograph of the first card of a new box
  bool back = true;         ///< both sides are looked at
  double idle_s = 0;        ///< ends when no card came for so long, seconds; 0 = never
};

/// Who is told what happens; each is called on the thread of `pass`.
struct SortHooks {
  std::function<void(pipeline::CardWatch::State)> state = [](auto) {};
  /// A card's photographs are there; it is being judged.
  std::function<void(const pipeline::CardPictures&)> photographed = [](const auto&) {};
  /// The card is in the ledger.
  std::function<void(const pipeline::Sighting&)> recorded = [](const auto&) {};
  std::function<void(const pipeline::Notice&)> notice = [](const auto&) {};
};

struct SortEnd {
  std::uint64_t seen = 0;
  std::optional<bool> closed;  ///< the box was compared with its count: as many, or not
};

/// One owner; `pass` on one thread, `stop_moved` from any.
class SortRun {
 public:
  /// Opens the box, or goes on with it. Errors: configuration (no such printer), those of BoxDesk::open.
  static Result<std::unique_ptr<SortRun>> open(const SortTools& tools, const SortAsked& asked,
                                               SortHooks hooks, pipeline::StopSwitch& stop);

  /// Card after card until the count is reached, nobody lays one down any more, or it is stopped; then the
  /// box is closed where it was counted and not stopped. `reader` may be null. Errors: the camera, the
  /// ledger.
  Result<SortEnd> pass(devices::Camera& camera, devices::ChipReader* reader);
  /// The stop switch was moved: a camera that waits for a card lets go of it; one that photographs only when
  /// it is to stop at once. [any thread]
  void stop_moved();

  [[nodiscard]] const std::string& box() const { return desk_->plan().box; }
  [[nodiscard]] std::uint64_t seen() const { return desk_->seen(); }

 private:
  SortRun(const SortTools& tools, SortAsked asked, const LaneEntry& lane, SortHooks hooks,
          pipeline::StopSwitch& stop);
  void waits(bool waiting);

  const SortAsked asked_;
  const SortHooks hooks_;
  const bool numbered_;
  pipeline::StopSwitch& stop_;
  pipeline::StageClock clock_;
  pipeline::Station station_;
  pipeline::RecordBook book_;
  std::optional<pipeline::BoxDesk> desk_;
  std::mutex mutex_;  // guards what follows
  devices::Camera* camera_ = nullptr;
  bool waiting_ = false;
};

/// The lane that is called so. Error configuration.
Result<const LaneEntry*> lane_called(const Config& config, const std::string& name);

/// A NIK as it was read, of which only the last four characters are shown.
[[nodiscard]] std::string masked_reading(std::string nik);

}  // namespace ktp::app
