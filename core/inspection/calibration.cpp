// SPDX-License-Identifier: Apache-2.0
#include "inspection/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ranges>

#include "inspection/inspect.hpp"
#include "inspection/limit_table.hpp"
#include "inspection/specimens.hpp"
#include "inspection/tail.hpp"
#include "inspection/variation.hpp"

namespace ktp::inspection {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kConfidence = 0.95;
constexpr double kTightest = 0.5;    // of the limit before: good cards of one week are not those of a year
constexpr double kUnderLost = 0.97;  // of a specimen's own measurement, so that it is found again

using Part = LimitInfo::Part;

// The digits' limit is a lead that must be reached: its score is limit / lead.
bool is_lead(const LimitInfo& limit) {
  return limit.value == &Limits::digit_margin;
}

std::vector<double> column(std::span<const Observation> set, std::size_t limit) {
  std::vector<double> values;
  for (const Observation& one : set)
    if (one.judged && !std::isnan(one.scores[limit])) values.push_back(one.scores[limit]);
  return values;
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace

struct LearnedVariation::Samples {
  VariationSamples counted;
};
LearnedVariation::LearnedVariation() : samples_(std::make_unique<Samples>()) {}
LearnedVariation::~LearnedVariation() = default;
LearnedVariation::LearnedVariation(LearnedVariation&&) noexcept = default;
LearnedVariation& LearnedVariation::operator=(LearnedVariation&&) noexcept = default;
void LearnedVariation::add(const LearnedVariation& other) {
  samples_->counted.add(other.samples_->counted);
}

bool can_calibrate(const Profile& profile) {
  return profile.mode == Profile::Mode::card;
}

Observation observe(const Reference& reference, const ImageView& photograph, LearnedVariation* variation) {
  Trace trace;
  if (variation) trace.variation = &variation->samples_->counted;
  const Report report = inspect_traced(reference, photograph, &trace);
  Observation seen;
  if (!report.findings.empty()) seen.kind = report.findings.front().kind;
  seen.judged = !report.measures.empty();
  const auto table = limit_table();
  seen.scores.assign(table.size(), kNothing);
  for (const Measure& measure : report.measures)
    for (std::size_t i = 0; i < table.size(); ++i)
      if (measure.limit == table[i].name) seen.scores[i] = measure.score;
  seen.blur_px = trace.blur_px * trace.photo_px_per_working_px;
  return seen;
}

std::shared_ptr<const Profile> with_variation(const Profile& base, const LearnedVariation& learned) {
  auto profile = std::make_shared<Profile>(base);
  Variation now = learned.samples_->counted.learn();
  // The samples were counted in shares of the band without any variation.
  profile->variation = now;
  return profile;
}

std::vector<Suspect> find_damaged(std::span<const Observation> set) {
  constexpr double kFar = 4, kVeryFar = 6, kSoon = 0.6;
  const auto table = limit_table();
  std::vector<std::string> why(set.size());
  for (std::size_t i = 0; i < set.size(); ++i)
    if (set[i].kind == "wrong-card" || set[i].kind == "wrong-side") why[i] = set[i].kind;
  for (std::size_t limit = 0; limit < table.size(); ++limit) {
    if (table[limit].part == Part::gate) continue;
    const std::vector<double> values = column(set, limit);
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (!set[i].judged || !why[i].empty() || std::isnan(set[i].scores[limit])) continue;
      const double score = set[i].scores[limit];
      if (score < kSoon) continue;
      const double far = outlyingness(score, values, 0.02);
      if (far < (score >= 1 ? kFar : kVeryFar)) continue;
      why[i] = (set[i].kind.empty() ? "stands out" : set[i].kind) + ": " + table[limit].name + " is " +
               rounded(score) + " of the limit, usual in this set is " + rounded(fit_tail(values).median);
    }
  }
  std::vector<Suspect> suspects;
  for (std::size_t i = 0; i < set.size(); ++i)
    if (!why[i].empty()) suspects.push_back({i, why[i]});
  return suspects;
}

double rejected_share(std::span<const Observation> set) {
  std::size_t judged = 0, rejected = 0;
  for (const Observation& one : set) {
    if (!one.judged) continue;
    ++judged;
    rejected += std::ranges::any_of(one.scores, [](double s) { return s >= 1; });
  }
  return judged == 0 ? 0 : static_cast<double>(rejected) / static_cast<double>(judged);
}

bool CalibrationResult::holds_both() const {
  return std::ranges::all_of(limits, [](const LimitSet& limit) { return limit.held_by.empty(); });
}

CalibrationResult set_limits(const Profile& base, std::span<const Observation> set,
                             std::span<const Specimen> specimens, double false_rejects) {
  const auto table = limit_table();
  CalibrationResult result;
  result.false_rejects = false_rejects;
  result.cards_to_show = cards_to_show(false_rejects);
  for (const Observation& one : set) ++(one.judged ? result.pictures : result.set_aside);

  // Every damage limit gets an equal part of the rate: their sum bounds the whole, however they hang
  // together.
  std::vector<Tail> tails(table.size());
  std::size_t sharing = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    tails[i] = fit_tail(column(set, i));
    sharing += table[i].part == Part::damage && tails[i].highest > 0;
  }
  const double part = false_rejects / static_cast<double>(std::max<std::size_t>(sharing, 1));
  std::vector<double> at(table.size(), 1);  // the new limit in units of the old one
  std::vector<double> wanted(table.size(), 1);
  std::vector<std::string> held(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].part != Part::damage || tails[i].above < 5) continue;
    wanted[i] = upper_bound(tails[i], part, kConfidence);
    const double before = base.limits.*table[i].value;
    at[i] = std::clamp(wanted[i], std::max(kTightest, table[i].least / before), table[i].most / before);
  }

  // A specimen that was found must be found again. What is lost is won back by the limit that is nearest to
  // it.
  const auto found_by = [&](const Specimen& s) {
    return std::ranges::any_of(std::views::iota(std::size_t{0}, table.size()),
                               [&](std::size_t i) { return s.scores[i] >= at[i]; });
  };
  for (const Specimen& specimen : specimens) {
    if (!specimen.found_before || found_by(specimen)) continue;
    std::size_t nearest = table.size();
    double most = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (table[i].part != Part::damage || std::isnan(specimen.scores[i])) continue;
      if (const double near = specimen.scores[i] / at[i]; near > most) most = near, nearest = i;
    }
    if (nearest == table.size() || most <= 0) continue;  // the learned band hides it: counted below
    at[nearest] = std::max(specimen.scores[nearest] * kUnderLost,
                           table[nearest].least / (base.limits.*table[nearest].value));
    const MustFind& must = must_find()[specimen.kind];
    if (held[nearest].find(must.kind) == std::string::npos)
      held[nearest] += (held[nearest].empty() ? "" : ", ") + std::string(must.kind) + " (" + must.size + ")";
  }

  for (std::size_t i = 0; i < table.size(); ++i) {
    const double before = base.limits.*table[i].value;
    LimitSet limit;
    limit.name = table[i].name;
    limit.unit = table[i].unit;
    limit.before = before;
    const auto in_unit = [&](double score) {
      return is_lead(table[i]) ? (score > 0 ? before / score : 0) : score * before;
    };
    limit.median = in_unit(tails[i].median);
    limit.highest = in_unit(tails[i].highest);
    limit.after = before;
    limit.wanted = before;
    if (tails[i].n == 0) {
      limit.note = "not measured";
    } else if (table[i].part != Part::damage) {
      limit.note = "content: never moved";
    } else if (tails[i].above < 5) {
      limit.note = "too few good cards measure anything here";
    } else {
      limit.moved = true;
      limit.wanted = in_unit(wanted[i]);
      limit.after = in_unit(at[i]);
      if (wanted[i] > at[i]) limit.held_by = held[i];
    }
    if (tails[i].n > 0) limit.expected_rejects = tails[i].exceedance(at[i]);
    result.expected_rejects += limit.expected_rejects;
    result.limits.push_back(std::move(limit));
  }
  for (std::size_t k = 0; k < must_find().size(); ++k) {
    MustOutcome outcome;
    outcome.kind = must_find()[k].kind;
    outcome.size = must_find()[k].size;
    for (const Specimen& specimen : specimens) {
      if (specimen.kind != k) continue;
      ++outcome.drawn;
      outcome.found_before += specimen.found_before;
      outcome.found_after += found_by(specimen);
    }
    result.must.push_back(std::move(outcome));
  }
  return result;
}

}  // namespace ktp::inspection
