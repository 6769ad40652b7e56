// SPDX-License-Identifier: Apache-2.0
// The parts of a face that are not plain text, the back, and that resolution and threads change nothing.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <thread>

#include "artwork/card_fixture.hpp"

namespace ktp::artwork {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Nik, StandsInSixteenEvenCells) {
  for (const double dpi : {300.0, 600.0}) {
    const Face face = front(some_order(), dpi);
    ASSERT_THAT(face.glyphs, SizeIs(16));
    const double pitch = face.layout.at("nik").w / 16;
    for (std::size_t i = 0; i < 16; ++i) {
      EXPECT_EQ(face.glyphs[i].field, "nik");
      EXPECT_EQ(face.glyphs[i].character, "3216991708900234"[i]);
      EXPECT_NEAR(face.glyphs[i].cell.x, face.layout.at("nik").x + static_cast<double>(i) * pitch,
                  0.51 / face.px_per_mm());
      const double px = face.glyphs[i].cell.x * face.px_per_mm();
      EXPECT_NEAR(px, std::round(px), 1e-6) << "cells begin on whole pixels";
    }
  }
}

TEST(Nik, TheAtlasHasTenDifferentDigitsOfTheCellsSize) {
  const Face face = front(some_order());
  ASSERT_TRUE(face.atlas);
  ASSERT_THAT(face.atlas->digits, SizeIs(10));
  for (std::size_t a = 0; a < 10; ++a) {
    const Image& digit = face.atlas->digits[a];
    EXPECT_EQ(digit.channels, 1);
    EXPECT_EQ(digit.width, std::lround(face.glyphs[0].cell.w * face.px_per_mm()));
    EXPECT_EQ(digit.height, std::lround(face.glyphs[0].cell.h * face.px_per_mm()));
    int border = 0;
    for (int x = 0; x < digit.width; ++x)
      border += digit.row(0)[x] < 255 || digit.row(digit.height - 1)[x] < 255 ? 1 : 0;
    for (int y = 0; y < digit.height; ++y)
      border += digit.row(y)[0] < 255 || digit.row(y)[digit.width - 1] < 255 ? 1 : 0;
    EXPECT_EQ(border, 0) << "digit " << a << " touches the edge of its cell";
    for (std::size_t b = 0; b < a; ++b) EXPECT_NE(digit.pixels, face.atlas->digits[b].pixels);
  }
}

TEST(Nik, ACellOfTheFaceIsItsAtlasDigitInkedOverThePaper) {
  const Face face = front(some_order());
  const Face other = front(with("nik", "3216999999999999"));  // the same paper elsewhere inked
  for (const GlyphCell& glyph : face.glyphs) {
    const auto digit = static_cast<std::size_t>(glyph.character - '0');
    const Image& cover = face.atlas->digits[digit];
    const Image& nine = face.atlas->digits[9];
    const int x0 = static_cast<int>(std::lround(glyph.cell.x * face.px_per_mm()));
    const int y0 = static_cast<int>(std::lround(glyph.cell.y * face.px_per_mm()));
    for (int y = 0; y < cover.height; ++y) {
      for (int x = 0; x < cover.width; ++x) {
        const std::uint8_t* p = face.image.row(y0 + y) + 3 * (x0 + x);
        if (cover.row(y)[x] == 0) {
          ASSERT_LT(p[0] + p[1] + p[2], 60) << "full ink";
        }
        if (cover.row(y)[x] == 255 && nine.row(y)[x] == 255) {
          ASSERT_TRUE(std::equal(p, p + 3, other.image.row(y0 + y) + 3 * (x0 + x))) << "bare paper";
        }
      }
    }
  }
}

