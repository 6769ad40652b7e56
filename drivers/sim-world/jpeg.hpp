// SPDX-License-Identifier: Apache-2.0
// JPEG out of memory, under the same limits as PNG.
#pragma once
#include <cstdint>
#include <span>

#include "sim-world/png_file.hpp"

namespace sim {

/// Decodes to RGB. Trouble(bad_input) for a file that is cut, damaged or larger than the limits: a photograph
/// with any warning is no evidence. The EXIF orientation is not applied.
void decode_jpeg(std::span<const std::uint8_t> file, const Place& place);

}  // namespace sim
