// SPDX-License-Identifier: Apache-2.0
// The search is exact: whatever the set, the radius and the means, it finds what comparing with every row
// finds.
#include "identity/portrait_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "temp_folder.hpp"

namespace ktp::identity {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Codes = std::vector<PortraitHash>;

PortraitHash any(std::mt19937_64& random) {
  return {{random(), random(), random(), random()}};
}

PortraitHash near_by(PortraitHash code, int bits, std::mt19937_64& random) {
  std::array<int, 256> order{};
  for (int i = 0; i < 256; ++i) order[static_cast<std::size_t>(i)] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (int i = 0; i < bits; ++i) {
    const auto b = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
    code.bits[b / 64] ^= 1ull << (b % 64);
  }
  return code;
}

// Random codes with neighbours of `centre` at every distance up to 60 strewn in.
Codes even_set(std::size_t count, const PortraitHash& centre, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Codes codes(count);
  for (auto& c : codes) c = any(random);
  for (int d = 0; d <= 60; ++d)
    for (int k = 0; k < 3; ++k) codes[random() % count] = near_by(centre, d, random);
  return codes;
}

std::vector<CodeMatch> by_comparing_all(const Codes& codes, const PortraitHash& wanted, int radius) {
  std::vector<CodeMatch> all;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const int d = distance(codes[i], wanted);
    if (d <= radius && codes[i] != PortraitHash{}) all.push_back({static_cast<std::uint32_t>(i), d});
  }
  std::ranges::sort(all, {}, [](const CodeMatch& m) { return std::pair(m.distance, m.row); });
  return all;
}

constexpr std::size_t kIndexed = PortraitSearch::kLeastIndexed + 1234;

TEST(Scan, EveryWayOfCountingBitsGivesTheSameRows) {
  std::mt19937_64 random(7);
  const PortraitHash centre = any(random);
  const Codes codes = even_set(3000, centre, 8);
  int tried = 0;
  for (const PopcountKind kind :
       {PopcountKind::portable, PopcountKind::popcnt, PopcountKind::avx2, PopcountKind::avx512}) {
    if (!available(kind)) continue;
    ++tried;
    for (const int radius : {0, 1, 31, 100, 128, 256}) {
      std::vector<CodeMatch> found;
      scan(codes, centre, radius, kind, 0, found);
      std::ranges::sort(found, {}, [](const CodeMatch& m) { return std::pair(m.distance, m.row); });
      EXPECT_EQ(found, by_comparing_all(codes, centre, radius)) << to_string(kind) << ' ' << radius;
    }
  }
  EXPECT_GE(tried, 1);
  EXPECT_TRUE(available(best_popcount()));
}

TEST(PortraitSearch, TheIndexFindsWhatComparingWithEveryRowFinds) {
  std::mt19937_64 random(11);
  const PortraitHash centre = any(random);
  const Codes codes = even_set(kIndexed, centre, 12);
  const auto set = PortraitSearch::build(codes);
  ASSERT_TRUE(set);
  ASSERT_TRUE(set->indexed());
  for (int i = 0; i < 12; ++i) {
    const PortraitHash wanted = near_by(centre, i * 3, random);
    for (const int radius : {0, 1, 7, 8, 15, 16, 23, 30, 31}) {
      SearchCost cost;
      EXPECT_EQ(set->find(wanted, radius, &cost), by_comparing_all(codes, wanted, radius))
          << i << ' ' << radius;
      EXPECT_TRUE(cost.used_index) << radius;
      EXPECT_LT(cost.compared, codes.size() / 100) << radius;
    }
  }
}

TEST(PortraitSearch, AWideRadiusIsScannedAndAsExact) {
  std::mt19937_64 random(13);
  const PortraitHash centre = any(random);
  const Codes codes = even_set(kIndexed, centre, 14);
  const auto set = PortraitSearch::build(codes);
  ASSERT_TRUE(set);
  SearchCost cost;
  EXPECT_EQ(set->find(centre, 100, &cost), by_comparing_all(codes, centre, 100));
  EXPECT_FALSE(cost.used_index);
}

TEST(PortraitSearch, ClusteredBitsFallBackToTheScanAndAreNamed) {
  std::mt19937_64 random(15);
  Codes codes = even_set(kIndexed, any(random), 16);
  // A whole-card hash: three quarters of the bits are the layout's.
  for (auto& c : codes) c.bits[0] = 0x1234567890ABCDEF, c.bits[1] = 0xF0F0F0F0F0F0F0F0, c.bits[2] = 42;
  const auto set = PortraitSearch::build(codes);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->health().constant_bits, 192u);
  for (const double entropy : set->health().chunk_entropy)
    EXPECT_LT(entropy, set->health().directory_bits - 3);
  SearchCost cost;
  EXPECT_EQ(set->find(codes[77], 31, &cost), by_comparing_all(codes, codes[77], 31));
  EXPECT_FALSE(cost.used_index);
}

TEST(PortraitSearch, ManyRowsOfOneCodeEndInAScanNotInAFlood) {
  std::mt19937_64 random(17);
  Codes codes(kIndexed);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = i % 3 ? any(random) : PortraitHash{{1, 2, 3, 4}};
  const auto set = PortraitSearch::build(codes);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->find({{1, 2, 3, 4}}, 31), by_comparing_all(codes, {{1, 2, 3, 4}}, 31));
}

