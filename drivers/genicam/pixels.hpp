// SPDX-License-Identifier: Apache-2.0
// What a camera sends, as RGB. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace genicam {

/// Names of the GenICam Pixel Format Naming Convention that are understood: 8 bits a sample, no padding.
inline constexpr std::string_view kPixelFormats = "RGB8|BGR8|Mono8|BayerRG8|BayerGB8|BayerGR8|BayerBG8";

inline constexpr std::uint32_t kMostSide = 16'384;  ///< pixels

/// Writes width x height RGB pixels, rows packed. "" = done, else what is wrong with the picture: not that
/// many bytes, a size of 0 or beyond kMostSide (a mosaic needs 2 x 2), or no room. Any bytes are allowed.
[[nodiscard]] std::string to_rgb(std::string_view format, std::uint32_t width, std::uint32_t height,
                                 std::span<const std::uint8_t> from, std::span<std::uint8_t> to);

}  // namespace genicam
