// SPDX-License-Identifier: Apache-2.0
// Card printers of the Magicard text protocol. What is known of them, and how certainly, is in
// docs/printer-protocols.md section 3; no printer was ever on this driver's cable.
#pragma once
#include <station/plugin.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "magicard/conversation.hpp"

namespace magicard {

class Magicard final : public station::Printer {
 public:
  static constexpr const char* kId = "magicard";
  static constexpr const char* kName = "Magicard card printer (text protocol, YMCKO film)";
  static constexpr stn_option kOptions[] = {
      station::text("output-sensor",
                    "What one of the printer's sensor lines (SNR; `devices` shows them) says while "
                    "a card lies in its output and never else; without it nothing is printed.",
                    ""),
      station::choice(
          "counter", "printed", "printed|fed",
          "Whether the printer's total (TCQ) counts cards that it printed or every blank that it fed; "
          "fed only where that was seen on this model."),
      station::choice("turn", "clockwise", "clockwise|anticlockwise",
                      "Which way the landscape card is turned for the printer; one test card tells."),
      station::integer("black-level", "24", -1, 255, "",
                       "Pixels whose red, green and blue are all at most this are printed by the black panel "
                       "alone; -1 prints no black."),
      station::integer(
          "pause-limit", "30", 1, 300, "s",
          "The longest that the printer may take no data during a job; then the card is given up."),
      station::integer(
          "print-wait", "100", 10, 3000, "s",
          "How long a card may take from the first byte to the output; below the station's print-s."),
  };
  /// Those that are public, and any other printer-class product of the vendor.
  static constexpr stn_match kMatches[] = {
      {0x0C1F, 0x1800, 60, 0}, {0x0C1F, 0x4800, 60, 0}, {0x0C1F, 0x880A, 60, 0}, {0x0C1F, 0, 50, 0}};

  Magicard(station::Host& host, const station::Settings& settings, std::string_view serial);

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint32_t native_dpi() const override { return 300; }
  station::Report status() override;
  station::Report print(station::Op& op, const stn_print_job& job) override;
  station::Report to_camera(station::Op& op, std::string_view token) override;
  station::Report counter(std::uint64_t& cards) override;
  void interrupt(std::uint64_t op) noexcept override;

 private:
  /// A job that the printer has whole, and whose card nobody has seen yet.
  struct Pending {
    std::uint64_t cards_before = 0;
  };

  void tell_lines(const char* list);
  [[nodiscard]] std::uint64_t cards(std::uint32_t timeout_ms);
  [[nodiscard]] bool output_taken(std::uint32_t each_ms);
  [[nodiscard]] card::Panels separate(const stn_raster& raster) const;
  void send_page(const Bytes& page, std::uint64_t until_ms);
  station::Report run_job(station::Op& op, const Bytes& front, const Bytes& back, std::uint64_t before);
  station::Report await_card(std::uint64_t before, std::uint64_t until_ms);
  [[nodiscard]] station::Report counted(station::Report report, std::uint64_t before,
                                        std::uint64_t after) const;
  station::Report waiting_for_person(std::string_view words);
  void set_reasons(const std::set<std::string>& now);
  std::uint64_t now_ms() const { return host_.now() / 1'000'000u; }

  station::Host& host_;
  const std::string output_sensor_;
  const bool counts_fed_;
  const bool clockwise_;
  const int black_level_;
  const std::uint64_t pause_ms_, print_ms_;
  Conversation line_;
  std::optional<Pending> pending_;
  std::set<std::string> posted_;
};

}  // namespace magicard
