// SPDX-License-Identifier: Apache-2.0
// Every limit of a profile: name, range, unit, and what `calibrate` may do with it. The one list that
// reading, writing and calibrating profiles share.
#pragma once
#include <span>

#include "inspection/profile.hpp"

namespace ktp::inspection {

struct LimitInfo {
  enum class Part {
    damage,   ///< set by `calibrate` from good cards
    content,  ///< measured and reported by `calibrate`, never moved: a wrong card is worse than a reject
    gate      ///< decides what is looked at, not whether it is good; never moved
  };
  const char* name;
  double Limits::* value;
  double least, most;  ///< what a profile may say
  const char* unit;
  Part part;
};

[[nodiscard]] std::span<const LimitInfo> limit_table();

}  // namespace ktp::inspection
