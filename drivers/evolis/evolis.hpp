// SPDX-License-Identifier: Apache-2.0
// Card printers of the Evolis escape-command family. What is known of them, and how certainly, is in
// docs/printer-protocols.md section 2; no printer was ever on this driver's cable.
#pragma once
#include <station/plugin.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "evolis/conversation.hpp"

namespace evolis {

class Evolis final : public station::Printer {
 public:
  static constexpr const char* kId = "evolis";
  static constexpr const char* kName = "Evolis card printer (escape commands, YMCKO ribbon)";
  static constexpr stn_option kOptions[] = {
      station::integer("black-level", "24", -1, 255, "",
                       "Pixels whose red, green and blue are all at most this are printed by the black panel "
                       "alone; -1 prints no black."),
      station::integer("eject-wait", "5000", 0, 60'000, "ms",
                       "How long a printed card may take until the sensor at the output sees it."),
  };
  /// Any product of the vendor: only one product number is public.
  static constexpr stn_match kMatches[] = {{0x0F49, 0, 50, 0}};

  Evolis(station::Host& host, const station::Settings& settings, std::string_view serial);
  ~Evolis() override;

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint32_t native_dpi() const override { return 300; }
  station::Report status() override;
  station::Report print(station::Op& op, const stn_print_job& job) override;
  station::Report to_camera(station::Op& op, std::string_view token) override;
  station::Report counter(std::uint64_t& cards) override;
  void interrupt(std::uint64_t op) noexcept override;

 private:
  struct Side {
    Bytes yellow, magenta, cyan, black, overlay;
    [[nodiscard]] std::uint64_t panels() const { return black.empty() ? 4 : 5; }
  };
  struct Counters {
    std::uint64_t cards = 0;   ///< ever inserted
    std::uint64_t panels = 0;  ///< ever printed; 0 = the model does not tell
  };
  /// What is seen where; none: the model does not tell.
  struct Sensors {
    bool cover_open = false, feeder_empty = false, inside = false, box_full = false;
    std::optional<bool> exit;
  };

  [[nodiscard]] Side encode(const stn_raster& raster) const;
  void send_side(const Side& side);
  station::Report run_job(station::Op& op, const Side& front, const Side* back, const Counters& before);
  station::Report conclude(const Counters& before, std::uint64_t panels);
  station::Report abandon(const Counters& before, std::uint64_t panels, bool all_sent, const Trouble& why);
  station::Report throw_out(const Counters& before, const Counters& now, const Trouble& why);
  [[nodiscard]] std::optional<station::Report> obstacle(const Counters& before);

  [[nodiscard]] std::uint64_t number(std::string_view question);
  [[nodiscard]] Counters counters();
  [[nodiscard]] std::optional<std::string> read(std::string_view question, std::uint32_t timeout_ms);
  [[nodiscard]] Sensors sensors(std::uint32_t each_ms);
  bool wait_for_exit();
  void restore_mode() noexcept;
  void post_supplies(std::uint32_t each_ms);
  void set_reasons(const std::set<std::string>& now);

  station::Host& host_;
  const int black_level_;
  const std::uint64_t eject_wait_ms_;
  Conversation line_;
  bool mode_ours_ = false;  ///< Pem;2 is set, by us
  bool has_exit_sensor_ = false;
  std::set<std::string, std::less<>> lacks_;  ///< questions that this model does not know
  std::set<std::string> posted_;
  bool stuck_ = false;  ///< the card inside does not come out by itself; a person is asked
  std::string model_;
};

}  // namespace evolis