TEST(PortraitSearch, AnEvenSetHasNearlyAllTheEntropyOfItsDirectory) {
  std::mt19937_64 random(19);
  const auto set = PortraitSearch::build(even_set(kIndexed, any(random), 20));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->health().constant_bits, 0u);
  for (const double entropy : set->health().chunk_entropy)
    EXPECT_GT(entropy, set->health().directory_bits - 0.3);
}

TEST(PortraitSearch, BlankHashesMatchNothing) {
  const auto set = PortraitSearch::build({PortraitHash{}, {{1, 0, 0, 0}}, PortraitHash{}});
  ASSERT_TRUE(set);
  EXPECT_THAT(set->find({}, 256), IsEmpty());
  EXPECT_THAT(set->find({{1, 0, 0, 0}}, 256), ElementsAre(CodeMatch{1, 0}));
  EXPECT_THAT(PortraitSearch::build({})->find({{1, 0, 0, 0}}, 256), IsEmpty());
}

class SetFile : public testing::Test {
 protected:
  test::TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "set";

  void write(const Codes& codes) {
    const auto written =
        PortraitSearch::write(file_, codes.size(), [&](std::span<PortraitHash> room) -> Result<void> {
          std::ranges::copy(codes, room.begin());
          return {};
        });
    ASSERT_TRUE(written) << written.error().message;
  }
  std::string bytes() {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& all) { std::ofstream(file_, std::ios::binary | std::ios::trunc) << all; }
};

TEST_F(SetFile, AMappedSetFindsTheSameAsOneInMemory) {
  std::mt19937_64 random(23);
  const PortraitHash centre = any(random);
  for (const std::size_t count : {std::size_t{0}, std::size_t{500}, kIndexed}) {
    const Codes codes = count ? even_set(count, centre, 24) : Codes{};
    write(codes);
    const auto set = PortraitSearch::open(file_);
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->size(), count);
    EXPECT_EQ(set->indexed(), count == kIndexed);
    EXPECT_EQ(set->find(centre, 31), by_comparing_all(codes, centre, 31));
  }
  EXPECT_FALSE(std::filesystem::exists(file_.string() + ".part"));
}

TEST_F(SetFile, WhatCannotBeFilledLeavesNoFile) {
  const auto written = PortraitSearch::write(
      file_, 10, [](std::span<PortraitHash>) -> Result<void> { return fail(ErrorCode::bad_data, "no"); });
  EXPECT_FALSE(written);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SetFile, OtherFilesCutOnesAndDamagedHeadsAreRefusedByName) {
  EXPECT_EQ(PortraitSearch::open(file_).error().code, ErrorCode::input_missing);
  std::mt19937_64 random(25);
  write(even_set(500, any(random), 26));
  const std::string good = bytes();
  put(good.substr(0, good.size() - 1));
  ASSERT_FALSE(PortraitSearch::open(file_));
  EXPECT_THAT(PortraitSearch::open(file_).error().message, testing::HasSubstr("bytes, must be"));
  put(good.substr(0, 20));
  EXPECT_FALSE(PortraitSearch::open(file_));
  put("x" + good.substr(1));
  EXPECT_FALSE(PortraitSearch::open(file_));
  for (std::size_t i = 8; i < 104; ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    put(bad);
    EXPECT_FALSE(PortraitSearch::open(file_)) << "byte " << i;
  }
  put(good);
  EXPECT_TRUE(PortraitSearch::open(file_));
}

TEST_F(SetFile, ADamagedIndexIsSearchedWithinItsBounds) {
  std::mt19937_64 random(27);
  const PortraitHash centre = any(random);
  const Codes codes = even_set(kIndexed, centre, 28);
  write(codes);
  std::string bad = bytes();
  const std::size_t index = 4096 + codes.size() * 32 + 8192;
  for (std::size_t i = index; i < bad.size(); i += 3) bad[i] = static_cast<char>(random());
  put(bad);
  const auto set = PortraitSearch::open(file_);
  ASSERT_TRUE(set);
  for (const CodeMatch& m : set->find(centre, 31)) EXPECT_EQ(distance(codes[m.row], centre), m.distance);
}

TEST(LookAlikes, TheSecondComparisonDecides) {
  Image face(64, 64, 1), other(64, 64, 1);
  std::mt19937_64 random(31);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      face.row(y)[x] =
          static_cast<std::uint8_t>(128 + 60 * std::sin(x * 0.2) * std::cos(y * 0.17) + (x * y) % 23);
      other.row(y)[x] = static_cast<std::uint8_t>(random());
    }
  }
  const PortraitHash hash = portrait_hash(face.view());
  const auto set = PortraitSearch::build({hash, hash, hash});
  ASSERT_TRUE(set);
  const auto found = look_alikes(*set, face.view(), [&](std::uint32_t row) {
    return row == 0 ? face : row == 1 ? other : Image{};
  });
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].match.row, 0u);
  EXPECT_TRUE(found[0].decided);
  EXPECT_EQ(found[1].match.row, 2u) << "one without a picture is kept for a person";
  EXPECT_FALSE(found[1].decided);
}

}  // namespace
}  // namespace ktp::identity
