// SPDX-License-Identifier: Apache-2.0
#include "gphoto2/wishes.hpp"

#include <gtest/gtest.h>

namespace gphoto2 {
namespace {

TEST(Wishes, AreReadInTheirOrder) {
  std::vector<Wish> wishes;
  ASSERT_EQ(read_wishes(" iso=200 ;; f-number = f/8; shutterspeed=1/125;", wishes), "");
  ASSERT_EQ(wishes.size(), 3u);
  EXPECT_EQ(wishes[0].name + "|" + wishes[0].value, "iso|200");
  EXPECT_EQ(wishes[1].name + "|" + wishes[1].value, "f-number|f/8");
  EXPECT_EQ(wishes[2].value, "1/125");
  EXPECT_EQ(read_wishes("", wishes), "");
  EXPECT_TRUE(wishes.empty());
}

TEST(Wishes, WhatCannotBeReadIsSaid) {
  std::vector<Wish> wishes;
  for (const char* bad : {"iso", "=200", "iso=", "ISO=200", "iso=200; iso=400", "../x=1", "iso=2\n0"})
    EXPECT_NE(read_wishes(bad, wishes), "") << bad;
  EXPECT_NE(read_wishes("iso=" + std::string(kLongestWish + 1, '1'), wishes), "");
  std::string many;
  for (std::size_t i = 0; i <= kMostWishes; ++i) many += "a" + std::to_string(i) + "=1;";
  EXPECT_NE(read_wishes(many, wishes), "");
}

}  // namespace
}  // namespace gphoto2
