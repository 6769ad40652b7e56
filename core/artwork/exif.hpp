// SPDX-License-Identifier: Apache-2.0
// Which way up a JPEG photograph is meant to be seen.
#pragma once
#include <cstdint>
#include <span>

#include "domain/image.hpp"

namespace ktp::artwork {

/// Orientation 1 to 8 (Exif 2.3, tag 0x0112) of a JPEG file; 1, upright, where there is none or it cannot be
/// read.
[[nodiscard]] int exif_orientation(std::span<const std::uint8_t> jpeg);

/// Turns and mirrors an RGB picture so that it is upright. Any value but 2 to 8 leaves it as it is.
[[nodiscard]] Image upright(Image image, int orientation);

}  // namespace ktp::artwork
