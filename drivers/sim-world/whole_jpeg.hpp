// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "sim-world/picture.hpp"

namespace sim {

/// "" = `picture` holds it, RGB; else what is wrong and `picture` is empty: any warning of the decoder
/// counts, more than 40 megapixels, more than 20 MB. Any bytes are allowed.
[[nodiscard]] std::string decode_whole_jpeg(std::span<const std::uint8_t> jpeg, Picture& picture);

}  // namespace sim
