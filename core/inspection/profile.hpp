// SPDX-License-Identifier: Apache-2.0
// The inspection profile: what a station's pictures look like and from where on a deviation counts. Inside
// the room only.
#pragma once
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "domain/face.hpp"

namespace ktp::inspection {

/// From where on a measurement is a finding. Set from quantiles over good cards (tests/bench/inspection),
/// never by hand on a few. Each is in the unit its name says; a finding's `score` is measurement / limit.
struct Limits {
  double half_print_mm2 = 40;       ///< area beyond a line where the card is blank though print is expected
  double ghosting_strength = 0.1;   ///< strength of a shifted copy, 1 = as strong as the print
  double scratch_contrast = 0.6;    ///< mean contrast of a thin line over 5 mm, in half widths of the band
  double streak_contrast = 0.6;     ///< the same of one colour, a third of a mm wide, narrow band
  double dead_line_contrast = 0.4;  ///< the same over the whole card, along a card side
  double stain_mm2 = 0.4;           ///< area outside the band, weighted by depth
  double pale_stain_mm2 = 4;        ///< area of a weak but wide deviation
  double point =
      2.6;  ///< mean over 0.25 mm against its surroundings, times what one pixel in a thousand is off
  double fine_spot = 0.8;  ///< mean over 0.4 mm against its surroundings, in half widths of the narrow band
  double spot = 0.6;       ///< the same over 0.8 mm
  double misregister_mm = 0.16;  ///< of one colour against another
  double panel_ratio = 1.5;      ///< by how much a missing or wrong panel explains the colours better
  double fade_share = 0.15;      ///< lost density of the whole print, 0..1
  double fade_step = 0.08;       ///< the same from a line of the feed on, against the other side of it
  double placement_mm = 0.42;    ///< print against card, along either side
  double edge_chip_mm = 0.42;    ///< depth to which the table shows where card is expected
  double corner_share = 0.5;     ///< share of a corner that has another colour
  double digit_margin = 0.1;     ///< by how much the expected digit's correlation has to beat the others
  double portrait_disagreement = 0.5;  ///< share of the portrait's detail that is other detail
  double text_share = 0.25;  ///< other ink and missing ink in one letter's place, share of a letter's ink
  double letter_difference =
      0.24;  ///< a stroke too many or too few in a letter's cell, share of the ink's contrast
  double content_match =
      0.25;  ///< share of the expected features that must be there to speak of the same card
};

/// For prints that arrive aligned, without an outline (`mode: aligned`).
struct AlignedSettings {
  int tile_px = 64;
  int search_px = 4;
  int band_px = 2;       ///< half width of the tolerance band at edges
  int min_area_px = 12;  ///< smaller deviations are not reported
  double box_margin_px = 9;
};

/// What `calibrate` learned of one station, beside its limits: by how much the band of a pixel is wider or
/// narrower than `band` says, by the face's value, by its local range, and by place on the card.
struct Variation {
  static constexpr int kValues = 8, kRanges = 6, kColumns = 8, kRows = 5;
  /// Lower ends of the bins of local range, levels.
  static constexpr std::array<int, kRanges> kRangeFrom{0, 4, 12, 32, 80, 144};
  std::array<std::array<double, kRanges>, kValues>
      by_value_and_range{};                                    ///< factors; value bins of 32 levels
  std::array<std::array<double, kColumns>, kRows> by_place{};  ///< factors, between the centres linear
  /// What good cards seem to have lost of the density of red, green and blue: a camera's curve of grey looks
  /// like more or less dye than there is. 0: nothing learned.
  std::array<double, 3> lost_density{};

  [[nodiscard]] double factor(int value, int range) const;
  /// `u`, `v`: 0..1 across and down the card.
  [[nodiscard]] double at(double u, double v) const;
};

/// Which of a face's bands the last photograph needed: a station's camera hardly changes. A hint only: what
/// it names `prepare` makes ahead of the card. No verdict depends on it.
struct UsualBands {
  std::atomic<int> coded{-1}, linear{-1};  ///< in Reference::bands; -1: not known
  std::atomic<int> chosen{-1};             ///< the one of the two that was nearer
  std::atomic<int> soft{-1};               ///< how soft its colour was; -1: as sharp as light
  std::atomic<bool> points{false};         ///< it was fine enough for the smallest spots
};

struct Profile {
  enum class Mode { card, aligned };

  std::string version;
  Mode mode = Mode::card;
  double working_dpi = 300;
  double register_tolerance_mm = 0.10;
  double edge_margin_mm = 0.9;
  double band_levels = 9;
  double band_range_share = 0.35;
  Limits limits;
  /// For expected pictures that come without a layout (`inspect --cases`): field name -> place, by side
  /// (front, back).
  std::array<std::map<std::string, BoxMm>, 2> zones;
  AlignedSettings aligned;
  std::optional<Variation> variation;  ///< of a calibrated profile
  std::shared_ptr<UsualBands> usual = std::make_shared<UsualBands>();
};

}  // namespace ktp::inspection
