// SPDX-License-Identifier: Apache-2.0
// Pictures of a camera of this machine between the process that exposes them and the one whose "kernel" hands
// them out (v4l_preload.cpp): a file that both map.
#pragma once
#include <atomic>
#include <cstdint>

namespace ktp::model {

struct FrameRing {
  static constexpr std::uint64_t kFrames = 16, kBytes = 4'000'000;
  struct Frame {
    std::atomic<std::uint64_t> number;  ///< 0 while it is being written
    std::uint64_t stamp_us;             ///< CLOCK_MONOTONIC, as the kernel stamps
    std::uint32_t bytes;
    std::uint8_t data[kBytes];
  };
  std::atomic<std::uint64_t> written;  ///< number of the newest, from 1 on; 0: none yet
  std::atomic<std::uint32_t> format;   ///< what was asked for: a V4L2 pixel format
  std::atomic<std::uint32_t> width, height;
  std::atomic<std::uint32_t> gone;  ///< 1: unplugged
  std::atomic<std::int32_t> exposure;
  Frame frames[kFrames];
};

}  // namespace ktp::model
