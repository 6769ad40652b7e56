// SPDX-License-Identifier: Apache-2.0
// Card faces for driver tests: text, a NIK line of 16 digits, a face-like blot, and SPESIMEN across it.
#pragma once
#include <cstdint>
#include <string>

#include "sim-world/picture.hpp"

namespace drivers_test {

/// The zones the faces are drawn with: the defaults of sim-printer.
inline constexpr double kPortrait[4] = {62, 14, 21, 27};
inline constexpr double kNikLine[4] = {24, 9.5, 40, 4};

/// A face that differs for every `number`. 100 dpi makes small quick ones.
[[nodiscard]] sim::Picture specimen(std::uint64_t number, sim::Side side, int dpi = 100);

/// Mean absolute difference over a zone in mm, grey levels.
[[nodiscard]] double difference(const sim::Picture& a, const sim::Picture& b, const double (&zone)[4]);
inline constexpr double kWholeCard[4] = {0, 0, 85.6, 53.98};

}  // namespace drivers_test
