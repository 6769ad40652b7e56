// SPDX-License-Identifier: Apache-2.0
// The hash tree over the log's lines: RFC 6962 section 2.1. Pure functions over 32-byte hashes.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ktp::ledger {

using Hash = std::array<std::uint8_t, 32>;

/// SHA-256(0x00 || line), the line without its newline.
[[nodiscard]] Hash leaf_hash(std::string_view line);
/// SHA-256(0x01 || left || right).
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);

/// The right edge of a growing tree: the roots of its full subtrees, the largest first. All that is needed to
/// add leaves and to know the root; at most 64 hashes.
class TreeEdge {
 public:
  void add(const Hash& leaf);
  /// Of an empty tree: SHA-256 of nothing.
  [[nodiscard]] Hash root() const;
  [[nodiscard]] std::uint64_t size() const { return size_; }  ///< leaves

  /// The subtree roots, one after the other, 32 bytes each.
  [[nodiscard]] std::vector<std::uint8_t> to_bytes() const;
  /// Nothing if the number of hashes does not belong to a tree of this size.
  static std::optional<TreeEdge> from_bytes(std::uint64_t size, std::span<const std::uint8_t> bytes);

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> subtrees_;  // one for each bit set in size_, high bit first
};

/// The proof that `leaves[index]` is in the tree over `leaves` (RFC 6962 section 2.1.1). Empty if `index` is
/// not below the number of leaves, and for a tree of one leaf.
[[nodiscard]] std::vector<Hash> inclusion_proof(std::span<const Hash> leaves, std::size_t index);
[[nodiscard]] bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                    std::span<const Hash> proof, const Hash& root);

/// The proof that the tree over the first `old_size` leaves is the beginning of the tree over all of them
/// (RFC 6962 section 2.1.2). Empty if `old_size` is 0, all, or more than there are.
[[nodiscard]] std::vector<Hash> consistency_proof(std::span<const Hash> leaves, std::size_t old_size);
[[nodiscard]] bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t new_size,
                                      const Hash& new_root, std::span<const Hash> proof);

}  // namespace ktp::ledger
