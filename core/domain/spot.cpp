// SPDX-License-Identifier: Apache-2.0
#include "domain/spot.hpp"

#include <algorithm>

namespace ktp {

bool same_spot(const Spot& one, const Spot& other) {
  constexpr double kCovered = 0.25;  // of the smaller of two boxes
  if (one.kind != other.kind || one.side != other.side) return false;
  const double w = std::min(one.x + one.w, other.x + other.w) - std::max(one.x, other.x);
  const double h = std::min(one.y + one.h, other.y + other.h) - std::max(one.y, other.y);
  const double smaller = std::min(one.w * one.h, other.w * other.h);
  return smaller > 0 && w > 0 && h > 0 && w * h >= kCovered * smaller;
}

}  // namespace ktp
