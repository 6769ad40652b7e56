// SPDX-License-Identifier: Apache-2.0
#include "genicam/pixels.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace genicam {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Pixels, ColoursComeInTheOrderOfTheirName) {
  Bytes rgb(6);
  EXPECT_EQ(to_rgb("RGB8", 2, 1, Bytes{1, 2, 3, 4, 5, 6}, rgb), "");
  EXPECT_EQ(rgb, (Bytes{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(to_rgb("BGR8", 2, 1, Bytes{1, 2, 3, 4, 5, 6}, rgb), "");
  EXPECT_EQ(rgb, (Bytes{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(to_rgb("Mono8", 2, 1, Bytes{7, 9}, rgb), "");
  EXPECT_EQ(rgb, (Bytes{7, 7, 7, 9, 9, 9}));
}

// The name says the colours of the first row's first two pixels; the other green and the third colour follow.
TEST(Pixels, EachMosaicGivesTheColourThatItWasMadeOf) {
  constexpr int kSide = 8;
  constexpr std::uint8_t kColour[] = {200, 120, 40};  // red, green, blue
  const std::vector<std::pair<const char*, std::string>> mosaics{
      {"BayerRG8", "RGGB"}, {"BayerGB8", "GBRG"}, {"BayerGR8", "GRBG"}, {"BayerBG8", "BGGR"}};
  for (const auto& [name, pattern] : mosaics) {
    Bytes raw(kSide * kSide), rgb(kSide * kSide * 3);
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const char c = pattern[static_cast<std::size_t>((y % 2) * 2 + x % 2)];
        raw[static_cast<std::size_t>(y * kSide + x)] = kColour[c == 'R' ? 0 : c == 'G' ? 1 : 2];
      }
    ASSERT_EQ(to_rgb(name, kSide, kSide, raw, rgb), "");
    for (int y = 2; y < kSide - 2; ++y)
      for (int x = 2; x < kSide - 2; ++x)
        for (int c = 0; c < 3; ++c)
          EXPECT_EQ(rgb[static_cast<std::size_t>((y * kSide + x) * 3 + c)], kColour[c])
              << name << x << ',' << y;
  }
}

TEST(Pixels, APictureThatIsNotWhatItSaysIsRefused) {
  Bytes room(64 * 64 * 3);
  EXPECT_NE(to_rgb("RGB8", 2, 2, Bytes(11), room), "");
  EXPECT_NE(to_rgb("RGB8", 2, 2, Bytes(13), room), "");
  EXPECT_NE(to_rgb("Mono8", 0, 2, {}, room), "");
  EXPECT_NE(to_rgb("Mono8", 70'000, 70'000, Bytes(4), room), "");
  EXPECT_NE(to_rgb("BayerRG8", 1, 4, Bytes(4), room), "");
  EXPECT_NE(to_rgb("Mono16", 2, 2, Bytes(4), room), "");
  Bytes small(3);
  EXPECT_NE(to_rgb("Mono8", 2, 2, Bytes(4), small), "");
}

}  // namespace
}  // namespace genicam
