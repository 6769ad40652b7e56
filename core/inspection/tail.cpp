// SPDX-License-Identifier: Apache-2.0
#include "inspection/tail.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace ktp::inspection {
namespace {

constexpr double kLeastShape = -0.25, kMostShape = 0.4;

struct Law {
  double scale = 0, shape = 0;
};

// `sorted`: exceedances, rising.
Law fit_law(const std::vector<double>& sorted) {
  const auto n = static_cast<double>(sorted.size());
  double a0 = 0, a1 = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double y = sorted[i], share = (static_cast<double>(i) + 0.65) / n;
    a0 += y / n;
    a1 += y * (1 - share) / n;
  }
  if (a0 <= 0) return {};
  const double below = a0 - 2 * a1;
  const double shape = below > 0 ? std::clamp(2 - a0 / below, kLeastShape, kMostShape) : kMostShape;
  return {a0 * (1 - shape), shape};
}

double beyond(const Law& law, double share) {
  if (std::abs(law.shape) < 1e-6) return -law.scale * std::log(share);
  return law.scale / law.shape * (std::pow(share, -law.shape) - 1);
}

std::vector<double> cleaned(std::span<const double> values) {
  std::vector<double> out(values.begin(), values.end());
  for (double& v : out)
    if (!(v > 0)) v = 0;
  std::ranges::sort(out);
  return out;
}

}  // namespace

double Tail::quantile(double p) const {
  if (above == 0 || scale <= 0) return highest;
  const double share = p * static_cast<double>(n) / static_cast<double>(above);
  if (share >= 1) return from;
  return from + beyond({scale, shape}, share);
}

double Tail::exceedance(double x) const {
  const double share = n == 0 ? 1 : static_cast<double>(above) / static_cast<double>(n);
  if (x <= from) return std::max(share, x <= 0 ? 1.0 : share);
  if (above == 0 || scale <= 0) return x >= highest ? 0 : share;
  const double z = (x - from) / scale;
  if (std::abs(shape) < 1e-6) return share * std::exp(-z);
  const double base = 1 + shape * z;
  return base <= 0 ? 0 : share * std::pow(base, -1 / shape);
}

Tail fit_tail(std::span<const double> values) {
  const std::vector<double> sorted = cleaned(values);
  Tail tail;
  tail.n = sorted.size();
  if (sorted.empty()) return tail;
  tail.median = sorted[sorted.size() / 2];
  tail.highest = sorted.back();
  // A sixth of the values, at least twenty: fewer tell nothing of the shape, more are no tail.
  const std::size_t wanted =
      std::min(std::max<std::size_t>(20, tail.n / 6), std::max<std::size_t>(1, tail.n / 2));
  tail.from = sorted[tail.n - 1 - std::min(wanted, tail.n - 1)];
  std::vector<double> over;
  for (const double v : sorted)
    if (v > tail.from) over.push_back(v - tail.from);
  tail.above = over.size();
  const Law law = fit_law(over);
  tail.scale = law.scale, tail.shape = law.shape;
  return tail;
}

double upper_bound(const Tail& tail, double p, double confidence) {
  if (tail.above == 0 || tail.scale <= 0) return tail.highest;
  constexpr int kDraws = 400;
  std::mt19937_64 random(20'240'601);  // its sequence is fixed by the standard
  const Law law{tail.scale, tail.shape};
  std::vector<double> found;
  std::vector<double> over(tail.above);
  for (int draw = 0; draw < kDraws; ++draw) {
    for (double& y : over) {
      const double uniform = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
      y = beyond(law, uniform);
    }
    std::ranges::sort(over);
    const Law again = fit_law(over);
    Tail drawn = tail;
    drawn.scale = again.scale, drawn.shape = again.shape;
    found.push_back(drawn.quantile(p));
  }
  std::ranges::sort(found);
  return std::max(tail.quantile(p), found[static_cast<std::size_t>(confidence * (kDraws - 1))]);
}

std::size_t cards_to_show(double rate) {
  return static_cast<std::size_t>(std::ceil(std::log(0.05) / std::log1p(-rate)));
}

double outlyingness(double value, std::span<const double> values, double least) {
  std::vector<double> logs;
  for (const double v : values) logs.push_back(std::log(std::max(v, least)));
  if (logs.size() < 8) return 0;
  std::ranges::sort(logs);
  const double middle = logs[logs.size() / 2], upper = logs[logs.size() * 84 / 100];
  constexpr double kLeastSpread = 0.15;  // measurements of one card repeat no better
  return (std::log(std::max(value, least)) - middle) / std::max(upper - middle, kLeastSpread);
}

}  // namespace ktp::inspection
