// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "artwork/artwork.hpp"
#include "artwork/regions.hpp"
#include "devices/devices.hpp"
#include "inspection/face_features.hpp"
#include "inspection/inspection.hpp"
#include "ledger/ledger.hpp"
#include "ledger/personal.hpp"
#include "pipeline/drift_watch.hpp"
#include "pipeline/portrait_queue.hpp"
#include "pipeline/recent_good.hpp"

namespace ktp::pipeline {

/// What the operator may set; read from station.yaml by the app.
struct Settings {
  bool test_mode = false;             ///< simulated printer: NIK prefix 321699 is accepted
  bool stock_from_hopper = false;     ///< receive blanks found in the hopper that stock does not have
  int max_cards_per_order = 4;        ///< bodies spent on one order before it is held for a person to decide
  int max_not_started_per_order = 8;  ///< print commands that fed nothing, before the order is held
  std::chrono::milliseconds operator_wait{600'000};  ///< how long a stopped device may wait for the operator
  int grab_attempts = 3;
  int same_spot_cards = 3;  ///< cards in a row flagged at one spot that pause their lane; 0: none do
};

/// Something worth a line on the screen; never personal.
struct Notice {
  enum class Kind { info, warning, attention } kind = Kind::info;
  std::string text;
};

/// What the operator is asked to do with the card under a camera that takes both sides, and how far he is.
struct Turn {
  /// `untouched`: it lies as it was photographed. `wrong`: it was laid down with the wrong side up.
  enum class Seen { untouched, nothing, moving, wrong } seen = Seen::untouched;
  std::string card{};
  Side up = Side::back;                           ///< the side that has to lie up
  std::chrono::steady_clock::time_point until{};  ///< then it is no longer waited for
};
[[nodiscard]] std::string_view to_string(Turn::Seen seen);

/// One printer with its camera, within a production.
struct LaneProgress {
  std::string printer;         ///< its name
  std::string step;            ///< what it does now
  std::string waits;           ///< "" or the words of what it waits for: a person, a plug
  std::optional<Turn> turn{};  ///< nothing: nobody has to turn a card over
  bool out = false;            ///< it left the run; `waits` says why
  std::size_t cards_printed = 0;
  std::int64_t ribbon_left = -2;  ///< CUPS convention: -2 unknown
  std::int64_t hopper_left = -2;
};

/// How far a production is; a copy is handed out after every change.
struct Progress {
  std::size_t orders_total = 0;  ///< orders of this batch that were to be printed when the run began
  std::size_t orders_done = 0;   ///< of them: good card sorted, or held
  std::size_t cards_printed = 0;
  std::size_t good = 0, damaged = 0, mismatch = 0, duplicate = 0, review = 0, spoiled = 0;
  double cards_per_second = 0;
  std::chrono::seconds eta{0};
  std::int64_t ribbon_left = -2;  ///< of the printer that has least; -2 unknown (CUPS convention)
  std::int64_t hopper_left = -2;  ///< of all printers that can tell
  std::string step;               ///< what happened last
  std::vector<LaneProgress> lanes;
};

/// Wall time spent in each part of the way, summed over all cards; parts run side by side, so the sum exceeds
/// the run's time. Threads: any.
class StageClock {
 public:
  enum Stage : std::size_t { draw, reference, print, move, photograph, inspect, wait_for_verdict, kStages };
  static constexpr std::array<const char*, kStages> kNames{
      "draw", "reference", "print", "move", "photograph", "inspect", "wait-for-verdict"};

  /// Adds the time until the returned object goes.
  [[nodiscard]] auto time(Stage stage) {
    struct Timer {
      std::atomic<std::int64_t>& sum;
      std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
      explicit Timer(std::atomic<std::int64_t>& total) : sum(total) {}
      Timer(const Timer&) = delete;
      Timer& operator=(const Timer&) = delete;
      ~Timer() { sum += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count(); }
    };
    return Timer(sums_[stage]);
  }
  [[nodiscard]] double seconds(Stage stage) const { return static_cast<double>(sums_[stage].load()) * 1e-9; }

 private:
  std::array<std::atomic<std::int64_t>, kStages> sums_{};
};

/// Two levels of stopping: after the card in the machine, or as soon as its place is known.
struct StopSwitch {
  std::atomic<int> level{0};
  [[nodiscard]] bool after_card() const { return level.load() >= 1; }
  [[nodiscard]] bool now() const { return level.load() >= 2; }
};

/// A printer, the camera that photographs its cards and, where there is one, the reader of the chip of the
/// card that lies there. The printer's name is what the ledger knows its hopper by.
struct LaneDevices {
  devices::Printer& printer;
  devices::Camera& camera;
  devices::ChipReader* reader = nullptr;
  bool turn_over = false;  ///< one camera takes both sides: its front view; the operator turns the card over
};

/// What a run works with. Owned by the app; the pipeline borrows it for one run.
struct Station {
  ledger::Ledger& ledger;
  const ledger::PersonalKey& key;
  std::vector<LaneDevices> lanes;  ///< at least one, none only in sort mode; names of printers are unique
  std::shared_ptr<const artwork::Template> art;
  std::shared_ptr<const inspection::Profile> profile;
  Settings settings;
  std::filesystem::path evidence;  ///< PictureSafe's folder of cards that were not judged good
  StopSwitch& stop;
  StageClock& clock;
  std::function<void(const Notice&)> notice = [](const Notice&) {};        ///< any thread
  std::function<void(const Progress&)> progress = [](const Progress&) {};  ///< any thread, one at a time

  /// Of the orders prepared last, shared by those who prepare and those who look.
  std::shared_ptr<PortraitQueue> portraits = std::make_shared<PortraitQueue>();
  /// Held from reading the stock to booking what is taken from it: several hoppers are loaded from one stock.
  std::shared_ptr<std::mutex> stock = std::make_shared<std::mutex>();

  /// What good cards say of lamp, glass and printer, by camera; one that is not here is not watched.
  std::map<std::string, std::shared_ptr<DriftWatch>> drift{};

  /// Face features, where the operator supplied the models; null: off.
  std::shared_ptr<inspection::FaceFeatures> faces = nullptr;

  /// PictureSafe's folder of portraits and signatures that batches brought over the page (order_store.hpp);
  /// "" = none.
  std::filesystem::path portraits_kept{};

  /// Somebody can resume a paused lane while the run goes on (resume_lane, from the page). Else such a lane
  /// leaves the run.
  bool attended = false;

  /// How the last good cards looked; null: not kept.
  std::shared_ptr<RecentGood> recent_good = nullptr;

  void tell(Notice::Kind kind, std::string text) const { notice({kind, std::move(text)}); }
};

}  // namespace ktp::pipeline
