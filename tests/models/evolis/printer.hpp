// SPDX-License-Identifier: Apache-2.0
// A card printer of the Evolis family at byte level: commands in, replies out, cards moved in a tray that
// somebody else keeps. Written from docs/printer-protocols.md section 2 and from nothing else; shares no line
// with drivers/evolis, so that a misreading of one is not the other's too. Pure of I/O and clocks.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/byte_device.hpp"
#include "models/tray.hpp"

namespace model {

/// At the named command of card n (0 = any), once: the printer answers the text, and is in that trouble until
/// somebody clears it.
struct PlannedFault {
  std::uint64_t card = 0;
  std::string at;    ///< "Ss", "Sv", "Se", "Dbc;c"
  std::string text;  ///< "CARD JAM", "ERROR RIBBON", "COVER OPEN", ...
};

class EvolisPrinter final : public ByteDevice {
 public:
  EvolisPrinter(Tray& tray, std::string serial, std::uint64_t cards_before, std::uint64_t ribbon);

  /// Takes every byte.
  std::size_t receive(std::span<const std::uint8_t> bytes) override;
  /// The next reply as one packet, NUL included; none: nothing to say.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> reply() override;
  [[nodiscard]] bool has_reply() const { return !replies_.empty(); }
  void lose_replies() override { replies_.clear(); }
  /// A panel takes its time, nothing else does.
  void panel_takes(std::int64_t us) { panel_us_ = us; }
  std::int64_t reply_delay_us() override { return std::exchange(panel_answered_, false) ? panel_us_ : 0; }

  void plan(PlannedFault fault) { plan_.push_back(std::move(fault)); }
  /// The operator: opens the cover, takes out what lies inside, mends what is wrong, closes it. The number of
  /// the card taken out, 0 = none.
  std::uint64_t clear();
  /// This model does not know the command ("Rse;b").
  void without(std::string command) { unknown_.insert(std::move(command)); }

  [[nodiscard]] std::uint64_t cards() const { return cards_; }
  [[nodiscard]] std::uint64_t panels() const { return panels_; }
  [[nodiscard]] std::uint64_t inside() const { return inside_ ? inside_->number : 0; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] int error_mode() const { return error_mode_; }
  [[nodiscard]] const std::vector<std::string>& history() const { return history_; }  ///< command heads

 private:
  static constexpr int kLines = 1016, kDots = 648;
  using Plane = std::vector<std::uint8_t>;  ///< landscape, kLines wide, kDots high
  struct Printed {
    std::map<char, Plane> planes;
  };
  struct Inside {
    std::uint64_t number = 0;
    std::array<Printed, 2> sides;
    int side = 0;
    bool sequence = true;
    bool has_back = false;
  };

  void take(std::uint8_t byte);
  void execute(const std::string& words);
  std::string answer(const std::string& words);
  std::string start_sequence();
  std::string turn_over();
  std::string eject(bool reject);
  std::string download(const std::string& head);
  std::string sensor(char which);
  std::string print_waiting();
  [[nodiscard]] std::optional<std::string> planned(const std::string& at);
  [[nodiscard]] bool stands_still() const { return !trouble_.empty(); }
  static bool decode_dye(std::span<const std::uint8_t> data, Plane& plane);
  static bool decode_resin(std::span<const std::uint8_t> data, Plane& plane);
  static Face face_of(const Printed& side);
  static bool whole(const Printed& side);

  Tray& tray_;
  const std::string serial_;
  std::string text_;
  std::vector<std::uint8_t> data_;
  std::size_t data_due_ = 0;
  bool closing_ = false;  ///< the panel's data are in, its CR is due
  std::deque<std::string> replies_;
  std::vector<PlannedFault> plan_;
  std::set<std::string> unknown_;
  std::vector<std::string> history_;

  std::int64_t panel_us_ = 0;
  bool panel_answered_ = false;
  int error_mode_ = 0;
  std::string ribbon_type_;
  std::string last_answer_ = "OK";
  std::string trouble_;
  std::uint64_t cards_, panels_ = 5000, ribbon_, full_ribbon_;
  std::optional<Inside> inside_;
  std::optional<std::pair<char, Plane>> waiting_;  ///< downloaded, printed when the next panel or Se comes
};

}  // namespace model
