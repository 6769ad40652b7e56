// SPDX-License-Identifier: Apache-2.0
// PNG in and out of memory, made for speed: the simulated printer writes two a card, the camera reads two.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim-world/picture.hpp"

namespace sim {

/// What a picture file may hold at most; looked at before any memory is taken for pixels.
inline constexpr std::uint64_t kMaxPixels = 40'000'000;
inline constexpr std::uint64_t kMaxFileBytes = 20'000'000;

/// Encodes at the fastest level that still compresses.
[[nodiscard]] std::vector<std::uint8_t> encode_png(const View& picture, int dpi);

/// Where decoded rows go: asked once, with the size found in the file. `stride` is in bytes, at least 3 x
/// width.
struct Target {
  std::uint8_t* pixels = nullptr;
  std::size_t stride = 0;
};
using Place = std::function<Target(int width, int height)>;

/// Decodes any PNG to RGB. Trouble(bad_input) for a file that is cut, damaged or larger than the limits.
void decode_png(std::span<const std::uint8_t> file, const Place& place);
[[nodiscard]] Picture decode_png(std::span<const std::uint8_t> file);

}  // namespace sim