TEST(Nik, IsReadBackByComparingWithTheAtlas) {
  const std::string nik = "3216995112670468";
  const Face face = front(with("nik", nik));
  std::string read;
  for (const GlyphCell& glyph : face.glyphs) {
    const int x0 = static_cast<int>(std::lround(glyph.cell.x * face.px_per_mm()));
    const int y0 = static_cast<int>(std::lround(glyph.cell.y * face.px_per_mm()));
    std::array<double, 10> error{};
    for (std::size_t d = 0; d < 10; ++d) {
      const Image& digit = face.atlas->digits[d];
      for (int y = 0; y < digit.height; ++y) {
        for (int x = 0; x < digit.width; ++x)
          error[d] += std::abs(digit.row(y)[x] - face.image.row(y0 + y)[3 * (x0 + x)]);
      }
    }
    read += static_cast<char>('0' + std::distance(error.begin(), std::ranges::min_element(error)));
  }
  EXPECT_EQ(read, nik);
}

TEST(Portrait, IsCutFromTheMiddleToItsShape) {
  Image wide(900, 400, 3);  // only the middle third, 300 x 400, belongs on the card
  for (int y = 0; y < 400; ++y) {
    for (int x = 0; x < 900; ++x) {
      const bool middle = x >= 300 && x < 600;
      wide.row(y)[3 * x] = middle ? 0 : 255;
      wide.row(y)[3 * x + 1] = middle ? 160 : 0;
    }
  }
  const Face face = shipped_template()->render(some_order(), wide, {}, Side::front, 300).value();
  const BoxMm box = face.layout.at("portrait");
  EXPECT_NEAR(box.w / box.h, 0.75, 0.01);
  const double in = 1.2 / face.px_per_mm();
  for (const double x : {box.x + in, box.x + box.w / 2, box.x + box.w - in}) {
    for (const double y : {box.y + in, box.y + box.h / 2}) {
      EXPECT_EQ(pixel_at(face, x, y)[0], 0) << "no margin of the picture at " << x << ", " << y;
      EXPECT_EQ(pixel_at(face, x, y)[1], 160);
    }
  }
}

TEST(Portrait, OfAnySizeFillsItsBox) {
  for (const auto& [w, h] : {std::pair{1, 1}, {2, 300}, {300, 2}, {90, 120}, {3000, 4000}}) {
    const Image plain(w, h, 3, 200);
    const Face face = shipped_template()->render(some_order(), plain, {}, Side::front, 300).value();
    const BoxMm box = face.layout.at("portrait");
    EXPECT_EQ(pixel_at(face, box.x + 0.1, box.y + 0.1)[0], 200) << w << " x " << h;
    EXPECT_EQ(pixel_at(face, box.x + box.w - 0.1, box.y + 0.1)[2], 200) << w << " x " << h;
  }
}

TEST(Portrait, CarriesTheSpecimenMarkOnDarkAndOnWhite) {
  for (const int grey : {20, 90, 255}) {
    const Image plain(300, 400, 3, static_cast<std::uint8_t>(grey));
    const Face face = shipped_template()->render(some_order(), plain, {}, Side::front, 300).value();
    const BoxMm box = face.layout.at("portrait");
    int marked = 0;
    for (double x = box.x + 0.2; x < box.x + box.w - 0.2; x += 0.1) {
      for (double y = box.y + 0.2; y < box.y + box.h - 0.2; y += 0.1)
        marked += std::abs(pixel_at(face, x, y)[0] - grey) > 25 ? 1 : 0;
    }
    EXPECT_GT(marked, 300) << "on grey " << grey;
  }
}

TEST(Signature, IsOptionalAndItsWhitePaperDoesNotShow) {
  const auto none = shipped_template()->render(some_order(), some_portrait(), {}, Side::front, 300).value();
  const Image white(300, 100, 3, 255);
  const auto blank =
      shipped_template()->render(some_order(), some_portrait(), white, Side::front, 300).value();
  EXPECT_EQ(difference(none, blank).pixels, 0);
  const Extent ink = difference(none, front(some_order()));
  const BoxMm box = none.layout.at("signature");
  EXPECT_GT(ink.pixels, 100);
  EXPECT_GE(ink.left, box.x - 0.1);
  EXPECT_LE(ink.right, box.x + box.w + 0.1);
  EXPECT_GE(ink.top, box.y - 0.1);
  EXPECT_LE(ink.bottom, box.y + box.h + 0.1);
}

