// SPDX-License-Identifier: Apache-2.0
// What a rendered face must be: the properties that printing and inspection rely on.
#include <gmock/gmock.h>

#include <cmath>

#include "artwork/card_fixture.hpp"

namespace ktp::artwork {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

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

// Mean difference of green over a field between a face and one of twice its resolution, averaged down.
double apart(const Face& face, const Face& fine, const BoxMm& box) {
  const double scale = face.px_per_mm();
  double sum = 0;
  int pixels = 0;
  for (int y = static_cast<int>(box.y * scale); y < static_cast<int>((box.y + box.h) * scale); ++y) {
    for (int x = static_cast<int>(box.x * scale); x < static_cast<int>((box.x + box.w) * scale);
         ++x, ++pixels) {
      const auto at = [&](int u, int v) { return fine.image.row(2 * y + v)[3 * (2 * x + u) + 1]; };
      const double mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4.0;
      sum += std::abs(mean - face.image.row(y)[3 * x + 1]);
    }
  }
  return sum / pixels;
}

TEST(Face, LettersStandWhereTheyDoAtAnotherResolution) {
  const auto at = [](double dpi) {
    return shipped_template()
        ->render(some_order(), some_portrait(), some_signature(), Side::front, dpi)
        .value();
  };
  const Face face = at(300), fine = at(600);
  for (const char* field : {"name", "address", "district", "occupation", "issue_date"})
    EXPECT_LT(apart(face, fine, face.layout.at(field)), 1) << field;
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
  for (const Case& c : {Case{"nama", long_text}, Case{"alamat", long_text}, Case{"tempat_lahir", long_text},
                        Case{"kel_desa", long_text}, Case{"pekerjaan", long_text},
                        Case{"tempat_terbit", long_text}, Case{"gol_darah", "ENTAH BERAPA"},
                        Case{"rt", std::string(40, '1')}, Case{"nama", std::string(60, 'W')}}) {
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

TEST(Front, AValueJustTooLongShrinksOnItsLineInsteadOfWrapping) {
  const Face face = front(with("alamat", "JL. CEMPAKA RAYA, GG. TANAH BARU NO. 101"), 600);
  EXPECT_EQ(lines_of_text(face, "address"), 1);
}

}  // namespace
}  // namespace ktp::artwork
