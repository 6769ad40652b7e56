// SPDX-License-Identifier: Apache-2.0
#include "artwork/exif.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace ktp::artwork {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint32_t number(Bytes b, std::size_t at, std::size_t size, bool little) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = (value << 8) | b[at + (little ? size - 1 - i : i)];
  return value;
}

// `tiff` is the TIFF structure inside the Exif segment. Every offset comes from the file, so each is checked.
int orientation_in_tiff(Bytes tiff) {
  constexpr std::uint32_t kOrientation = 0x0112;
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == 'I' && tiff[1] == 'I';
  if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) return 1;
  const std::size_t ifd = number(tiff, 4, 4, little);
  if (ifd > tiff.size() - 2) return 1;
  const std::size_t count = number(tiff, ifd, 2, little);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = ifd + 2 + i * 12;
    if (entry + 12 > tiff.size()) return 1;
    if (number(tiff, entry, 2, little) != kOrientation) continue;
    const auto value = static_cast<int>(number(tiff, entry + 8, 2, little));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

}  // namespace

int exif_orientation(Bytes jpeg) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  std::size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == 0xFF) {
    const std::uint8_t marker = jpeg[at + 1];
    if (marker == 0xDA || marker == 0xD9) break;  // pixels begin, or the end
    const std::size_t length = number(jpeg, at + 2, 2, false);
    if (length < 2 || at + 2 + length > jpeg.size()) break;
    const Bytes body = jpeg.subspan(at + 4, length - 2);
    if (marker == 0xE1 && body.size() > kExif.size() &&
        std::memcmp(body.data(), kExif.data(), kExif.size()) == 0) {
      return orientation_in_tiff(body.subspan(kExif.size()));
    }
    at += 2 + length;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool turned = orientation >= 5;
  Image out(turned ? image.height : image.width, turned ? image.width : image.height, image.channels);
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < out.height; ++y) {
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x) {
      int sx = turned ? y : x;
      int sy = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        sx = image.width - 1 - sx;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        sy = image.height - 1 - sy;
      std::copy_n(image.row(sy) + static_cast<std::size_t>(sx) * channels, channels,
                  to + static_cast<std::size_t>(x) * channels);
    }
  }
  return out;
}

}  // namespace ktp::artwork
