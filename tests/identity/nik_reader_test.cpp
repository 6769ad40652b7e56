// SPDX-License-Identifier: Apache-2.0
// Error rates are measured by tests/bench/identity; here each promise on a few cards.
#include "identity/nik_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "inspection/sample_cards.hpp"

namespace ktp::identity {
namespace {

using testing::Contains;
using testing::IsEmpty;

const Face& face(std::uint64_t seed, double dpi = 300) {
  static std::map<std::pair<std::uint64_t, double>, Face> made;
  auto [at, fresh] = made.try_emplace({seed, dpi});
  if (fresh) at->second = samples::CardMaker(dpi).make(seed).front;
  return at->second;
}

const NikReader& reader() {
  static const auto made = NikReader::make(*face(1).atlas, face(1).px_per_mm(), face(1).layout.at("nik"));
  return *made;
}

std::string nik_of(const Face& front) {
  std::string text;
  for (const GlyphCell& glyph : front.glyphs) text += glyph.character;
  return text;
}

// The picture turned about its middle and moved, millimetres and degrees; nearest pixel of a fourfold blow-up
// is fine enough here.
Image moved(const Face& front, double dx, double dy, double degrees) {
  const Image& from = front.image;
  Image to(from.width, from.height);
  const double s = front.px_per_mm(), c = std::cos(degrees * 0.0174533), sn = std::sin(degrees * 0.0174533);
  for (int y = 0; y < to.height; ++y) {
    for (int x = 0; x < to.width; ++x) {
      const double u = x - to.width / 2.0, v = y - to.height / 2.0;
      const double a = c * u - sn * v + to.width / 2.0 - dx * s,
                   b = sn * u + c * v + to.height / 2.0 - dy * s;
      const int i = std::clamp(static_cast<int>(a), 0, to.width - 2),
                j = std::clamp(static_cast<int>(b), 0, to.height - 2);
      const double fx = std::clamp(a - i, 0.0, 1.0), fy = std::clamp(b - j, 0.0, 1.0);
      for (int k = 0; k < 3; ++k) {
        const auto at = [&](int p, int q) { return from.row(q)[3 * p + k]; };
        to.row(y)[3 * x + k] =
            static_cast<std::uint8_t>((at(i, j) * (1 - fx) + at(i + 1, j) * fx) * (1 - fy) +
                                      (at(i, j + 1) * (1 - fx) + at(i + 1, j + 1) * fx) * fy);
      }
    }
  }
  return to;
}

BoxPx cell_of(const Face& front, std::size_t digit) {
  const BoxMm& c = front.glyphs[digit].cell;
  const double s = front.px_per_mm();
  return {static_cast<int>(c.x * s), static_cast<int>(c.y * s), static_cast<int>(c.w * s),
          static_cast<int>(c.h * s)};
}

void cover(Image& image, const BoxPx& box, std::uint8_t level) {
  for (int y = box.y; y < box.y + box.h; ++y)
    std::fill_n(image.row(y) + 3 * static_cast<std::ptrdiff_t>(box.x), 3 * box.w, level);
}

// Another digit into a cell of the picture.
void overprint(Face& front, std::size_t at, char digit) {
  const BoxPx cell = cell_of(front, at);
  const Image& glyph = front.atlas->digits[static_cast<std::size_t>(digit - '0')];
  for (int y = 0; y < glyph.height; ++y)
    for (int x = 0; x < glyph.width; ++x)
      for (int k = 0; k < 3; ++k)
        front.image.row(cell.y + y)[3 * (cell.x + x) + k] =
            static_cast<std::uint8_t>(glyph.row(y)[x] * 200 / 255 + 10);
}

TEST(NikReader, ReadsEveryCardWithoutBeingToldAtBothResolutions) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    for (const double dpi : {300.0, 600.0}) {
      const NikReading reading = reader().read(face(seed, dpi).image.view());
      EXPECT_EQ(reading.text, nik_of(face(seed, dpi))) << seed << ' ' << dpi;
      EXPECT_TRUE(reading.certain) << seed;
      EXPECT_GT(reading.confidence, 0.8);
    }
  }
}

TEST(NikReader, FindsTheLineThatIsOffItsPlaceOrTurned) {
  for (const auto& [dx, dy, turn] : {std::tuple(1.5, 0.0, 0.0), std::tuple(-1.5, 1.0, 0.0),
                                     std::tuple(0.0, -1.2, 1.0), std::tuple(0.3, 0.2, -0.8)}) {
    const Image picture = moved(face(2), dx, dy, turn);
    EXPECT_EQ(reader().read(picture.view()).text, nik_of(face(2))) << dx << ' ' << dy << ' ' << turn;
  }
}

