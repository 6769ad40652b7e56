// SPDX-License-Identifier: Apache-2.0
// Exact search in large sets of portrait hashes: every row within a radius, none missed. A multi-index
// (Norouzi, Punjani, Fleet: "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014) with the
// scan of everything as fallback. In memory, or in a file that is mapped and shared between processes.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "domain/image.hpp"
#include "identity/hamming.hpp"
#include "identity/portrait_hash.hpp"

namespace ktp::identity {

/// How evenly the bits of a set are spread; measured when an index is made. Clustered bits (a hash of whole
/// cards, a camera's vignette) make an index slower than the scan.
struct SetHealth {
  std::size_t constant_bits = 0;  ///< bits that are the same in more than 98 % of the codes
  /// Collision entropy of each chunk's directory key, bits; the number of directory bits where all is even.
  std::array<double, 8> chunk_entropy{};
  int directory_bits = 0;
};

/// What one search did.
struct SearchCost {
  bool used_index = false;
  std::size_t buckets = 0;   ///< looked into
  std::size_t entries = 0;   ///< read in them
  std::size_t compared = 0;  ///< whole codes compared
};

/// A set of hashes that does not change. Immutable; any number of threads may search it at once. Rows are
/// numbered in the order in which they were given, from 0.
class PortraitSearch {
 public:
  /// More rows than this need another number type in the file.
  static constexpr std::size_t kMostRows = 4'000'000'000;
  /// Smaller sets are scanned: that takes about a millisecond.
  static constexpr std::size_t kLeastIndexed = std::size_t{1} << 19;

  /// In memory: 32 bytes a row and 48 (40 from 2^27 rows on) for the index.
  static Result<PortraitSearch> build(std::vector<PortraitHash> codes);

  /// Makes a file for `open`. `fill` is called once with room for `count` codes, in the file itself. Written
  /// under another name and renamed when whole and on the disk, so that a file under `file` is always a whole
  /// one. Errors: input_missing (cannot be written), bad_data (too many rows), whatever `fill` gave. Peak
  /// memory is what the system keeps of the file; needs no more of its own than 256 MiB.
  static Result<void> write(const std::filesystem::path& file, std::size_t count,
                            const std::function<Result<void>(std::span<PortraitHash>)>& fill);

  /// Maps a file made by `write`. Errors: input_missing, bad_data (not such a file, of another version, cut
  /// off, its head damaged). The file must not change while it is open; a search in a damaged file ends and
  /// stays within it.
  static Result<PortraitSearch> open(const std::filesystem::path& file);

  /// Every row at most `radius` (0 to 256) bits away, nearest first, equal distances in rising rows. Blank
  /// hashes (all zero) match nothing and are never found.
  [[nodiscard]] std::vector<CodeMatch> find(const PortraitHash& wanted, int radius = kLookAlikeDistance,
                                            SearchCost* cost = nullptr) const;

  [[nodiscard]] std::size_t size() const { return codes_.size(); }
  [[nodiscard]] std::span<const PortraitHash> codes() const { return codes_; }
  [[nodiscard]] bool indexed() const { return indexed_; }
  [[nodiscard]] const SetHealth& health() const { return health_; }

 private:
  static constexpr std::size_t kChunks = 8;  // of 32 bits
  struct Chunk {
    std::span<const std::uint32_t> directory;  // 2^bits + 1 ends of buckets, by the key's upper bits
    const void* low = nullptr;                 // the key's other bits of each entry, one or two bytes
    std::span<const std::uint32_t> rows;
  };
  struct Storage;

  PortraitSearch() = default;
  void attach(std::byte* base, std::size_t count);
  [[nodiscard]] double index_share(int radius) const;  // expected cost of the index in costs of the scan
  template <class Low>
  bool probe(const PortraitHash& wanted, int radius, std::vector<CodeMatch>& out, SearchCost& cost) const;

  std::shared_ptr<Storage> storage_;
  std::span<const PortraitHash> codes_;
  std::array<Chunk, kChunks> chunks_;
  SetHealth health_;
  bool indexed_ = false;
};

/// A row whose picture was compared as well.
struct LookAlike {
  CodeMatch match;
  double similarity = 0;  ///< normalised correlation of the tiles
  bool decided = false;   ///< false: its picture could not be had; a person has to look
};

/// The portraits of a set that are the same picture as `portrait`: near by hash and alike by correlation. The
/// hash alone never decides. `tile_of` gives the tile (portrait_tile) of a row, or an empty picture where
/// there is none.
[[nodiscard]] std::vector<LookAlike> look_alikes(const PortraitSearch& set, const ImageView& portrait,
                                                 const std::function<Image(std::uint32_t)>& tile_of,
                                                 int radius = kLookAlikeDistance);

}  // namespace ktp::identity
