// SPDX-License-Identifier: Apache-2.0
#include "artwork/picture.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <turbojpeg.h>

#include "artwork/card_fixture.hpp"
#include "sample/random.hpp"

namespace ktp::artwork {
namespace {

using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

// Every pixel differs from its neighbours, so that a shifted, mirrored or cut picture cannot pass.
Image pattern(int width, int height, int channels = 3) {
  Image image(width, height, channels);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 37 + i / 251);
  return image;
}

// Four plain quarters survive JPEG: dark, middle / light, white.
Image quarters(int width, int height) {
  Image image(width, height, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width * 3; ++x) {
      image.row(y)[x] = static_cast<std::uint8_t>((y < height / 2 ? 10 : 170) + (x / 3 < width / 2 ? 0 : 80));
    }
  }
  return image;
}

int quarter(const Image& image, bool right, bool lower) {
  return image.row(image.height * (lower ? 3 : 1) / 4)[3 * (image.width * (right ? 3 : 1) / 4)];
}

void put_big_endian(Bytes& bytes, std::size_t at, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i)
    bytes[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
}

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t b : bytes) {
    crc ^= b;
    for (int k = 0; k < 8; ++k) crc = (crc >> 1) ^ (0xEDB88320u & (0 - (crc & 1)));
  }
  return ~crc;
}

TEST(Png, RgbComesBackAsItWas) {
  for (const bool fast : {true, false}) {
    const Image image = pattern(37, 23);
    const Image back = decode_picture(encode_png(image.view(), fast).value()).value();
    EXPECT_EQ(back.width, 37);
    EXPECT_EQ(back.height, 23);
    EXPECT_EQ(back.pixels, image.pixels);
  }
}

TEST(Png, GreyComesBackAsRgbOfThatGrey) {
  const Image image = pattern(19, 11, 1);
  const Image back = decode_picture(encode_png(image.view()).value()).value();
  ASSERT_EQ(back.channels, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) ASSERT_EQ(back.pixels[3 * i + c], image.pixels[i]);
  }
}

TEST(Png, AViewIntoALargerPictureIsEncodedByItsStride) {
  const Image image = pattern(40, 30);
  const ImageView part{image.row(5) + 3 * 7, 10, 8, 3, image.stride()};
  const Image back = decode_picture(encode_png(part).value()).value();
  for (int y = 0; y < 8; ++y) EXPECT_TRUE(std::equal(back.row(y), back.row(y) + 30, part.row(y)));
}

TEST(Png, CutAnywhereIsRefused) {
  const Bytes whole = encode_png(pattern(60, 40).view()).value();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto image = decode_picture(std::span(whole).first(size));
    ASSERT_FALSE(image) << "cut to " << size << " of " << whole.size() << " bytes";
    EXPECT_EQ(image.error().code, ErrorCode::bad_data);
  }
}

TEST(Png, AnyChangedByteOfItsPixelsIsRefused) {
  const Bytes whole = encode_png(pattern(60, 40).view()).value();
  for (std::size_t at = 41; at < whole.size() - 16; at += 7) {  // inside the pixel data and its checksum
    Bytes bytes = whole;
    bytes[at] ^= 0x10;
    EXPECT_FALSE(decode_picture(bytes)) << "byte " << at;
  }
}

TEST(Png, TransparentPartsLieOverWhite) {
  // 2 x 1 RGBA made by hand: stored deflate block, so every byte is known.
  Bytes png{0x89, 'P', 'N', 'G', 13, 10, 26, 10};
  const auto chunk = [&](const std::string& type, const Bytes& data) {
    Bytes body(type.begin(), type.end());
    body.insert(body.end(), data.begin(), data.end());
    Bytes size(4), crc(4);
    put_big_endian(size, 0, static_cast<std::uint32_t>(data.size()), 4);
    put_big_endian(crc, 0, crc32(body), 4);
    png.insert(png.end(), size.begin(), size.end());
    png.insert(png.end(), body.begin(), body.end());
    png.insert(png.end(), crc.begin(), crc.end());
  };
  chunk("IHDR", {0, 0, 0, 2, 0, 0, 0, 1, 8, 6, 0, 0, 0});
  const Bytes raw{0, 10, 20, 30, 0, 100, 0, 200, 128};
  Bytes idat{0x78, 0x01, 0x01, 9, 0, 0xF6, 0xFF};
  idat.insert(idat.end(), raw.begin(), raw.end());
  std::uint32_t a = 1, b = 0;
  for (const std::uint8_t v : raw) {
    a = (a + v) % 65521;
    b = (b + a) % 65521;
  }
  Bytes adler(4);
  put_big_endian(adler, 0, b << 16 | a, 4);
  idat.insert(idat.end(), adler.begin(), adler.end());
  chunk("IDAT", idat);
  chunk("IEND", {});
  const Image image = decode_picture(png).value();
  EXPECT_EQ(image.pixels, (Bytes{255, 255, 255, 177, 127, 227}));
}

