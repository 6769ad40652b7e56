// SPDX-License-Identifier: Apache-2.0
// Pictures for the page are made small.
#include <gtest/gtest.h>

#include "app/live_view.hpp"

namespace ktp::app {
namespace {

TEST(SmallPictures, EachPixelIsTheMeanOfThoseItStandsFor) {
  Image picture(4, 2, 3);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(i * 10);
  const Image small = made_small(picture.view(), 2);
  ASSERT_EQ(small.width, 2);
  ASSERT_EQ(small.height, 1);
  // Red of the left half: 0, 30, 120, 150.
  EXPECT_EQ(small.pixels, (std::vector<std::uint8_t>{75, 85, 95, 135, 145, 155}));
}

TEST(SmallPictures, NoSideIsLongerThanAllowedAndASmallPictureStaysAsItIs) {
  for (const int width : {1, 639, 640, 641, 1279, 1281, 4000}) {
    const Image small = made_small(Image(width, 10, 1, 9).view(), 640);
    EXPECT_LE(small.width, 640) << width;
    EXPECT_GE(small.width, std::min(width, 320)) << width;
  }
  const Image same(640, 400, 3, 17);
  EXPECT_EQ(made_small(same.view(), 640).pixels, same.pixels);
}

TEST(SmallPictures, RowsWithPaddingAreReadAsTheyLie) {
  const std::vector<std::uint8_t> bytes{10, 20, 99, 30, 40, 99};
  const Image small =
      made_small({.data = bytes.data(), .width = 2, .height = 2, .channels = 1, .stride = 3}, 1);
  EXPECT_EQ(small.pixels, std::vector<std::uint8_t>{25});
}

}  // namespace
}  // namespace ktp::app
