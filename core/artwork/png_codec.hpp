// SPDX-License-Identifier: Apache-2.0
// PNG through libpng; the part of picture.hpp that needs libpng's long jumps, kept apart from code with
// destructors.
#pragma once
#include <cstdint>
#include <span>

#include "artwork/picture.hpp"

namespace ktp::artwork {

[[nodiscard]] bool is_png(std::span<const std::uint8_t> bytes);
/// As decode_picture, for bytes that are a PNG.
Result<Image> decode_png(std::span<const std::uint8_t> bytes, const PictureLimits& limits);

}  // namespace ktp::artwork
