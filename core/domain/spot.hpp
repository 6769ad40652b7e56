// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ktp {

/// Where a finding lies, as the log has it.
struct Spot {
  std::string kind{}, side{};         ///< Finding::kind; "front" or "back"
  double x = 0, y = 0, w = 0, h = 0;  ///< pixels of the expected picture
};

/// Whether two cards' findings are at one place: of one kind, on one side, the boxes covering each other by a
/// quarter of the smaller. What has no place on the picture (a missing photograph, a wrong side) is never at
/// one place with anything.
[[nodiscard]] bool same_spot(const Spot& one, const Spot& other);

}  // namespace ktp
