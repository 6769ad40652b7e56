// SPDX-License-Identifier: Apache-2.0
// Learns one station's normal variation from good cards and sets each limit for a stated rate of false
// rejects. The second door of the room, for the command `calibrate`: it reads pictures and calls in this
// order. Pure: the same pictures in the same order give the same profile. docs/inspection.md section 1.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "inspection/inspection.hpp"

namespace ktp::inspection {

/// Only profiles of photographed cards have limits that good cards can set (`mode: card`).
[[nodiscard]] bool can_calibrate(const Profile& profile);

/// What one good picture measured, by limit of limit_table(); NaN where nothing was measured.
struct Observation {
  std::string id;
  std::size_t row = 0;
  std::string kind;            ///< of the worst finding, "" if none
  bool judged = false;         ///< false: no card was found, or it could not be compared
  std::vector<double> scores;  ///< 1 = at the profile's limit
  double blur_px = 0;          ///< of the optics, photograph pixels
};

/// Deviations of many pictures; moved in and out of threads.
class LearnedVariation {
 public:
  LearnedVariation();
  ~LearnedVariation();
  LearnedVariation(LearnedVariation&&) noexcept;
  LearnedVariation& operator=(LearnedVariation&&) noexcept;
  void add(const LearnedVariation& other);

 private:
  struct Samples;
  std::unique_ptr<Samples> samples_;
  friend Observation observe(const Reference&, const ImageView&, LearnedVariation*);
  friend std::shared_ptr<const Profile> with_variation(const Profile&, const LearnedVariation&);
};

/// Inspects one picture; `variation` may be null. One thread a variation.
[[nodiscard]] Observation observe(const Reference& reference, const ImageView& photograph,
                                  LearnedVariation* variation);

/// The same profile with the learned band; its limits are still the old ones.
[[nodiscard]] std::shared_ptr<const Profile> with_variation(const Profile& base,
                                                            const LearnedVariation& learned);

/// A picture that does not belong into a set of good cards, and why.
struct Suspect {
  std::size_t index = 0;  ///< of the observation
  std::string why;
};
/// Pictures that stand out of the set by some limit far beyond chance (robust, in log values, against the set
/// itself and not the profile, which may suit this camera badly), and cards of other content.
[[nodiscard]] std::vector<Suspect> find_damaged(std::span<const Observation> set);

/// What became of one limit.
struct LimitSet {
  std::string name, unit;
  double before = 0, after = 0;    ///< in `unit`
  double median = 0, highest = 0;  ///< of the good cards, in `unit`
  double wanted = 0;               ///< for the stated rate, upper 95 % bound
  double expected_rejects = 0;     ///< by this limit alone as it is set, share of pictures
  std::string held_by;             ///< must damage that forbids what was wanted; "" = none
  bool moved = false;              ///< false: kept as it was (content, or nothing to learn from)
  std::string note;                ///< why it was kept
};

/// One specimen of damage that must be found, judged by the learned band: scores as in Observation.
struct Specimen {
  std::size_t kind = 0;  ///< of must_find()
  bool found_before = false;
  std::vector<double> scores;
};
struct MustOutcome {
  std::string kind, size;
  int drawn = 0, found_before = 0, found_after = 0;
};

struct CalibrationResult {
  double false_rejects = 0;
  std::size_t pictures = 0;
  std::size_t set_aside = 0;      ///< on which no card could be judged
  std::size_t cards_to_show = 0;  ///< pictures without a reject that would show the rate by themselves, 95 %
  double expected_rejects = 0;    ///< by all limits together as they are set
  double expected_before = 0;     ///< by the base profile's limits, share of this set
  std::vector<LimitSet> limits;
  std::vector<MustOutcome> must;

  [[nodiscard]] std::size_t cards_needed() const {
    return cards_to_show > pictures ? cards_to_show - pictures : 0;
  }
  [[nodiscard]] bool holds_both() const;
};

/// Sets the limits. `set`: observed with the learned band (with_variation). Damage limits go to the upper 95
/// % bound of the quantile that their part of the rate asks for; none is tightened below half of what it was,
/// and none is widened so far that a specimen which was found before is lost. Content limits stay.
[[nodiscard]] CalibrationResult set_limits(const Profile& base, std::span<const Observation> set,
                                           std::span<const Specimen> specimens, double false_rejects);

/// The base profile's limits as good cards that were never calibrated measured by them: share that one would
/// have rejected.
[[nodiscard]] double rejected_share(std::span<const Observation> set);

struct Provenance {
  std::string date;  ///< UTC, RFC 3339
  std::string cases_sha256, pictures_sha256;
};
/// The calibrated profile as YAML: everything of the base file, the new limits and the learned variation, and
/// where they come from. Its version is the base's with a hash of what was learned, so that another set or
/// another rate never has the same name. Errors: input_missing, configuration.
[[nodiscard]] Result<std::string> calibrated_yaml(const std::filesystem::path& base_file, const Profile& base,
                                                  const Profile& learned, const CalibrationResult& result,
                                                  const Provenance& provenance);

}  // namespace ktp::inspection
