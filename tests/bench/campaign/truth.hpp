// SPDX-License-Identifier: Apache-2.0
// The physical world of a replayed campaign: what is true whatever any ledger says. One file mapped by the
// program that pulls the plug, by the office that is killed, and by the printer's driver; it survives them
// all, as cards in a tray do.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>

namespace ktp::campaign {

enum class Print : std::uint8_t { none, unfinished, whole, damaged };
enum class Place : std::uint8_t {
  none,
  inside,    ///< in the printer
  camera,    ///< at the camera
  bin_good,  ///< the bins, then the sealed box
  bin_damaged,
  bin_other,
  box,
  post,      ///< with the post office
  holder,    ///< delivered
  back,      ///< brought back by the post, not yet seen by the office
  office,    ///< withdrawn, in the locked cabinet
  district,  ///< recalled, at the kecamatan
  burnt
};

/// One blank that left the hopper.
struct Body {
  char token[40];
  char item[16];         ///< label of its present (or last) sending
  char item_before[16];  ///< of the one before
  std::uint32_t person;  ///< whose face is on it: read from the pixels that reached the printer
  std::uint32_t seal;    ///< number of its box, 0 = none
  std::uint16_t taken;   ///< day on which the courier took it
  std::uint16_t taken_before;
  std::uint8_t sendings;  ///< how often it went out
  Print print;
  Place place;
  bool at_post_once;
  bool called_back;  ///< recalled out of the post's bags, before its present sending had an end
};

/// Counts of what went wrong, for the figures.
struct Faults {
  std::atomic<std::uint64_t> refused, crashed_before, crashed_after, spoiled, half, damaged;
  std::atomic<std::uint64_t> short_scans, double_imports, contradictions, repeated_rows, too_late;
};

/// What happens to a body happens whole: a hand that is stopped by a power cut finishes its movement.
/// `number` is set while `after` holds what is still to be done.
struct Hand {
  std::atomic<std::uint64_t> number;
  Body after;
};

struct Truth {
  std::uint64_t seed, orders, capacity;
  std::atomic<std::uint64_t> fed;       ///< the printer's lifetime counter
  std::atomic<std::uint64_t> filled;    ///< blanks ever put into the hopper
  std::atomic<std::uint64_t> attempts;  ///< print commands
  std::atomic<std::uint64_t> stopped;   ///< looks at the printer until somebody has cleared it
  std::atomic<std::uint64_t> ticks;     ///< milliseconds of the campaign's clock within its day
  std::atomic<std::uint64_t> steps;     ///< of the campaign, each once: what a power cut is timed by
  std::atomic<std::uint64_t> due;       ///< the step at which the power goes next; 0 = it stays
  std::atomic<std::uint64_t> rows_taken, results_taken;  ///< orders in, days of post results in, for `steps`
  std::atomic<std::uint64_t> day;                        ///< of the campaign, from 0
  std::atomic<std::uint64_t> appends_us, appended;  ///< time in the ledger and events, of all runs that told
  Faults faults;
  Hand hand;

  /// `capacity` of them, behind this; bodies()[n - 1] is card n.
  [[nodiscard]] Body* bodies() { return reinterpret_cast<Body*>(this + 1); }
  [[nodiscard]] const Body* bodies() const { return reinterpret_cast<const Body*>(this + 1); }
  [[nodiscard]] std::uint64_t in_hopper() const { return filled.load() - fed.load(); }
};

/// Maps the file, making it for `capacity` bodies if that is not 0. Throws std::runtime_error.
Truth* map_truth(const std::filesystem::path& file, std::uint64_t capacity);

/// One printer at a time works in this world: a worker whose station died may not have noticed yet. Waits up
/// to 15 s for another process's lock, which the kernel takes back when that process ends. Throws
/// std::runtime_error. The lock stays with this process.
void lock_truth(const std::filesystem::path& file);

/// A number drawn from the campaign's seed and two others: the same in every process.
inline std::uint64_t drawn(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = seed * 0x9E3779B97F4A7C15ull + a * 0xD1B54A32D192ED03ull + b * 0x8CB92BA72F3D8DD7ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}
/// The same as a share, 0 <= x < 1.
inline double share(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  return static_cast<double>(drawn(seed, a, b) >> 11) * 0x1p-53;
}

}  // namespace ktp::campaign
