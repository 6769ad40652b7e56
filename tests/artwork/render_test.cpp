// SPDX-License-Identifier: Apache-2.0
// What a rendered face must be: the properties that printing and inspection rely on.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <thread>

#include "artwork/card_fixture.hpp"

namespace ktp::artwork {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

struct Extent {
  double left = 1e9, top = 1e9, right = -1, bottom = -1;  // millimetres
  int pixels = 0;
};

// Where two faces differ, in millimetres of the card.
Extent difference(const Face& a, const Face& b) {
  Extent e;
  for (int y = 0; y < a.image.height; ++y) {
    for (int x = 0; x < a.image.width; ++x) {
      if (std::equal(a.image.row(y) + 3 * x, a.image.row(y) + 3 * x + 3, b.image.row(y) + 3 * x)) continue;
      e.left = std::min(e.left, x / a.px_per_mm());
      e.right = std::max(e.right, (x + 1) / a.px_per_mm());
      e.top = std::min(e.top, y / a.px_per_mm());
      e.bottom = std::max(e.bottom, (y + 1) / a.px_per_mm());
      ++e.pixels;
    }
  }
  return e;
}

// Rows of pixels of a field's box that hold dark ink, as runs: one run a line of text.
int lines_of_text(const Face& face, const std::string& field) {
  const BoxMm box = face.layout.at(field);
  const double scale = face.px_per_mm();
  int lines = 0;
  bool inside = false;
  for (int y = static_cast<int>(box.y * scale); y < static_cast<int>((box.y + box.h) * scale); ++y) {
    bool ink = false;
    for (int x = static_cast<int>(box.x * scale); x < static_cast<int>((box.x + box.w) * scale); ++x) {
      ink = ink || face.image.row(y)[3 * x] < 60;
    }
    if (ink && !inside) ++lines;
    inside = ink;
  }
  return lines;
}

const std::uint8_t* pixel_at(const Face& face, double x_mm, double y_mm) {
  return face.image.row(static_cast<int>(y_mm * face.px_per_mm())) +
         3 * static_cast<int>(x_mm * face.px_per_mm());
}

TEST(Face, HasExactlyTheSizeOfTheCard) {
  for (const double dpi : {100.0, 150.0, 203.0, 300.0, 299.7, 600.0}) {
    for (const Side side : {Side::front, Side::back}) {
      const auto face =
          shipped_template()->render(some_order(), some_portrait(), some_signature(), side, dpi);
      ASSERT_TRUE(face) << face.error().message;
      EXPECT_EQ(face->image.width, face_size(dpi).width);
      EXPECT_EQ(face->image.height, face_size(dpi).height);
      EXPECT_EQ(face->image.pixels.size(),
                static_cast<std::size_t>(face->image.width) * face->image.height * 3);
      EXPECT_EQ(face->side, side);
      EXPECT_EQ(face->dpi, dpi);
    }
  }
}

TEST(Face, ResolutionsOutsideTheRangeAreErrors) {
  for (const double dpi : {0.0, -300.0, 99.0, 1201.0, std::nan("")}) {
    EXPECT_FALSE(
        shipped_template()->render(some_order(), some_portrait(), some_signature(), Side::front, dpi))
        << dpi;
    EXPECT_FALSE(shipped_template()->render(some_order(), {}, {}, Side::back, dpi)) << dpi;
  }
}

TEST(Face, TheSameOrderGivesTheSamePixels) {
  EXPECT_EQ(front(some_order()).image.pixels, front(some_order()).image.pixels);
}

TEST(Front, LayoutNamesEveryField) {
  const Face face = front(some_order());
  for (const char* name : {"header", "nik", "name", "birth", "sex", "blood", "address", "rt_rw", "village",
                           "district", "religion", "marital", "occupation", "citizenship", "valid_until",
                           "portrait", "issue_place", "issue_date", "signature"}) {
    ASSERT_TRUE(face.layout.contains(name)) << name;
    const BoxMm box = face.layout.at(name);
    EXPECT_TRUE(box.x >= 0 && box.y >= 0 && box.x + box.w <= kCardWidthMm && box.y + box.h <= kCardHeightMm)
        << name;
  }
}

TEST(Front, BoxesDoNotOverlap) {
  const Face face = front(some_order());
  for (const auto& [a, p] : face.layout) {
    for (const auto& [b, q] : face.layout) {
      if (a >= b) continue;
      const double wide = std::min(p.x + p.w, q.x + q.w) - std::max(p.x, q.x);
      const double high = std::min(p.y + p.h, q.y + q.h) - std::max(p.y, q.y);
      EXPECT_FALSE(wide > 1e-6 && high > 1e-6) << a << " and " << b;
    }
  }
}

// The heart of the matter: a value is printed, and nowhere but in its box.
TEST(Front, AnotherValueChangesItsOwnBoxAndNothingElse) {
  struct Case {
    const char *column, *value, *field;
  };
  for (const double dpi : {300.0, 600.0}) {
    const Face before = front(some_order(), dpi);
    for (const Case& c :
         {Case{"nik", "3216995112671234", "nik"},
          Case{"nama", "SITI AMINAH", "name"},
          Case{"nama", "RADEN MAS MUHAMMAD ABDURRAHMAN WAHID KUSUMADININGRAT PUTRA", "name"},
          Case{"tempat_lahir", "CIKARANG", "birth"},
          Case{"tempat_lahir", "KEPULAUAN SIAU TAGULANDANG BIARO", "birth"},
          Case{"tanggal_lahir", "01-02-1971", "birth"},
          Case{"jenis_kelamin", "PEREMPUAN", "sex"},
          Case{"gol_darah", "AB+", "blood"},
          Case{"alamat", "JL. MELATI NO. 4", "address"},
          Case{"alamat", "PERUMAHAN TAMAN WISMA ASRI BLOK CC 24 NO. 17 JL. RAYA UTAMA", "address"},
          Case{"rt", "11", "rt_rw"},
          Case{"rw", "28", "rt_rw"},
          Case{"kel_desa", "PANTAI HARAPANJAYA", "village"},
          Case{"kecamatan", "MUARA GEMBONG", "district"},
          Case{"agama", "KRISTEN", "religion"},
          Case{"status_perkawinan", "BELUM KAWIN", "marital"},
          Case{"pekerjaan", "TENTARA NASIONAL INDONESIA (TNI)", "occupation"},
          Case{"berlaku_hingga", "20-03-2025", "valid_until"},
          Case{"kode_wilayah", "32.75.01.1001", "header"},
          Case{"tempat_terbit", "KABUPATEN BEKASI", "issue_place"},
          Case{"tanggal_terbit", "11-12-2024", "issue_date"}}) {
      const Face after = front(with(c.column, c.value), dpi);
      const Extent seen = difference(before, after);
      const BoxMm box = before.layout.at(c.field);
      const double edge = 1 / before.px_per_mm();  // boxes end between pixels
      EXPECT_GT(seen.pixels, 20) << c.column << " = " << c.value << " is not printed";
      EXPECT_GE(seen.left, box.x - edge) << c.column << " = " << c.value;
      EXPECT_GE(seen.top, box.y - edge) << c.column << " = " << c.value;
      EXPECT_LE(seen.right, box.x + box.w + edge) << c.column << " = " << c.value;
      EXPECT_LE(seen.bottom, box.y + box.h + edge) << c.column << " = " << c.value;
    }
  }
}

TEST(Front, ColumnsThatAreNotOnTheCardChangeNothing) {
  const Face before = front(some_order());
  for (const char* column : {"order_id", "kode_pos", "foto", "tanda_tangan", "status"}) {
    EXPECT_EQ(difference(before, front(with(column, "X"))).pixels, 0) << column;
  }
}

TEST(Front, SpacesAroundAValueAreNotPrinted) {
  EXPECT_EQ(difference(front(some_order()), front(with("nama", "  BUDI SANTOSO "))).pixels, 0);
}

TEST(Front, RtAndRwArePaddedToThreeDigits) {
  Order order = with("rt", "3");
  order.field("rw") = "19";
  EXPECT_EQ(difference(front(some_order()), front(order)).pixels, 0);
}

TEST(Front, UnknownBloodTypeIsADash) {
  const Face dash = front(with("gol_darah", "-"));
  EXPECT_EQ(difference(dash, front(with("gol_darah", ""))).pixels, 0);
  EXPECT_EQ(difference(dash, front(with("gol_darah", "TIDAK TAHU"))).pixels, 0);
}

TEST(Front, BelieversCardSaysKepercayaanWhereOthersSayAgama) {
  const Face religion = front(some_order());
  const Face belief = front(with("agama", "KEPERCAYAAN TERHADAP TUHAN YME"));
  const Extent seen = difference(religion, belief);
  const BoxMm box = religion.layout.at("religion");
  EXPECT_LT(seen.left, 10) << "the label changes too";
  EXPECT_GE(seen.top, box.y - 0.1);
  EXPECT_LE(seen.bottom, box.y + box.h + 0.1);
}

TEST(Front, LongValuesWrapToTwoLines) {
  EXPECT_EQ(lines_of_text(front(some_order(), 600), "name"), 1);
  EXPECT_EQ(
      lines_of_text(front(with("nama", "RADEN MAS MUHAMMAD ABDURRAHMAN WAHID KUSUMADININGRAT"), 600), "name"),
      2);
  EXPECT_EQ(lines_of_text(front(with("alamat", "PERUMAHAN TAMAN WISMA ASRI BLOK CC 24 NO. 17 JL. RAYA"), 600),
                          "address"),
            2);
}

TEST(Front, EverySixtyLetterNameIsPrinted) {
  const std::string longest = "MUHAMMAD WAHYU KUSUMAWARDHANA MANGKUNEGARA WIRAATMADJA MUMMM";
  ASSERT_EQ(longest.size(), 60u);
  EXPECT_EQ(front_error(with("nama", longest)), "");
}

TEST(Front, WhatDoesNotFitIsAnErrorThatNamesItsColumn) {
  const std::string long_text =
      "PERUMAHAN GRIYA BEKASI PERMAI TAHAP TIGA BLOK M NOMOR SERATUS TUJUH PULUH DELAPAN JALAN RAYA";
  struct Case {
    const char* column;
    std::string value;
  };
  for (const Case& c :
       {Case{"nama", long_text}, Case{"alamat", long_text}, Case{"tempat_lahir", long_text},
        Case{"kel_desa", long_text}, Case{"pekerjaan", long_text}, Case{"tempat_terbit", long_text},
        Case{"gol_darah", "ENTAH BERAPA"}, Case{"rt", "1234567890123456789012345678901234567890"},
        Case{"nama", std::string(60, 'W')}}) {
    const Order order = with(c.column, c.value);
    EXPECT_THAT(front_error(order), StartsWith(std::string(c.column) + ": does not fit"));
    const auto errors = shipped_template()->check_fit(order);
    ASSERT_THAT(errors, SizeIs(1)) << c.column;
    EXPECT_EQ(errors[0].message, front_error(order)) << "intake and print must agree";
    EXPECT_EQ(errors[0].code, ErrorCode::bad_data);
    EXPECT_THAT(errors[0].message, testing::Not(HasSubstr("TUJUH")))
        << "personal values stay out of messages";
  }
}

TEST(Front, CheckFitListsEveryFieldThatDoesNotFit) {
  EXPECT_THAT(shipped_template()->check_fit(some_order()), IsEmpty());
  Order order = with("nama", std::string(200, 'M'));
  order.field("alamat") = std::string(200, 'M');
  order.field("kode_wilayah") = "99.99.99.9999";
  order.field("nik") = "123";
  EXPECT_THAT(shipped_template()->check_fit(order), SizeIs(4));
}

TEST(Front, TextThatCannotBePrintedIsAnErrorNotAGap) {
  for (const char* bad : {"BUDI \xE6\x9D\x8E", "BUDI\nSANTOSO", "BUDI \xC3", "BUDI\xE2\x80\xAESANTOSO",
                          "BUDI\x01", "BUDI\xE2\x80\x8BX"}) {
    EXPECT_THAT(front_error(with("nama", bad)), StartsWith("nama: "));
  }
  EXPECT_EQ(front_error(with("nama", "NUR'AINI D\xC3\x89WI, S.H.")), "")
      << "accents and punctuation do print";
}

TEST(Front, ANikThatIsNotSixteenDigitsIsAnError) {
  for (const char* bad : {"", "321699170890023", "32169917089002345", "321699170890023X"}) {
    EXPECT_THAT(front_error(with("nik", bad)), StartsWith("nik: "));
  }
}

TEST(Front, AnUnknownRegionIsAnError) {
  EXPECT_THAT(front_error(with("kode_wilayah", "99.01.01.2001")), StartsWith("kode_wilayah: "));
}

TEST(Front, WithoutAPortraitIsAnError) {
  const auto face = shipped_template()->render(some_order(), {}, some_signature(), Side::front, 300);
  ASSERT_FALSE(face);
  EXPECT_THAT(face.error().message, StartsWith("foto: "));
}

TEST(Front, ForeignersAreOnAnotherPaper) {
  const Face wni = front(some_order());
  const Face foreign = front(with("kewarganegaraan", "JEPANG"));
  EXPECT_GT(pixel_at(wni, 1, 53)[2], pixel_at(wni, 1, 53)[0]) << "blue";
  EXPECT_GT(pixel_at(foreign, 1, 53)[0], pixel_at(foreign, 1, 53)[2]) << "orange";
}

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

TEST(Portrait, CarriesTheSpecimenMark) {
  const Image plain(300, 400, 3, 90);
  const Face face = shipped_template()->render(some_order(), plain, {}, Side::front, 300).value();
  const BoxMm box = face.layout.at("portrait");
  int marked = 0;
  for (double x = box.x + 0.2; x < box.x + box.w - 0.2; x += 0.1) {
    for (double y = box.y + 0.2; y < box.y + box.h - 0.2; y += 0.1)
      marked += pixel_at(face, x, y)[0] > 120 ? 1 : 0;
  }
  EXPECT_GT(marked, 1000);
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
