// SPDX-License-Identifier: Apache-2.0
#include "opencv-camera/stamps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace opencv_camera {
namespace {

constexpr std::uint64_t kMs = 1'000'000, kNow = 500'000 * kMs;

TEST(Stamps, AnExposureBeganBeforeItsStampByNoMoreThanTheMargin) {
  EXPECT_EQ(by_machine_clock(499'900, kNow, 0).ns, 499'900 * kMs);
  EXPECT_EQ(by_machine_clock(499'900, kNow, 150 * kMs).ns, 499'750 * kMs);
  EXPECT_EQ(by_wall_clock(1'700'000'000'000'000, 1'700'000'000'250'000, kNow, 100 * kMs).ns, 499'650 * kMs);
}

TEST(Stamps, WhatHasNoneIsSaid) {
  for (const double none : {0.0, -1.0, std::nan(""), 1e300})
    EXPECT_NE(by_machine_clock(none, kNow, 0).wrong, "");
  EXPECT_NE(by_wall_clock(0, 1'700'000'000'000'000, kNow, 0).wrong, "");
  EXPECT_NE(by_wall_clock(std::numeric_limits<std::int64_t>::min(), 1'700'000'000'000'000, kNow, 0).wrong,
            "");
}

TEST(Stamps, AStampOfLaterCountsAsFarAsTheClocksMayDiffer) {
  EXPECT_EQ(by_machine_clock(500'100, kNow, 150 * kMs).wrong, "");
  EXPECT_LE(by_machine_clock(500'100, kNow, 150 * kMs).ns, kNow);
  EXPECT_EQ(by_machine_clock(500'200, kNow, 150 * kMs).wrong,
            "its time stamp is 200 ms ahead of this machine's clock");
  EXPECT_NE(by_wall_clock(1'700'000'009'000'000, 1'700'000'000'000'000, kNow, 150 * kMs).wrong, "");
}

TEST(Stamps, AStampFromBeforeTheMachineStartedIsSimplyOld) {
  EXPECT_EQ(by_wall_clock(1, 1'700'000'000'000'000, kNow, 0).ns, 1u);
  EXPECT_EQ(by_wall_clock(1, 1'700'000'000'000'000, kNow, 0).wrong, "");
}

}  // namespace
}  // namespace opencv_camera
