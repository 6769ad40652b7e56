// SPDX-License-Identifier: Apache-2.0
#include "sim-world/png_file.hpp"

#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <string>

#include "sim-world/trouble.hpp"

namespace sim {
namespace {

void append(png_structp png, png_bytep data, png_size_t size) {
  auto* out = static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
  // reserve() in encode_png leaves room for the worst case, so this does not throw through libpng.
  out->insert(out->end(), data, data + size);
}

// On its own, with nothing to destroy: libpng leaves it by longjmp.
bool write_rows(png_structp png, png_infop info, const View& picture, int dpi) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height),
               8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
  png_set_compression_level(png, 1);
  png_set_compression_strategy(png, Z_DEFAULT_STRATEGY);
  png_set_compression_mem_level(png, 9);
  png_set_compression_buffer_size(png, 1u << 18);
  const auto per_metre = static_cast<png_uint_32>(dpi / 0.0254 + 0.5);
  png_set_pHYs(png, info, per_metre, per_metre, PNG_RESOLUTION_METER);
  png_write_info(png, info);
  for (int y = 0; y < picture.height; ++y)
    png_write_row(png, picture.pixels + static_cast<std::size_t>(y) * picture.stride);
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

std::vector<std::uint8_t> encode_png(const View& picture, int dpi) {
  std::vector<std::uint8_t> out;
  const std::size_t raw =
      static_cast<std::size_t>(picture.height) * (static_cast<std::size_t>(picture.width) * 3 + 1);
  out.reserve(raw + raw / 100 + 4096);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  bool good = false;
  if (info != nullptr) {
    png_set_write_fn(png, &out, append, nullptr);
    good = write_rows(png, info, picture, dpi);
  }
  png_destroy_write_struct(&png, &info);
  if (!good) throw Trouble(Kind::io, "cannot encode a picture as PNG");
  return out;
}

void decode_png(std::span<const std::uint8_t> file, const Place& place) {
  if (file.size() > kMaxFileBytes) throw Trouble(Kind::bad_input, "file is larger than 20 MB");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  struct Free {
    png_image* image;
    ~Free() { png_image_free(image); }
  } const free{&image};
  const auto failed = [&](const char* what) {
    return Trouble(Kind::bad_input,
                   std::string(what) + (image.message[0] != 0 ? std::string(": ") + image.message : ""));
  };
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) throw failed("not a PNG");
  if (image.width == 0 || image.height == 0 || std::uint64_t{image.width} * image.height > kMaxPixels)
    throw Trouble(Kind::bad_input, "PNG of more than 40 megapixels");
  image.format = PNG_FORMAT_RGB;
  const Target target = place(static_cast<int>(image.width), static_cast<int>(image.height));
  const png_color white = {255, 255, 255};
  // A warning (libpng sets bit 0 of warning_or_error for those) leaves the pixels whole; an error does not.
  if (png_image_finish_read(&image, &white, target.pixels, static_cast<png_int_32>(target.stride), nullptr) ==
      0)
    throw failed("PNG is damaged or cut short");
}

Picture decode_png(std::span<const std::uint8_t> file) {
  Picture picture;
  decode_png(file, [&](int width, int height) {
    picture = Picture(width, height, 0);
    return Target{picture.rgb.data(), picture.view().stride};
  });
  return picture;
}

}  // namespace sim