TEST(Signature, OfAnyShapeStaysInItsBox) {
  const auto none = shipped_template()->render(some_order(), some_portrait(), {}, Side::front, 300).value();
  const BoxMm box = none.layout.at("signature");
  for (const auto& [w, h] : {std::pair{1, 1}, {1, 3000}, {3000, 1}, {50, 50}}) {
    const Image black(w, h, 3, 0);
    const auto face =
        shipped_template()->render(some_order(), some_portrait(), black, Side::front, 300).value();
    const Extent ink = difference(none, face);
    EXPECT_GT(ink.pixels, 0);
    EXPECT_TRUE(ink.left >= box.x - 0.1 && ink.right <= box.x + box.w + 0.1 && ink.top >= box.y - 0.1 &&
                ink.bottom <= box.y + box.h + 0.1);
  }
}

TEST(Back, HoldsNothingPersonal) {
  const auto a =
      shipped_template()->render(some_order(), some_portrait(), some_signature(), Side::back, 300).value();
  Order order;
  order.field("nama") = "SITI";
  const auto b = shipped_template()->render(order, {}, {}, Side::back, 300).value();
  EXPECT_EQ(a.image.pixels, b.image.pixels);
  EXPECT_THAT(a.glyphs, IsEmpty());
  EXPECT_EQ(a.atlas, nullptr);
  EXPECT_TRUE(a.layout.contains("title"));
}

TEST(Back, HasTextureAllOverForTheInspectionToSee) {
  const auto back = shipped_template()->render(some_order(), {}, {}, Side::back, 300).value();
  constexpr int kTile = 118;  // a square centimetre
  for (int ty = 0; ty + kTile <= back.image.height; ty += kTile) {
    for (int tx = 0; tx + kTile <= back.image.width; tx += kTile) {
      int low = 255;
      int high = 0;
      for (int y = ty; y < ty + kTile; ++y) {
        for (int x = tx; x < tx + kTile; ++x) {
          low = std::min<int>(low, back.image.row(y)[3 * x]);
          high = std::max<int>(high, back.image.row(y)[3 * x]);
        }
      }
      EXPECT_GT(high - low, 12) << "at " << tx << ", " << ty;
    }
  }
}

TEST(Scale, SixHundredDpiShrunkLooksLikeThreeHundred) {
  const Face small = front(some_order(), 300);
  const Face large = front(some_order(), 600);
  double sum = 0;
  for (int y = 0; y + 1 < large.image.height; y += 2) {
    for (int x = 0; x + 1 < large.image.width; x += 2) {
      const int mean = (large.image.row(y)[3 * x] + large.image.row(y)[3 * x + 3] +
                        large.image.row(y + 1)[3 * x] + large.image.row(y + 1)[3 * x + 3]) /
                       4;
      sum += std::abs(mean - small.image.row(y / 2)[3 * (x / 2)]);
    }
  }
  // Letters stand on whole pixels, which costs 2.1; with hinting it would be 2.8.
  EXPECT_LT(sum / (small.image.width * small.image.height), 2.4)
      << "letters do not move or change with the resolution";
}

TEST(Threads, RenderTheSameAsOne) {
  std::vector<Order> orders;
  for (const char* name :
       {"BUDI", "SITI AMINAH", "RADEN MAS MUHAMMAD ABDURRAHMAN WAHID KUSUMADININGRAT", "NUR'AINI"})
    orders.push_back(with("nama", name));
  std::vector<Image> expected;
  for (const Order& order : orders) expected.push_back(front(order, 150).image);
  const auto fresh = Template::load(kTemplateFile).value();  // nothing cached yet
  std::vector<int> wrong(orders.size(), 0);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < orders.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 10; ++k) {
          const auto face = fresh->render(orders[i], some_portrait(), some_signature(), Side::front, 150);
          if (!face || face->image.pixels != expected[i].pixels || !fresh->check_fit(orders[i]).empty())
            ++wrong[i];
        }
      });
    }
  }
  EXPECT_THAT(wrong, testing::Each(0));
}

}  // namespace
}  // namespace ktp::artwork
