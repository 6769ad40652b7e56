// SPDX-License-Identifier: Apache-2.0
#include "artwork/png_codec.hpp"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string>

namespace ktp::artwork {
namespace {

// libpng reports an error by a long jump to the setjmp below. Objects with destructors therefore live in this
// struct, which the caller of the jumping function owns; the functions with setjmp themselves hold plain
// values only.
struct Reader {
  std::span<const std::uint8_t> bytes;
  std::size_t at = 0;
  PictureLimits limits;
  std::string error;
  int width = 0;
  int height = 0;
  bool alpha = false;
  std::vector<std::uint8_t> pixels;
  std::vector<png_bytep> rows;
};

void on_read_error(png_structp png, png_const_charp text) {
  static_cast<Reader*>(png_get_error_ptr(png))->error = text;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {
}  // oddities of colour profiles and text chunks: no harm to pixels

void read_more(png_structp png, png_bytep to, std::size_t size) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (size > reader->bytes.size() - reader->at) png_error(png, "file ends too early");
  std::memcpy(to, reader->bytes.data() + reader->at, size);
  reader->at += size;
}

bool check_size(Reader* reader, png_uint_32 width, png_uint_32 height) {
  if (static_cast<std::size_t>(width) * height <= reader->limits.max_pixels) return true;
  reader->error = "picture of " + std::to_string(width) + " x " + std::to_string(height) +
                  " pixels is over the limit of " + std::to_string(reader->limits.max_pixels);
  return false;
}

void make_room(Reader* reader, std::size_t row_bytes) {
  reader->pixels.resize(row_bytes * static_cast<std::size_t>(reader->height));
  reader->rows.resize(static_cast<std::size_t>(reader->height));
  for (std::size_t y = 0; y < reader->rows.size(); ++y)
    reader->rows[y] = reader->pixels.data() + y * row_bytes;
}

bool read_all(png_structp png, png_infop info, Reader* reader) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_read_fn(png, reader, read_more);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_chunk_malloc_max(png, 4u << 20);  // a compressed text or profile chunk may not blow up
  png_read_info(png, info);
  const png_uint_32 width = png_get_image_width(png, info);
  const png_uint_32 height = png_get_image_height(png, info);
  if (!check_size(reader, width, height)) return false;
  reader->width = static_cast<int>(width);
  reader->height = static_cast<int>(height);
  png_set_expand(png);  // palette, low bit depths and tRNS
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  reader->alpha = (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) != 0;
  const std::size_t row_bytes = png_get_rowbytes(png, info);
  if (row_bytes != width * (reader->alpha ? 4u : 3u)) png_error(png, "unexpected pixel format");
  make_room(reader, row_bytes);
  png_read_image(png, reader->rows.data());
  png_read_end(png, nullptr);  // to the end marker: a file cut after the last pixel is not whole
  return true;
}

Image over_white(const Reader& reader) {
  Image image(reader.width, reader.height, 3);
  const std::uint8_t* from = reader.pixels.data();
  for (std::size_t i = 0, n = image.pixels.size(); i < n; i += 3, from += 4) {
    const unsigned alpha = from[3];
    for (std::size_t c = 0; c < 3; ++c) {
      image.pixels[i + c] =
          static_cast<std::uint8_t>((from[c] * alpha + 255u * (255u - alpha) + 127u) / 255u);
    }
  }
  return image;
}

struct Writer {
  std::vector<std::uint8_t> bytes;
  std::string error;
};

void on_write_error(png_structp png, png_const_charp text) {
  static_cast<Writer*>(png_get_error_ptr(png))->error = text;
  png_longjmp(png, 1);
}

void write_more(png_structp png, png_bytep from, std::size_t size) {
  auto& bytes = static_cast<Writer*>(png_get_io_ptr(png))->bytes;
  bytes.insert(bytes.end(), from, from + size);
}

void nothing_to_flush(png_structp) {}

bool write_all(png_structp png, png_infop info, const ImageView& image, bool fast, Writer* writer) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, writer, write_more, nothing_to_flush);
  png_set_compression_level(png, fast ? 1 : 9);
  if (fast) png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < image.height; ++y) png_write_row(png, image.row(y));
  png_write_end(png, info);
  return true;
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 8 && png_sig_cmp(bytes.data(), 0, 8) == 0;
}

Result<Image> decode_png(std::span<const std::uint8_t> bytes, const PictureLimits& limits) {
  Reader reader;
  reader.bytes = bytes;
  reader.limits = limits;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_read_error, on_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    return fail(ErrorCode::internal, "cannot start the PNG decoder");
  }
  const bool whole = read_all(png, info, &reader);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!whole) {
    const bool size = reader.error.starts_with("picture of");
    return fail(ErrorCode::bad_data, size ? reader.error : "PNG is not whole: " + reader.error);
  }
  if (reader.alpha) return over_white(reader);
  Image image;
  image.width = reader.width;
  image.height = reader.height;
  image.channels = 3;
  image.pixels = std::move(reader.pixels);
  return image;
}

Result<std::vector<std::uint8_t>> encode_png(const ImageView& image, bool fast) {
  if (image.empty() || (image.channels != 1 && image.channels != 3)) {
    return fail(ErrorCode::internal, "cannot encode an empty picture, or one that is neither grey nor RGB");
  }
  Writer writer;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_write_error, on_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) {
    png_destroy_write_struct(&png, nullptr);
    return fail(ErrorCode::internal, "cannot start the PNG encoder");
  }
  const bool whole = write_all(png, info, image, fast, &writer);
  png_destroy_write_struct(&png, &info);
  if (!whole) return fail(ErrorCode::internal, "PNG encoder: " + writer.error);
  return std::move(writer.bytes);
}

}  // namespace ktp::artwork
