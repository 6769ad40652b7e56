// SPDX-License-Identifier: Apache-2.0
// What the board shows, built from the log's events as they come, from what the devices say, and from what
// the app says of the run. Nothing personal: order and card names, never a person.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "devices/devices.hpp"
#include "domain/error.hpp"
#include "ledger/lane_pause.hpp"
#include "ledger/ledger.hpp"
#include "web/sort_acts.hpp"

namespace ktp::web {

struct DeviceView {
  std::string name, kind;  ///< kind: "printer", "camera", "reader"
  std::string plugin;
  devices::DeviceStatus status;
};

/// One batch in the queue.
struct BatchView {
  std::string batch, file;  ///< number in the ledger; the file's name without its folder
  std::size_t rows = 0, accepted = 0, known = 0, refused = 0, held = 0;
  std::size_t finished = 0;  ///< orders that earlier runs of this batch finished
  std::string state;         ///< "waiting", "running", "stopped", "aside", "done", "failed"
};

/// What the operator is asked to do with the card under a camera that takes both sides.
struct TurnView {
  std::string camera, card;
  std::string up;           ///< "front", "back": the side that has to lie up
  std::string seen;         ///< "untouched", "nothing", "moving", "wrong"
  std::int64_t left_s = 0;  ///< so long is it still waited for
};

/// What the machine is about. `state`: "idle" (nothing to print), "ready", "running", "stopping" (after this
/// card), "sorting" (a box of cards printed earlier passes), "failed".
struct RunView {
  std::string state = "idle";
  std::vector<BatchView> queue;
  std::size_t orders_total = 0, orders_done = 0, cards_printed = 0;
  std::int64_t eta_s = -1;  ///< -1 not known
  double cards_per_minute = 0;
  std::vector<TurnView> turns;
  std::string error;  ///< why it failed; English, no personal data
};

/// Threads: any; `refresh` by one at a time.
class Board {
 public:
  Board(const ledger::Ledger& ledger, std::string station, bool test_mode);

  void show_run(RunView run);
  void show_devices(std::vector<DeviceView> devices);
  /// A line for the operator, from the pipeline or a device; English.
  void note(std::string_view kind, std::string text);

  /// How many cards wait for an inspector, and a number that changes with his queue.
  void show_review(std::size_t open, std::uint64_t version);

  /// Which box passes under a camera.
  void show_sort(SortView sort);

  /// Follows the log and returns the board as JSON if anything on it has changed since the last call.
  Result<std::optional<std::string>> refresh();
  /// The board as it was last returned. "" before the first refresh.
  [[nodiscard]] std::string json() const;

 private:
  struct Recent {
    std::string card, order_id, verdict, kind, field, time;
  };
  struct Note {
    std::uint64_t number;
    std::string kind, text, time;
  };
  Result<void> follow();
  void hear(std::string_view line);
  Result<void> look_around();

  const ledger::Ledger& ledger_;
  const std::string station_;
  const bool test_mode_;

  // Only `refresh` touches these.
  std::uint64_t seq_ = 0;
  bool begun_ = false;
  std::string today_;  // local date the counts are of
  std::map<std::string, std::int64_t> counts_;
  std::map<std::string, std::pair<std::string, std::string>>
      worst_;  // card -> kind and field of its worst finding
  std::deque<Recent> recent_;
  ledger::Balance balance_;
  std::vector<ledger::CardRow> open_;
  std::string discrepancy_reason_;
  bool pauses_changed_ = true;
  std::vector<ledger::LanePause> pauses_;

  mutable std::mutex mutex_;  // guards what follows
  RunView run_;
  std::vector<DeviceView> devices_;
  std::deque<Note> notes_;
  std::uint64_t note_number_ = 0, review_version_ = 0;
  std::size_t review_open_ = 0;
  SortView sort_;
  std::string json_;
};

}  // namespace ktp::web
