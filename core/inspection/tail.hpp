// SPDX-License-Identifier: Apache-2.0
// How far the highest values of good cards reach: peaks over a threshold follow a generalised Pareto law
// (Pickands 1975), fitted by probability-weighted moments (Hosking and Wallis 1987). Pure numbers.
#pragma once
#include <cstddef>
#include <span>

namespace ktp::inspection {

struct Tail {
  std::size_t n = 0;      ///< values seen
  std::size_t above = 0;  ///< of them beyond `from`
  double from = 0;        ///< threshold
  double scale = 0, shape = 0;
  double median = 0, highest = 0;

  /// Beyond what a value lies with probability `p` (of all values).
  [[nodiscard]] double quantile(double p) const;
  /// With what probability a value lies beyond `x`; never 0 for a finite sample of an unbounded law.
  [[nodiscard]] double exceedance(double x) const;
};

/// Shape is kept within -0.25 (a bounded law) and 0.4. Needs at least 8 values; NaN and negative ones count
/// as 0.
[[nodiscard]] Tail fit_tail(std::span<const double> values);

/// Upper `confidence` bound of quantile(p), by a parametric bootstrap with a fixed seed: the same values give
/// the same bound.
[[nodiscard]] double upper_bound(const Tail& tail, double p, double confidence);

/// Cards without a reject that show a rate of at most `rate` at 95 %: 2,995 for 0.001.
[[nodiscard]] std::size_t cards_to_show(double rate);

/// How far `value` lies above the usual, in standard deviations of log(value), both taken from the middle of
/// `values` so that up to a tenth of damaged cards among them changes little. `least`: smaller values, and
/// differences that small, tell nothing.
[[nodiscard]] double outlyingness(double value, std::span<const double> values, double least);

}  // namespace ktp::inspection
