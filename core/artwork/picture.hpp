// SPDX-License-Identifier: Apache-2.0
// Reads and writes picture files. JPEG by libjpeg-turbo, PNG by libpng; nothing else is accepted.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "domain/error.hpp"
#include "domain/image.hpp"

namespace ktp::artwork {

struct PictureLimits {
  std::size_t max_bytes = 20u * 1024 * 1024;
  std::size_t max_pixels = 40'000'000;
};

/// Decodes a whole JPEG or PNG to RGB (transparent parts over white). The header is checked against the
/// limits before any pixel is allocated; a truncated or damaged file is an error, never half a picture. A
/// JPEG's Exif orientation is applied: the picture comes out upright. CMYK JPEGs are refused. Thread-safe.
Result<Image> decode_picture(std::span<const std::uint8_t> bytes, const PictureLimits& limits = {});

/// Reads a regular file of at most limits.max_bytes. The error message does not name the file.
Result<std::vector<std::uint8_t>> read_bytes(const std::filesystem::path& file, std::size_t max_bytes);

/// Both: errors input_missing (no such file) or bad_data.
Result<Image> read_picture(const std::filesystem::path& file, const PictureLimits& limits = {});

/// `fast` favours speed over size. Grey or RGB. JPEG quality 1 to 100; from 85 on colours are not subsampled.
Result<std::vector<std::uint8_t>> encode_png(const ImageView& image, bool fast = true);
Result<std::vector<std::uint8_t>> encode_jpeg(const ImageView& image, int quality = 90);
/// Writes beside (a name that begins with a dot), syncs, then renames: the file is either whole or not there.
/// Without `sync` that holds for a killed program, not for a power cut; several times faster for many small
/// files.
Result<void> write_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes,
                        bool sync = true);
/// encode_png and write_file.
Result<void> write_png(const std::filesystem::path& file, const ImageView& image);

}  // namespace ktp::artwork