TEST(NikReader, ACellsBoxIsWhereTheDigitStands) {
  for (const double dpi : {300.0, 600.0}) {
    const NikReading reading = reader().read(face(3, dpi).image.view());
    for (std::size_t i = 0; i < kNikDigits; ++i) {
      const BoxPx want = cell_of(face(3, dpi), i), got = reading.digits[i].box;
      const double mm = face(3, dpi).px_per_mm();
      EXPECT_NEAR((got.x + got.w / 2.0) / mm, (want.x + want.w / 2.0) / mm, 0.25) << i;
    }
  }
}

TEST(NikReader, GreyAndColourReadTheSame) {
  Image grey(face(4).image.width, face(4).image.height, 1);
  for (int y = 0; y < grey.height; ++y)
    for (int x = 0; x < grey.width; ++x) grey.row(y)[x] = face(4).image.row(y)[3 * x + 1];
  EXPECT_EQ(reader().read(grey.view()).text, nik_of(face(4)));
}

TEST(NikReader, ACoveredDigitCannotBeTold) {
  for (const std::uint8_t level : {std::uint8_t{10}, std::uint8_t{200}}) {
    Face front = face(5);
    cover(front.image, cell_of(front, 9), level);
    const NikReading reading = reader().read(front.image.view());
    std::string want = nik_of(front);
    want[9] = '?';
    EXPECT_EQ(reading.text, want);
    EXPECT_FALSE(reading.certain);
    EXPECT_LT(reading.confidence, NikReader::kCertain);
  }
}

TEST(NikReader, NeverInventsADigitThatIsHalfCovered) {
  for (std::size_t at = 0; at < kNikDigits; ++at) {
    for (const bool left : {true, false}) {
      Face front = face(6);
      BoxPx half = cell_of(front, at);
      half.w = half.w * 11 / 20;
      if (!left) half.x += cell_of(front, at).w - half.w;
      cover(front.image, half, 190);
      const char said = reader().read(front.image.view()).digits[at].digit;
      EXPECT_TRUE(said == '?' || said == nik_of(front)[at]) << at << ' ' << left << ' ' << said;
    }
  }
}

TEST(NikReader, AnotherPrintedDigitIsReadAsItStandsThere) {
  for (const char digit : {'0', '3', '6', '8', '1', '7'}) {
    Face front = face(7);
    overprint(front, 14, digit);
    EXPECT_EQ(reader().read(front.image.view()).digits[14].digit, digit);
  }
}

TEST(NikReader, AnImpossibleNumberIsReadButNotCertain) {
  Face front = face(8);
  overprint(front, 8, '1');  // month 19
  overprint(front, 9, '9');
  const NikReading reading = reader().read(front.image.view());
  std::string want = nik_of(front);
  want[8] = '1', want[9] = '9';
  EXPECT_EQ(reading.text, want) << "what stands there is said, not what should";
  EXPECT_THAT(reading.doubts, Contains("month of birth"));
  EXPECT_FALSE(reading.certain);
  EXPECT_LE(reading.confidence, 0.5);
}

TEST(NikReader, AnUnknownRegionIsADoubtAndAKnownOneIsNot) {
  const auto known =
      reader().read(face(9).image.view(), [](std::string_view six) { return six == "321699"; });
  EXPECT_THAT(known.doubts, IsEmpty());
  const auto unknown = reader().read(face(9).image.view(), [](std::string_view) { return false; });
  EXPECT_THAT(unknown.doubts, Contains("region"));
  EXPECT_EQ(unknown.text, known.text);
}

TEST(NikReader, PicturesWithoutALineGiveNothing) {
  EXPECT_EQ(reader().read({}).text, "");
  EXPECT_EQ(reader().read(Image(1011, 638, 3, 128).view()).text, "");
  EXPECT_EQ(reader().read(Image(300, 190, 3, 128).view()).text, "") << "coarser than 150 dpi";
  EXPECT_EQ(reader().read(samples::CardMaker(300).make(1).back.image.view()).text, "");
  Image noise(1011, 638, 1);
  std::uint32_t state = 1;
  for (auto& p : noise.pixels) p = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_EQ(reader().read(noise.view()).text, "");
}

TEST(NikReader, RefusesAnAtlasThatCannotBeReadBy) {
  const BoxMm zone = face(1).layout.at("nik");
  EXPECT_FALSE(NikReader::make({}, 12, zone));
  EXPECT_FALSE(NikReader::make(*face(1).atlas, 0, zone));
  EXPECT_FALSE(NikReader::make(*face(1).atlas, 12, {}));
  DigitAtlas blank = *face(1).atlas;
  for (Image& d : blank.digits) std::ranges::fill(d.pixels, 255);
  EXPECT_FALSE(NikReader::make(blank, 12, zone));
  DigitAtlas twice = *face(1).atlas;
  twice.digits[3] = twice.digits[8];
  EXPECT_FALSE(NikReader::make(twice, face(1).px_per_mm(), zone));
}

}  // namespace
}  // namespace ktp::identity
