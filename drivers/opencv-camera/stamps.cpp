// SPDX-License-Identifier: Apache-2.0
#include "opencv-camera/stamps.hpp"

#include <cmath>

namespace opencv_camera {
namespace {

/// `age_ns`: how long before `now_ns` the stamp is; below 0: after it.
Begun from_age(double age_ns, std::uint64_t now_ns, std::uint64_t margin_ns) {
  constexpr double kMs = 1e6;
  if (age_ns < -static_cast<double>(margin_ns)) {
    return {0, "its time stamp is " + std::to_string(std::llround(-age_ns / kMs)) +
                   " ms ahead of this machine's clock"};
  }
  const double begun = static_cast<double>(now_ns) - age_ns - static_cast<double>(margin_ns);
  // Older than the machine's clock itself: certainly no new picture, and no number for it either.
  return {begun < 1 ? 1 : static_cast<std::uint64_t>(begun), {}};
}

}  // namespace

Begun by_machine_clock(double stamp_ms, std::uint64_t now_ns, std::uint64_t margin_ns) {
  constexpr double kMost = 1e15;  // ms; beyond it a double counts no milliseconds
  if (!(stamp_ms > 0) || stamp_ms > kMost) return {0, "it has no time stamp"};
  return from_age(static_cast<double>(now_ns) - stamp_ms * 1e6, now_ns, margin_ns);
}

Begun by_wall_clock(std::int64_t stamp_us, std::int64_t now_wall_us, std::uint64_t now_ns,
                    std::uint64_t margin_ns) {
  if (stamp_us <= 0) return {0, "it has no time stamp"};
  return from_age((static_cast<double>(now_wall_us) - static_cast<double>(stamp_us)) * 1e3, now_ns,
                  margin_ns);
}

}  // namespace opencv_camera
