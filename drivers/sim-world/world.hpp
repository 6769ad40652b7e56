// SPDX-License-Identifier: Apache-2.0
// The world folder: the hopper and every physical card, as files that survive a crash of the process at any
// line. A card n is
// `<n>-front.png`, `<n>-back.png` and `<n>.json` in one folder; the json is written and moved last and
// decides. Not thread-safe; one World a folder, held by a lock.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim-world/card_index.hpp"
#include "sim-world/files.hpp"
#include "sim-world/hopper.hpp"
#include "sim-world/picture.hpp"
#include "sim-world/world_lock.hpp"

namespace sim {

inline constexpr const char* kInside = "inside";
inline constexpr const char* kAtCamera = "at-camera";
/// File with the numbers of the cards that somebody has laid with their back up; mostly there is none.
inline constexpr const char* kTurned = "turned";
/// The bins, named as the verdicts are.
inline constexpr const char* kBins[] = {"good", "damaged", "duplicate", "mismatch", "review"};
[[nodiscard]] bool is_bin(std::string_view name);
[[nodiscard]] inline std::string bin_folder(std::string_view bin) {
  return "bins/" + std::string(bin);
}

/// Where the parts of a card lie; "" = nowhere.
struct Parts {
  std::string json, front, back;
};
/// All cards of a world by number, from the folders' names alone.
[[nodiscard]] std::map<std::uint64_t, Parts> scan(const fs::path& world);
/// The cards that have any part in one folder.
[[nodiscard]] std::vector<std::uint64_t> cards_in(const fs::path& folder);

struct WorldOptions {
  fs::path folder;
  std::uint64_t blanks = 500;                    ///< for a new hopper.json
  int dpi = 300;                                 ///< of faces that were never printed
  std::function<bool()> wait_a_little;           ///< see WorldLock; none: do not wait
  std::function<void()> before_change;           ///< see Files
  std::function<void(const std::string&)> warn;  ///< things the operator should hear of
};

class World {
 public:
  struct Card {
    std::uint64_t number = 0;
    CardText text;
    std::string place;  ///< "inside", "at-camera", "bins/good"
  };

  /// Locks the folder, makes what is missing, takes away torn files, completes an interrupted feed or move.
  explicit World(WorldOptions options);

  /// Blanks left in the hopper, read anew.
  [[nodiscard]] std::uint64_t left() { return hopper_.left(); }
  /// Blanks that ever left it = number of the last card.
  [[nodiscard]] std::uint64_t taken() const { return cards_.empty() ? 0 : cards_.rbegin()->first; }

  /// One blank leaves the hopper for this job. Trouble: empty; bad_input for a token that was used before.
  Blank feed(const std::string& token);
  /// What the card inside shows from now on. Once a side.
  void put_face(std::uint64_t number, Side side, const View& picture);
  /// The card's fate is decided; a side never printed is white. `state` printed or spoiled.
  void finish(std::uint64_t number, State state);
  /// Moves a finished card; already there: nothing. Trouble(bad_input) for a card not finished.
  void move(std::uint64_t number, const std::string& place);

  /// The card of a job; none: no blank was ever fed for it.
  [[nodiscard]] std::optional<Card> find(const std::string& token);
  [[nodiscard]] std::optional<Card> find(std::uint64_t number);
  /// A side's file, wherever the card lies.
  [[nodiscard]] fs::path face_file(const Card& card, Side side) const;
  /// Numbers of the cards of which anything lies at the camera.
  [[nodiscard]] std::vector<std::uint64_t> at_camera() const { return cards_in(options_.folder / kAtCamera); }
  [[nodiscard]] const fs::path& folder() const { return options_.folder; }
  [[nodiscard]] const Files& files() const { return files_; }

 private:
  struct Known {
    CardText text;
    std::string place;
  };
  void recover();
  void complete_move(std::uint64_t number, const Parts& parts);
  void finish_fed(const Blank& blank, const Parts& parts);
  void settle();
  [[nodiscard]] fs::path in(const std::string& place, std::uint64_t number, std::string_view ending) const;
  void write_white(std::uint64_t number, Side side);
  void warn(const std::string& text) const;

  WorldOptions options_;
  Files files_;
  std::optional<WorldLock> lock_;
  Hopper hopper_;
  CardIndex index_;
  std::map<std::uint64_t, Known> cards_;
  std::unordered_map<std::string, std::uint64_t> by_token_;
  bool unsettled_ = false;  // a change failed half-way: look at the disk again before the next one
};

}  // namespace sim
