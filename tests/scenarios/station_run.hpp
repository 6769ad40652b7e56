// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "temp_folder.hpp"

namespace ktp::test {

struct Ended {
  int exit_code = -1;  ///< 128 + signal if a signal ended it
  bool timed_out = false;
  std::string out, err;
};

/// A program under test: its own process group, output to files, always reaped.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::filesystem::path& scratch);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void signal(int number) const;               ///< to the process alone
  void signal_group(int number) const;         ///< to its whole group
  Ended wait(std::chrono::milliseconds most);  ///< under a sanitizer several times as long
  [[nodiscard]] std::string err_so_far() const;
  [[nodiscard]] std::string out_so_far() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::filesystem::path out_, err_;
};

/// One station in a folder of its own: configuration, batch, data folder and world, and what can be asked of
/// them.
class StationRun {
 public:
  /// `printer` and `camera`: lines of YAML below `settings:`.
  explicit StationRun(const std::string& printer = "", const std::string& camera = "",
                      const std::string& top = "stock: from-hopper\n");
  /// One printer and its camera; `printer`, `camera`, `reader` are lines of YAML below `settings:`. Without
  /// lines for `reader` there is none.
  struct Lane {
    std::string printer, camera = "seed: 1", plugin = "sim-printer", camera_plugin = "sim-camera",
                         reader = "";
    std::string more = "";          ///< further lines of the lane
    std::string printer_more = "";  ///< of its printer
  };
  /// `limits`: lines of YAML below `limits:`.
  explicit StationRun(const std::vector<Lane>& lanes, const std::string& limits = kManyRestarts,
                      const std::string& top = "stock: from-hopper\n");
  static constexpr const char* kManyRestarts = "operator-wait-s: 30\nworker-restarts: 1000";
  /// For random kills: chance may strike one order more often than the usual four cards before it is held.
  static constexpr const char* kStorm =
      "operator-wait-s: 120\nworker-restarts: 100000\ncards-per-order: 20\nnot-started-per-order: 100";
  /// Writes station.yaml anew.
  void configure(const std::vector<Lane>& lanes, const std::string& limits, const std::string& top);

  std::filesystem::path make_batch(int rows, std::uint64_t seed, int duplicates = 0, bool bad_rows = false);
  [[nodiscard]] std::vector<std::string> produce_command(const std::filesystem::path& batch) const;
  Ended produce(const std::filesystem::path& batch, std::chrono::seconds most = std::chrono::seconds(600));
  Ended produce_with(const std::filesystem::path& batch, const std::vector<std::string>& options);
  Ended command(const std::vector<std::string>& words);
  std::unique_ptr<Process> start(const std::filesystem::path& batch);

  /// One JSON object a line of `cards`, `orders`; the object of `balance`.
  std::vector<nlohmann::json> rows(const std::string& what);
  nlohmann::json balance();
  std::vector<nlohmann::json> events();

  /// The worker that serves a device of a running station ("sim-printer", "sim-camera"); none if it is not
  /// up.
  [[nodiscard]] std::optional<pid_t> worker(pid_t station, std::size_t lane, const std::string& plugin) const;

  /// Cards of the world folders by token.
  struct WorldCard {
    std::uint64_t n = 0;
    std::string uid, token, state, place;  ///< place: "inside", "at-camera", or the bin
    std::size_t lane = 0;                  ///< whose world, from 0
  };
  std::map<std::string, WorldCard> world_cards();  ///< of a world at rest: a card on its way is seen twice
  std::size_t bodies_now();                        ///< how many there are, also while the station runs
  std::int64_t hopper_left();                      ///< over all printers

  /// Everything that must hold of a finished run: worlds and ledger agree card by card, numbers without gaps,
  /// blanks constant over all printers, one live card a person, the ledger verifies. Empty, or the first
  /// difference in words.
  std::string difference(std::int64_t blanks);

  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data"; }
  [[nodiscard]] std::filesystem::path world(std::size_t lane = 0) const {
    return folder_ / (lane == 0 ? "world" : "world-" + std::to_string(lane + 1));
  }
  [[nodiscard]] std::filesystem::path config() const { return folder_ / "station.yaml"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  // Where bodies lie, and what each place is called.
  std::vector<std::pair<std::filesystem::path, std::string>> places(std::size_t lane);

  TempFolder folder_;
  std::size_t lanes_ = 1;
};

/// Worker processes of a running station. LeakSanitizer's helper, which the station would wait for for ever
/// if it were killed, is none.
[[nodiscard]] std::vector<pid_t> workers_of(pid_t station);

/// Path of the program under test, and of the plugin worker.
[[nodiscard]] std::string station_program();

}  // namespace ktp::test
