// SPDX-License-Identifier: Apache-2.0
// Notices from good cards that a station changes: a lamp that ages, dirt on the glass, a printer whose colour
// moves, measurements that creep towards their limits. Values in, report out: no clock, no file. One thread.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "inspection/inspection.hpp"

namespace ktp::inspection {

/// One number that is followed. All plain values, so that it can be stored and taken up again.
struct DriftQuantity {
  std::string name;      ///< "light-red", "stain_mm2", ...
  std::string unit;      ///< "share", "levels", "px", "mm", "of the limit"
  double threshold = 0;  ///< smallest change that is worth a word, in `unit`
  std::size_t seen = 0;
  double usual = 0, spread = 0;  ///< mean and standard deviation of the first kUsual values
  double now = 0;                ///< exponentially smoothed over about kUsual values
  double block_sum = 0;
  std::size_t block_seen = 0;
  std::vector<double> history;  ///< means of equal blocks, the oldest first
  bool noticed = false;         ///< has been told of and has not come back since
};

/// What the glass shows: mean difference by place in the photograph (CaptureFacts::field).
struct DriftField {
  static constexpr std::size_t kCells =
      static_cast<std::size_t>(CaptureFacts::kColumns) * CaptureFacts::kRows;
  std::array<std::size_t, kCells> seen{};
  std::array<double, kCells> usual{}, now{};
  bool noticed = false;
};

struct DriftState {
  std::size_t cards = 0;  ///< good sides taken in
  std::size_t block = 0;  ///< values a block of history has; 0 = not begun
  std::vector<DriftQuantity> quantities;
  DriftField field;
};

struct DriftNotice {
  std::string name;   ///< of the quantity, or "glass"
  std::string words;  ///< what changed and what to do, for people
  double usual = 0, now = 0;
  std::string unit;
};

class Drift {
 public:
  static constexpr std::size_t kUsual = 60;    ///< sides that say what is usual: thirty cards
  static constexpr std::size_t kHistory = 64;  ///< blocks kept; then two become one
  static constexpr double kGlassLevels = 2;    ///< change of a place's mean that tells of dirt

  explicit Drift(DriftState state = {});
  /// Takes in one side that was judged good; answers what is newly out of the usual.
  std::vector<DriftNotice> add(const Report& good);
  [[nodiscard]] const DriftState& state() const { return state_; }
  /// Everything that is out of the usual now, newly or not.
  [[nodiscard]] std::vector<DriftNotice> notices() const;

 private:
  DriftState state_;
};

/// For a terminal, 100 columns: each quantity with usual, now and its course, and the glass as a map.
[[nodiscard]] std::string drift_chart(const DriftState& state);

}  // namespace ktp::inspection
