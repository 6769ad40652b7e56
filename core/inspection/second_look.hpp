// SPDX-License-Identifier: Apache-2.0
// What lies on a card may be gone in the next photograph; what is in the card stays. Pure: the same two
// reports give the same answer.
#pragma once
#include "inspection/inspection.hpp"

namespace ktp::inspection {

/// Is everything that speaks against this card something that may only lie on it or shine: small spots and
/// short streaks (dust, fibre, drop, glare), and nothing else? Worth one more photograph before it rejects.
[[nodiscard]] bool may_be_loose(const Report& report);

/// What two photographs of the same side say together. The second one clears the card only where it is clean
/// with room to spare; otherwise the worse of the two stands, so that damage near its limit does not get a
/// second chance to be missed.
struct SecondLook {
  bool cleared = false;
  bool second_counts = false;  ///< the second report is the one that stands
};
[[nodiscard]] SecondLook compare_looks(const Report& first, const Report& second);

}  // namespace ktp::inspection
