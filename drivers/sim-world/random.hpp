// SPDX-License-Identifier: Apache-2.0
// Repeatable random numbers: everything that happens in the simulated world is a function of a seed and a
// number.
#pragma once
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>
#include <string_view>

namespace sim {

/// One step of splitmix64: a good mixer of 64 bits, the same on every machine.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// A seed made of several numbers; their order counts.
constexpr std::uint64_t mix_all(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t x = 0;
  for (const std::uint64_t part : parts) x = mix(x ^ part);
  return x;
}

/// A word as a number, for mix_all.
constexpr std::uint64_t word(std::string_view text) {
  std::uint64_t x = 0xCBF29CE484222325u;
  for (const char c : text) x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return x;
}

/// A stream of random numbers; the standard library's distributions differ between libraries, these do not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix(state_++); }
  /// In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  /// In [0, n).
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  /// Mean 0, standard deviation 1.
  double normal() {
    const double u = 1.0 - unit();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * unit());
  }

 private:
  std::uint64_t state_;
};

}  // namespace sim