TEST(Png, AHeaderOverThePixelLimitIsRefusedBeforeMemoryIsTaken) {
  Bytes bytes = encode_png(pattern(8, 8).view()).value();
  put_big_endian(bytes, 16, 2'000'000'000, 4);
  put_big_endian(bytes, 20, 2'000'000'000, 4);
  put_big_endian(bytes, 29, crc32(std::span(bytes).subspan(12, 17)), 4);
  const auto image = decode_picture(bytes);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message, HasSubstr("over the limit"));
}

TEST(Png, ThePixelLimitIsTheLastSizeAllowed) {
  const Bytes bytes = encode_png(pattern(20, 10).view()).value();
  EXPECT_TRUE(decode_picture(bytes, {.max_bytes = 1 << 20, .max_pixels = 200}));
  EXPECT_FALSE(decode_picture(bytes, {.max_bytes = 1 << 20, .max_pixels = 199}));
}

TEST(Jpeg, ComesBackNearlyAsItWas) {
  const Image image = quarters(64, 48);
  const Image back = decode_picture(encode_jpeg(image.view(), 95).value()).value();
  ASSERT_EQ(back.width, 64);
  ASSERT_EQ(back.height, 48);
  for (const bool right : {false, true}) {
    for (const bool lower : {false, true})
      EXPECT_NEAR(quarter(back, right, lower), quarter(image, right, lower), 2);
  }
}

TEST(Jpeg, GreyIsEncodedAndReadAsRgb) {
  const Image image(32, 32, 1, 77);
  const Image back = decode_picture(encode_jpeg(image.view()).value()).value();
  ASSERT_EQ(back.channels, 3);
  EXPECT_THAT(back.pixels, testing::Each(testing::AllOf(testing::Ge(76), testing::Le(78))));
}

TEST(Jpeg, CutAnywhereIsRefused) {
  const Bytes whole = encode_jpeg(sample::draw_portrait({1, true, 30, true}, 90).view(), 80).value();
  for (std::size_t size = 0; size < whole.size(); size += size + 40 < whole.size() ? 13 : 1) {
    EXPECT_FALSE(decode_picture(std::span(whole).first(size))) << "cut to " << size << " of " << whole.size();
  }
}

TEST(Jpeg, CutInTheMiddleAndClosedWithAnEndMarkerIsRefused) {
  const Bytes whole = encode_jpeg(sample::draw_portrait({1, true, 30, true}, 90).view(), 80).value();
  Bytes bytes(whole.begin(), whole.begin() + static_cast<long>(whole.size() * 2 / 3));
  bytes.push_back(0xFF);
  bytes.push_back(0xD9);
  EXPECT_FALSE(decode_picture(bytes));
}

TEST(Jpeg, BytesAfterTheEndMarkerAreAllowed) {
  Bytes bytes = encode_jpeg(quarters(32, 32).view()).value();
  bytes.insert(bytes.end(), 100, 0);
  EXPECT_TRUE(decode_picture(bytes));
}

TEST(Jpeg, AHeaderOverThePixelLimitIsRefusedBeforeMemoryIsTaken) {
  Bytes bytes = encode_jpeg(quarters(32, 32).view()).value();
  const Bytes start{0xFF, 0xC0};
  const auto frame = std::ranges::search(bytes, start).begin() - bytes.begin();
  put_big_endian(bytes, static_cast<std::size_t>(frame) + 5, 60000, 2);
  put_big_endian(bytes, static_cast<std::size_t>(frame) + 7, 60000, 2);
  const auto image = decode_picture(bytes);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message, HasSubstr("over the limit"));
}

TEST(Jpeg, PrintColoursAreRefused) {
  const Bytes cmyk(16 * 16 * 4, 120);
  const std::unique_ptr<void, decltype(&tjDestroy)> turbo(tjInitCompress(), &tjDestroy);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  ASSERT_EQ(tjCompress2(turbo.get(), cmyk.data(), 16, 0, 16, TJPF_CMYK, &out, &size, TJSAMP_444, 90, 0), 0);
  const Bytes bytes(out, out + size);
  tjFree(out);
  const auto image = decode_picture(bytes);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message, HasSubstr("CMYK"));
}

