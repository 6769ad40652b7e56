// SPDX-License-Identifier: Apache-2.0
// When a picture's exposure began, from the time stamp it came with. Pure.
#pragma once
#include <cstdint>
#include <string>

namespace opencv_camera {

/// The earliest moment at which the exposure can have begun, on the station's clock (CLOCK_MONOTONIC, ns).
/// `wrong`: "" or why nothing is known about it, "it has no time stamp".
struct Begun {
  std::uint64_t ns = 0;
  std::string wrong;
};

/// A stamp of this machine's own monotonic clock, in milliseconds, as V4L2 drivers give it. `margin_ns`: how
/// much earlier the exposure may have begun (exposure and readout, where the stamp is of the picture's end).
[[nodiscard]] Begun by_machine_clock(double stamp_ms, std::uint64_t now_ns, std::uint64_t margin_ns);

/// A stamp of the camera's own wall clock, in microseconds since 1970, as RTCP sender reports say it (RFC
/// 3550, 6.4.1). `now_wall_us` and `now_ns` are the same moment. `margin_ns`: difference of the two clocks
/// and the exposure together. 0 or less: none.
[[nodiscard]] Begun by_wall_clock(std::int64_t stamp_us, std::int64_t now_wall_us, std::uint64_t now_ns,
                                  std::uint64_t margin_ns);

}  // namespace opencv_camera
