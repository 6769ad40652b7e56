// SPDX-License-Identifier: Apache-2.0
// A card printer that prints into the world folder. It behaves like a good machine (counter, eject sensor,
// bins, job log), and like a bad one where its fault script says so.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim-printer/print_faults.hpp"
#include "sim-printer/printer_state.hpp"
#include "sim-world/trouble.hpp"
#include "sim-world/world.hpp"
#include "station/plugin.hpp"

namespace sim {

class SimPrinter final : public station::Printer {
 public:
  static constexpr const char* kId = "sim-printer";
  static constexpr const char* kName = "Simulated card printer";
  static constexpr stn_option kOptions[] = {
      station::path("world", "Folder of the simulated world; made if missing."),
      station::integer("blanks", "500", 0, 1e9, "cards", "Blanks in the hopper of a new world."),
      station::integer("ribbon", "1000", 1, 1e9, "panels", "Prints that a new ribbon is good for."),
      station::integer("dpi", "300", 100, 1200, "dpi", "Resolution of the print head."),
      station::integer("seed", "1", 0, 1e15, "", "Decides where seeded faults strike."),
      station::integer("feed-ms", "0", 0, 60000, "ms", "Time to feed a blank."),
      station::integer("print-ms", "0", 0, 60000, "ms", "Time to print one side."),
      station::integer("move-ms", "0", 0, 60000, "ms", "Time to move a card to the camera or a bin."),
      station::integer("operator-ms", "300", 0, 3600000, "ms",
                       "Time the simulated operator needs to clear a fault."),
      station::integer("lock-wait", "15", 0, 600, "s",
                       "How long to wait for another process to let go of the world."),
      station::boolean("job-log", "true",
                       "Remembers what became of each job; false switches the capability off."),
      station::boolean("chip", "true",
                       "Reads the chip of the blank it feeds; false: leaves that to a chip reader."),
      station::text("faults", "Fault script: what goes wrong at which print command.", ""),
      station::path("faults-file", "File with more of the fault script.", ""),
      station::text("portrait", "Portrait zone x,y,w,h in mm, for swap-portrait.", "62.31,13.38,20.4,27.26"),
      station::text("nik-line", "NIK line x,y,w,h in mm, 16 equal digits, for swap-digit.",
                    "17.6,10.6,41.6,4.2"),
  };

  SimPrinter(station::Host& host, const station::Settings& settings, std::string_view serial);

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint32_t native_dpi() const override { return static_cast<std::uint32_t>(dpi_); }

  station::Report status() override;
  station::Report print(station::Op& op, const stn_print_job& job) override;
  station::Report to_camera(station::Op& op, std::string_view token) override;
  station::Report route(station::Op& op, std::string_view token, std::string_view bin) override;
  station::Report counter(std::uint64_t& cards) override;
  station::Report lookup(std::string_view token, stn_card& card) override;

 private:
  struct Obstacle {
    stn_code code;
    const char* keyword;
    const char* words;
  };
  [[nodiscard]] std::string check(const stn_print_job& job) const;
  [[nodiscard]] std::string check_raster(const stn_raster& raster, const char* side) const;
  [[nodiscard]] std::optional<Obstacle> attention() const;  // what waits for the operator
  [[nodiscard]] std::optional<Obstacle> obstacle();         // that, when not yet cleared, or an empty hopper
  void raise(const char* keyword, std::uint64_t card);
  void clear_when_due();
  station::Report refuse(const Obstacle& why);
  station::Report refuse(stn_code code, const std::string& why);
  station::Report print_fed(station::Op& op, const stn_print_job& job, const std::vector<Fault>& faults,
                            std::uint64_t number);
  void put_face(const stn_raster& raster, Side side, const std::vector<Fault>& faults, std::uint64_t number,
                double fraction);
  [[nodiscard]] std::optional<Picture> previous_front(std::uint64_t number);
  [[nodiscard]] std::optional<World::Card> movable(std::string_view token,
                                                   std::optional<station::Report>& refused);
  station::Report move(station::Op& op, const World::Card& card, const std::string& place,
                       std::uint32_t card_at);
  void post_condition();
  void save() { save_state(world_->files(), world_->folder(), state_); }
  template <class F>
  station::Report guarded(F&& call);

  station::Host& host_;
  int dpi_;
  std::uint64_t seed_, full_ribbon_, feed_ms_, print_ms_, move_ms_, operator_ms_;
  bool job_log_, chip_;
  Zones zones_;
  Script script_;
  std::optional<World> world_;
  PrinterState state_;
  std::uint64_t attention_until_ns_ = 0;
  std::set<std::string> posted_;  // reasons the station knows of
};

}  // namespace sim
