// SPDX-License-Identifier: Apache-2.0
// The door of the identity room to portraits: have we seen this picture before, perhaps under another NIK?
// Compares pictures, not persons: it finds the same photograph again (scaled, compressed, photographed off a
// card), it does not recognise faces.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/image.hpp"

namespace ktp::identity {

/// What a portrait looks like in 256 bits. Bit set: that low frequency is above the median of all.
struct PortraitHash {
  std::array<std::uint64_t, 4> bits{};
  friend bool operator==(const PortraitHash&, const PortraitHash&) = default;
};

/// Side of the grey tile that hash and similarity are computed from, pixels.
inline constexpr int kTileSide = 64;

/// The picture as a kTileSide x kTileSide grey tile (one channel), each pixel the mean of its area; the
/// aspect ratio is given up. Grey or RGB of any size; an empty picture gives an empty tile. Compare only
/// pictures of the same crop.
[[nodiscard]] Image portrait_tile(const ImageView& portrait);

/// Hash of a portrait (or of its tile: the same). All zero for an empty or plain picture, which matches
/// nothing.
[[nodiscard]] PortraitHash portrait_hash(const ImageView& portrait);

/// Number of bits that differ, 0 to 256. Unrelated pictures are near 128.
[[nodiscard]] int distance(const PortraitHash& a, const PortraitHash& b);

/// Normalised correlation of the grey tiles, -1 to 1; does not depend on brightness or contrast. 0 for an
/// empty or plain picture.
[[nodiscard]] double similarity(const ImageView& a, const ImageView& b);

/// Both must hold before two portraits count as the same picture.
inline constexpr int kLookAlikeDistance = 31;
inline constexpr double kLookAlikeSimilarity = 0.97;
/// True where the two pictures are the same portrait by both measures.
[[nodiscard]] bool look_alike(const ImageView& a, const ImageView& b);

/// Eight groups of eight hex digits with hyphens: never sixteen digits in a row, so never mistaken for a NIK.
[[nodiscard]] std::string to_string(const PortraitHash& hash);
[[nodiscard]] std::optional<PortraitHash> portrait_hash_from(std::string_view text);

/// Portraits already seen, one added after the other. A linear scan with the machine's best population count:
/// under a millisecond for the 130,000 cards of a kabupaten. Not thread-safe; the owner locks. Larger sets
/// that do not change: portrait_search.hpp.
class PortraitIndex {
 public:
  struct Match {
    std::string id;
    int distance;
  };

  /// Ids may repeat; each entry is found by itself. Blank hashes (all zero) are not kept.
  void add(std::string id, const PortraitHash& hash);
  /// Entries at most `radius` bits away, nearest first, those of equal distance in the order in which they
  /// were added.
  [[nodiscard]] std::vector<Match> find(const PortraitHash& hash, int radius = kLookAlikeDistance) const;
  [[nodiscard]] std::size_t size() const { return hashes_.size(); }

 private:
  std::vector<PortraitHash> hashes_;
  std::vector<std::string> ids_;  // of the same row
};

}  // namespace ktp::identity