Bytes with_orientation(const Bytes& jpeg, std::uint8_t orientation, bool little) {
  Bytes exif{0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0};
  const Bytes tiff = little ? Bytes{'I', 'I', 42, 0, 8, 0,           0, 0, 1, 0, 0x12, 1, 3,
                                    0,   1,   0,  0, 0, orientation, 0, 0, 0, 0, 0,    0, 0}
                            : Bytes{'M', 'M', 0, 42, 0, 0, 0,           8, 0, 1, 1, 0x12, 0,
                                    3,   0,   0, 0,  1, 0, orientation, 0, 0, 0, 0, 0,    0};
  exif.insert(exif.end(), tiff.begin(), tiff.end());
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  out.insert(out.end(), exif.begin(), exif.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

TEST(Jpeg, TheCamerasOrientationIsApplied) {
  const Bytes jpeg = encode_jpeg(quarters(64, 32).view(), 95).value();  // 10 90 / 170 250
  struct Case {
    std::uint8_t orientation;
    std::array<int, 4> seen;  // upper left, upper right, lower left, lower right
  };
  for (const Case& c :
       {Case{1, {10, 90, 170, 250}}, Case{2, {90, 10, 250, 170}}, Case{3, {250, 170, 90, 10}},
        Case{4, {170, 250, 10, 90}}, Case{5, {10, 170, 90, 250}}, Case{6, {170, 10, 250, 90}},
        Case{7, {250, 90, 170, 10}}, Case{8, {90, 250, 10, 170}}, Case{9, {10, 90, 170, 250}}}) {
    for (const bool little : {true, false}) {
      const Image image = decode_picture(with_orientation(jpeg, c.orientation, little)).value();
      const bool turned = c.orientation >= 5 && c.orientation <= 8;
      EXPECT_EQ(image.width, turned ? 32 : 64);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(quarter(image, i % 2 == 1, i / 2 == 1), c.seen[i], 4)
            << "orientation " << int{c.orientation} << " corner " << i;
      }
    }
  }
}

TEST(Decode, OtherFilesAreRefused) {
  for (const std::string text : {"", "x", "GIF89a............", "not a picture at all"}) {
    EXPECT_FALSE(decode_picture(Bytes(text.begin(), text.end()))) << text;
  }
}

TEST(Decode, MoreBytesThanTheLimitAreRefused) {
  const Bytes bytes = encode_png(pattern(20, 10).view()).value();
  EXPECT_TRUE(decode_picture(bytes, {.max_bytes = bytes.size(), .max_pixels = 1000}));
  EXPECT_FALSE(decode_picture(bytes, {.max_bytes = bytes.size() - 1, .max_pixels = 1000}));
}

TEST(Decode, DamagedFilesNeverCrash) {
  const Bytes jpeg = with_orientation(encode_jpeg(quarters(48, 48).view()).value(), 6, true);
  const Bytes png = encode_png(pattern(48, 48).view()).value();
  sample::Random random(3);
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes = i % 2 == 0 ? jpeg : png;
    for (int k = 0; k < 3; ++k) bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    if (random.chance(0.2)) bytes.resize(random.below(bytes.size()));
    const auto image = decode_picture(bytes, {.max_bytes = 1 << 20, .max_pixels = 1 << 20});
    if (image) {
      ASSERT_EQ(image->pixels.size(), static_cast<std::size_t>(image->width) * image->height * 3);
    }
  }
}

TEST(Encode, EmptyAndOddPicturesAreErrors) {
  EXPECT_FALSE(encode_png(ImageView{}));
  EXPECT_FALSE(encode_jpeg(ImageView{}));
  const Image four(4, 4, 4);
  EXPECT_FALSE(encode_png(four.view()));
}

TEST(ReadPicture, AMissingFileIsInputMissing) {
  const Folder folder;
  EXPECT_EQ(read_picture(folder / "none.png").error().code, ErrorCode::input_missing);
}

TEST(ReadPicture, OnlyRegularFilesAreRead) {
  const Folder folder;
  EXPECT_EQ(read_picture(folder.path()).error().code, ErrorCode::bad_data);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_picture(folder / "pipe").error().code, ErrorCode::bad_data)
      << "and it does not wait for a writer";
}

TEST(ReadBytes, TheLimitIsTheLastSizeRead) {
  const Folder folder;
  put_text(folder / "ten", "0123456789");
  EXPECT_EQ(read_bytes(folder / "ten", 10).value().size(), 10u);
  EXPECT_FALSE(read_bytes(folder / "ten", 9));
  put_text(folder / "empty", "");
  EXPECT_TRUE(read_bytes(folder / "empty", 0).value().empty());
}

TEST(WritePng, ReplacesTheFileAndLeavesNothingBeside) {
  const Folder folder;
  put_text(folder / "a.png", "old");
  const Image image = pattern(9, 9);
  ASSERT_TRUE(write_png(folder / "a.png", image.view()));
  EXPECT_EQ(read_picture(folder / "a.png").value().pixels, image.pixels);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WritePng, IntoAFolderThatDoesNotExistIsAnErrorThatNamesTheFile) {
  const Folder folder;
  const auto written = write_png(folder / "no/a.png", pattern(9, 9).view());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("a.png"));
}

}  // namespace
}  // namespace ktp::artwork
