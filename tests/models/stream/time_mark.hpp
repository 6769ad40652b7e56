// SPDX-License-Identifier: Apache-2.0
// The time of an exposure, drawn into the picture itself: what a picture shows tells when it was made,
// whatever its time stamps say. Survives JPEG.
#pragma once
#include <cstdint>
#include <optional>

namespace ktp::model {

inline constexpr int kMarkBits = 40, kMarkColumns = 10, kMarkBlock = 32;  ///< pixels a side of a block

/// Draws `ms` (below 2^36) as black and white blocks from the top left, with four bits of check.
/// `rgb`: rows packed, at least kMarkColumns x 4 blocks.
inline void draw_mark(std::uint8_t* rgb, int width, std::uint64_t ms) {
  std::uint64_t bits = ms & ((std::uint64_t{1} << 36) - 1), check = 0;
  for (int i = 0; i < 36; i += 4) check ^= (bits >> i) & 15;
  bits |= (check ^ 5) << 36;
  for (int y = 0; y < kMarkBits / kMarkColumns * kMarkBlock; ++y)
    for (int x = 0; x < kMarkColumns * kMarkBlock; ++x) {
      const int bit = y / kMarkBlock * kMarkColumns + x / kMarkBlock;
      for (int c = 0; c < 3; ++c)
        rgb[(static_cast<long>(y) * width + x) * 3 + c] = ((bits >> bit) & 1) != 0 ? 235 : 20;
    }
}

/// Reads it back; none: there is no mark, or it is damaged.
inline std::optional<std::uint64_t> read_mark(const std::uint8_t* rgb, int width, int height) {
  if (width < kMarkColumns * kMarkBlock || height < kMarkBits / kMarkColumns * kMarkBlock)
    return std::nullopt;
  std::uint64_t bits = 0, check = 0;
  for (int bit = 0; bit < kMarkBits; ++bit) {
    const int y = bit / kMarkColumns * kMarkBlock + kMarkBlock / 2;
    const int x = bit % kMarkColumns * kMarkBlock + kMarkBlock / 2;
    if (rgb[(static_cast<long>(y) * width + x) * 3] > 127) bits |= std::uint64_t{1} << bit;
  }
  for (int i = 0; i < 36; i += 4) check ^= (bits >> i) & 15;
  if ((check ^ 5) != bits >> 36) return std::nullopt;
  return bits & ((std::uint64_t{1} << 36) - 1);
}

}  // namespace ktp::model
