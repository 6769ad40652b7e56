// SPDX-License-Identifier: Apache-2.0
#include "identity/portrait_hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "artwork/picture.hpp"
#include "sample/portrait.hpp"
#include "sample/random.hpp"

namespace ktp::identity {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

sample::Sitter sitter(std::uint64_t n) {
  return {sample::mixed(2026, n), n % 2 == 1, 17 + static_cast<int>(n * 7 % 69), n % 3 == 0};
}
Image face(std::uint64_t n, int width = 240) {
  return sample::draw_portrait(sitter(n), width);
}

Image through_jpeg(const Image& image, int quality) {
  return artwork::decode_picture(artwork::encode_jpeg(image.view(), quality).value()).value();
}

// Darker, flatter and a little noisy: what a camera makes of a print.
Image photographed(Image image) {
  sample::Random random(5);
  for (auto& p : image.pixels)
    p = static_cast<std::uint8_t>(std::clamp(30 + p * 0.7 + random.real(-8, 8), 0.0, 255.0));
  return image;
}

TEST(PortraitHash, TheSamePortraitAtAnotherSizeIsNear) {
  for (std::uint64_t n = 0; n < 20; ++n) {
    const Image big = face(n, 480);
    const Image small = face(n, 150);
    EXPECT_LE(distance(portrait_hash(big.view()), portrait_hash(small.view())), 16) << "face " << n;
    EXPECT_GE(similarity(big.view(), small.view()), 0.99) << "face " << n;
    EXPECT_TRUE(look_alike(big.view(), small.view())) << "face " << n;
  }
}

TEST(PortraitHash, TheSamePortraitCompressedOrPhotographedIsNear) {
  for (std::uint64_t n = 0; n < 20; ++n) {
    const Image original = face(n);
    EXPECT_TRUE(look_alike(original.view(), through_jpeg(original, 40).view())) << "face " << n;
    EXPECT_TRUE(look_alike(original.view(), photographed(original).view())) << "face " << n;
  }
}

TEST(PortraitHash, DifferentDrawnPeopleAreFarApart) {
  constexpr std::size_t kPeople = 1000;
  std::vector<Image> tiles;
  std::vector<PortraitHash> hashes;
  for (std::uint64_t n = 0; n < kPeople; ++n) {
    tiles.push_back(portrait_tile(face(n, 120).view()));
    hashes.push_back(portrait_hash(tiles.back().view()));
  }
  std::vector<int> distances;
  int alike = 0;
  double highest_near = -1;  // correlation among the pairs that the hash alone would hold
  for (std::size_t a = 0; a < kPeople; ++a) {
    for (std::size_t b = a + 1; b < kPeople; ++b) {
      const int bits = distance(hashes[a], hashes[b]);
      distances.push_back(bits);
      if (bits > kLookAlikeDistance + 20) continue;
      highest_near = std::max(highest_near, similarity(tiles[a].view(), tiles[b].view()));
      if (look_alike(tiles[a].view(), tiles[b].view())) ++alike;
    }
  }
  std::ranges::sort(distances);
  const auto quantile = [&](double q) {
    return distances[static_cast<std::size_t>(q * static_cast<double>(distances.size() - 1))];
  };
  std::printf(
      "pairs %zu: distance min %d, 0.01%% %d, 0.1%% %d, 1%% %d, 50%% %d; highest similarity of near pairs "
      "%.4f\n",
      distances.size(), quantile(0), quantile(0.0001), quantile(0.001), quantile(0.01), quantile(0.5),
      highest_near);
  EXPECT_EQ(alike, 0);
  EXPECT_GT(quantile(0.01), kLookAlikeDistance);
}

TEST(PortraitHash, TheTileHashesLikeThePictureItself) {
  const Image image = face(3);
  EXPECT_EQ(portrait_hash(portrait_tile(image.view()).view()), portrait_hash(image.view()));
}

TEST(PortraitHash, HalfOfTheBitsAreSet) {
  const PortraitHash hash = portrait_hash(face(1).view());
  EXPECT_NEAR(distance(hash, PortraitHash{}), 128, 1);
}

TEST(PortraitHash, GreyAndColourOfTheSamePictureAgree) {
  const Image colour = face(4);
  Image grey(colour.width, colour.height, 1);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    const std::uint8_t* p = &colour.pixels[3 * i];
    grey.pixels[i] = static_cast<std::uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
  }
  EXPECT_LE(distance(portrait_hash(colour.view()), portrait_hash(grey.view())), 4);
}

