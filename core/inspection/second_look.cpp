// SPDX-License-Identifier: Apache-2.0
#include "inspection/second_look.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace ktp::inspection {

namespace {

constexpr double kSpotMm = 3, kStreakMm = 8;  // longest that a speck, a drop or a fibre is taken for
constexpr std::size_t kFew = 3;               // more is no speck of dust
constexpr double kClean = 0.8;                // of the limit: a second picture as clean as this clears

bool one_of(std::string_view kind, std::initializer_list<std::string_view> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

int rank(Verdict verdict) {
  switch (verdict) {
    case Verdict::mismatch:
    case Verdict::duplicate:
      return 3;
    case Verdict::damaged:
      return 2;
    case Verdict::review:
      return 1;
    case Verdict::good:
      return 0;
  }
  return 3;
}

}  // namespace

bool may_be_loose(const Report& report) {
  if (report.verdict != Verdict::damaged && report.verdict != Verdict::review) return false;
  if (report.findings.empty() || report.findings.size() > kFew) return false;
  return std::ranges::all_of(report.findings, [](const Finding& f) {
    if (one_of(f.kind, {"dust", "stain", "void", "glare"})) return f.size_mm <= kSpotMm;
    // An unclear character is one that something lies on.
    if (one_of(f.kind, {"scratch", "fibre", "unclear-digit", "unclear-text"})) return f.size_mm <= kStreakMm;
    return false;
  });
}

SecondLook compare_looks(const Report& first, const Report& second) {
  SecondLook look;
  look.cleared = second.verdict == Verdict::good && second.score < kClean;
  look.second_counts = look.cleared || rank(second.verdict) > rank(first.verdict);
  return look;
}

}  // namespace ktp::inspection
