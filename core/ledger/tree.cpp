// SPDX-License-Identifier: Apache-2.0
#include "ledger/tree.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <stdexcept>

namespace ktp::ledger {

namespace {

// SHA-256 over pieces. OpenSSL allocates a context; one a thread is kept.
Hash digest(std::initializer_list<std::span<const std::uint8_t>> pieces) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     &EVP_MD_CTX_free);
  Hash out{};
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const auto piece : pieces)
    good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  if (!good || EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available from libcrypto");
  return out;
}

Hash root_of(std::span<const Hash> leaves) {
  TreeEdge edge;
  for (const Hash& leaf : leaves) edge.add(leaf);
  return edge.root();
}

// The largest power of two smaller than n, for n > 1.
std::size_t split_of(std::size_t n) {
  return std::bit_floor(n - 1);
}

// RFC 6962's SUBPROOF(m, D[n], whole): `whole` while the old tree is a subtree the verifier knows already.
void subproof(std::span<const Hash> leaves, std::size_t old_size, bool whole, std::vector<Hash>& proof) {
  if (old_size == leaves.size()) {
    if (!whole) proof.push_back(root_of(leaves));
    return;
  }
  const std::size_t k = split_of(leaves.size());
  if (old_size <= k) {
    subproof(leaves.first(k), old_size, whole, proof);
    proof.push_back(root_of(leaves.subspan(k)));
  } else {
    subproof(leaves.subspan(k), old_size - k, false, proof);
    proof.push_back(root_of(leaves.first(k)));
  }
}

}  // namespace

Hash leaf_hash(std::string_view line) {
  constexpr std::uint8_t kLeaf = 0;
  return digest({{&kLeaf, 1}, {reinterpret_cast<const std::uint8_t*>(line.data()), line.size()}});
}

Hash node_hash(const Hash& left, const Hash& right) {
  constexpr std::uint8_t kNode = 1;
  return digest({{&kNode, 1}, left, right});
}

void TreeEdge::add(const Hash& leaf) {
  subtrees_.push_back(leaf);
  // Each trailing one of the old size is a full subtree that the new leaf completes into one twice as large.
  for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    const Hash right = subtrees_.back();
    subtrees_.pop_back();
    subtrees_.back() = node_hash(subtrees_.back(), right);
  }
  ++size_;
}

Hash TreeEdge::root() const {
  if (subtrees_.empty()) return digest({});
  Hash root = subtrees_.back();
  for (std::size_t i = subtrees_.size() - 1; i-- > 0;) root = node_hash(subtrees_[i], root);
  return root;
}

std::vector<std::uint8_t> TreeEdge::to_bytes() const {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(subtrees_.size() * sizeof(Hash));
  for (const Hash& hash : subtrees_) bytes.insert(bytes.end(), hash.begin(), hash.end());
  return bytes;
}

std::optional<TreeEdge> TreeEdge::from_bytes(std::uint64_t size, std::span<const std::uint8_t> bytes) {
  if (bytes.size() != static_cast<std::size_t>(std::popcount(size)) * sizeof(Hash)) return std::nullopt;
  TreeEdge edge;
  edge.size_ = size;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Hash)) {
    Hash hash{};
    std::ranges::copy(bytes.subspan(at, sizeof(Hash)), hash.begin());
    edge.subtrees_.push_back(hash);
  }
  return edge;
}

std::vector<Hash> inclusion_proof(std::span<const Hash> leaves, std::size_t index) {
  std::vector<Hash> proof;  // from the root down; the verifier wants it from the leaf up
  if (index >= leaves.size()) return proof;
  while (leaves.size() > 1) {
    const std::size_t k = split_of(leaves.size());
    if (index < k) {
      proof.push_back(root_of(leaves.subspan(k)));
      leaves = leaves.first(k);
    } else {
      proof.push_back(root_of(leaves.first(k)));
      leaves = leaves.subspan(k);
      index -= k;
    }
  }
  std::ranges::reverse(proof);
  return proof;
}

// RFC 9162 section 2.1.3.2, whose hashing is that of RFC 6962.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof,
                      const Hash& root) {
  if (index >= size) return false;
  std::uint64_t node = index, last = size - 1;
  Hash hash = leaf;
  for (const Hash& step : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(step, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, step);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

std::vector<Hash> consistency_proof(std::span<const Hash> leaves, std::size_t old_size) {
  std::vector<Hash> proof;
  if (old_size == 0 || old_size >= leaves.size()) return proof;
  subproof(leaves, old_size, true, proof);
  return proof;
}

// RFC 9162 section 2.1.4.2.
bool verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t new_size,
                        const Hash& new_root, std::span<const Hash> proof) {
  if (old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (old_size == 0) return proof.empty() && old_root == TreeEdge().root();
  // An old tree that is one full subtree is not in the proof: the verifier has it.
  const bool full = std::has_single_bit(old_size);
  if (!full && proof.empty()) return false;
  Hash old_hash = full ? old_root : proof.front();
  Hash new_hash = old_hash;
  if (!full) proof = proof.subspan(1);
  std::uint64_t node = old_size - 1, last = new_size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  for (const Hash& step : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = node_hash(step, old_hash);
      new_hash = node_hash(step, new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = node_hash(new_hash, step);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && new_hash == new_root;
}

}  // namespace ktp::ledger