TEST(PortraitTile, AveragesAreas) {
  Image image(128, 128, 1, 0);
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; ++x) image.row(y)[x] = (x + y) % 2 == 0 ? 200 : 100;
  }
  const Image tile = portrait_tile(image.view());
  EXPECT_THAT(tile.pixels, testing::Each(150));
  EXPECT_EQ(tile.width, kTileSide);
  EXPECT_EQ(tile.channels, 1);
}

TEST(PortraitTile, WorksForPicturesSmallerThanTheTile) {
  Image image(1, 2, 1, 0);
  image.pixels = {40, 200};
  const Image tile = portrait_tile(image.view());
  EXPECT_EQ(tile.row(0)[0], 40);
  EXPECT_EQ(tile.row(63)[63], 200);
}

TEST(Similarity, IsNothingForEmptyOrPlainPictures) {
  const Image plain(50, 50, 3, 90);
  const Image image = face(1);
  EXPECT_EQ(similarity(plain.view(), image.view()), 0);
  EXPECT_EQ(similarity(ImageView{}, image.view()), 0);
  EXPECT_EQ(portrait_hash(plain.view()), PortraitHash{});
  EXPECT_EQ(portrait_hash(ImageView{}), PortraitHash{});
  EXPECT_FALSE(look_alike(plain.view(), plain.view())) << "two plain pictures say nothing about a person";
}

TEST(Similarity, OfANegativeIsMinusOne) {
  const Image image = portrait_tile(face(2).view());
  Image negative = image;
  for (auto& p : negative.pixels) p = static_cast<std::uint8_t>(255 - p);
  EXPECT_NEAR(similarity(image.view(), negative.view()), -1, 1e-6);
}

TEST(PortraitHashText, ReadsBackWhatItWroteAndHoldsNoSixteenDigitsInARow) {
  PortraitHash hash;
  hash.bits = {0x12345678ABCDEF01, 0x99999999AAAAAAAA, 0, 0xFFFFFFFFFFFFFFFF};
  const std::string text = to_string(hash);
  EXPECT_EQ(text, "12345678-abcdef01-99999999-aaaaaaaa-00000000-00000000-ffffffff-ffffffff");
  EXPECT_EQ(portrait_hash_from(text), hash);
}

TEST(PortraitHashText, RefusesOtherShapes) {
  const std::string good = to_string(portrait_hash(face(1).view()));
  EXPECT_TRUE(portrait_hash_from(good));
  EXPECT_FALSE(portrait_hash_from(good.substr(1)));
  EXPECT_FALSE(portrait_hash_from(good + "0"));
  std::string bad = good;
  bad[8] = '0';
  EXPECT_FALSE(portrait_hash_from(bad));
  bad = good;
  bad[0] = 'x';
  EXPECT_FALSE(portrait_hash_from(bad));
  EXPECT_FALSE(portrait_hash_from(""));
}

TEST(PortraitIndex, FindsWhatIsNearNearestFirst) {
  PortraitHash base;
  base.bits = {~0ull, 0, ~0ull, 0};
  PortraitHash off3 = base;
  off3.bits[1] = 0b111;
  PortraitHash off40 = base;
  off40.bits[3] = (1ull << 40) - 1;
  PortraitIndex index;
  index.add("forty", off40);
  index.add("three", off3);
  index.add("same", base);
  const auto matches = index.find(base);
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[0].id, "same");
  EXPECT_EQ(matches[0].distance, 0);
  EXPECT_EQ(matches[1].id, "three");
  EXPECT_EQ(matches[1].distance, 3);
  EXPECT_THAT(index.find(base, 40), SizeIs(3));
  EXPECT_THAT(index.find(base, 39), SizeIs(2)) << "the radius is the last distance that counts";
}

TEST(PortraitIndex, BlankHashesMatchNothing) {
  PortraitIndex index;
  index.add("blank", PortraitHash{});
  EXPECT_EQ(index.size(), 0u);
  index.add("face", portrait_hash(face(1).view()));
  EXPECT_THAT(index.find(PortraitHash{}, 256), IsEmpty());
}

}  // namespace
}  // namespace ktp::identity
