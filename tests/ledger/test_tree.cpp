// SPDX-License-Identifier: Apache-2.0
#include "ledger/tree.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace ktp::ledger {
namespace {

std::string hex(const Hash& hash) {
  std::string text;
  for (const std::uint8_t byte : hash) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", byte);
    text += two;
  }
  return text;
}

std::vector<Hash> leaves_of(std::size_t n) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < n; ++i) leaves.push_back(leaf_hash("line " + std::to_string(i)));
  return leaves;
}

Hash root_of(std::span<const Hash> leaves) {
  TreeEdge edge;
  for (const Hash& leaf : leaves) edge.add(leaf);
  return edge.root();
}

// The definition of RFC 6962 section 2.1, word for word.
Hash defined_root(std::span<const Hash> leaves) {
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_hash(defined_root(leaves.first(k)), defined_root(leaves.subspan(k)));
}

TEST(Tree, RootsAreThoseThatCertificateTransparencyPublishesForItsTestLeaves) {
  using namespace std::string_literals;
  const std::string leaves[] = {""s,
                                "\x00"s,
                                "\x10"s,
                                "\x20\x21"s,
                                "\x30\x31"s,
                                "\x40\x41\x42\x43"s,
                                "\x50\x51\x52\x53\x54\x55\x56\x57"s,
                                "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"s};
  const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  TreeEdge edge;
  EXPECT_EQ(hex(edge.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < 8; ++i) {
    edge.add(leaf_hash(leaves[i]));
    EXPECT_EQ(hex(edge.root()), roots[i]) << i + 1 << " leaves";
  }
}

TEST(Tree, AnEdgeKeptAsBytesGoesOnAsIfItHadNeverBeenPutAway) {
  const auto leaves = leaves_of(200);
  TreeEdge edge;
  for (std::size_t n = 0; n < leaves.size(); ++n) {
    const auto again = TreeEdge::from_bytes(edge.size(), edge.to_bytes());
    ASSERT_TRUE(again);
    edge = *again;
    edge.add(leaves[n]);
    ASSERT_EQ(edge.root(), defined_root(std::span(leaves).first(n + 1)));
  }
  auto bytes = edge.to_bytes();
  EXPECT_FALSE(TreeEdge::from_bytes(edge.size() + 1, {bytes.data(), bytes.size() - 1}));
  bytes.resize(bytes.size() + 32);
  EXPECT_FALSE(TreeEdge::from_bytes(edge.size(), bytes));
}

TEST(Tree, EveryLeafOfEveryTreeHasAProofThatFitsNoOtherPlaceLeafOrTree) {
  const auto all = leaves_of(40);
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const std::span leaves = std::span(all).first(n);
    const Hash root = root_of(leaves);
    for (std::size_t i = 0; i < n; ++i) {
      auto proof = inclusion_proof(leaves, i);
      ASSERT_TRUE(verify_inclusion(leaves[i], i, n, proof, root)) << i << " of " << n;
      for (std::size_t j = 0; j < n; ++j) {
        if (j == i) continue;
        ASSERT_FALSE(verify_inclusion(leaves[j], i, n, proof, root)) << "another leaf";
        ASSERT_FALSE(verify_inclusion(leaves[i], j, n, proof, root)) << "another place";
      }
      ASSERT_FALSE(verify_inclusion(leaves[i], n, n, proof, root));
      ASSERT_FALSE(verify_inclusion(leaves[i], i, 0, proof, root));
      for (auto& step : proof) {
        step[5] ^= 1;
        ASSERT_FALSE(verify_inclusion(leaves[i], i, n, proof, root)) << "a changed step";
        step[5] ^= 1;
      }
      proof.push_back(all[0]);
      ASSERT_FALSE(verify_inclusion(leaves[i], i, n, proof, root)) << "a step too many";
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      ASSERT_FALSE(verify_inclusion(leaves[i], i, n, proof, root)) << "a step too few";
    }
  }
}

TEST(Tree, EveryEarlierTreeIsProvedToBeTheBeginningAndAChangedPastIsNot) {
  const auto all = leaves_of(40);
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const std::span leaves = std::span(all).first(n);
    const Hash root = root_of(leaves);
    for (std::size_t m = 0; m <= n; ++m) {
      const Hash old_root = root_of(leaves.first(m));
      auto proof = consistency_proof(leaves, m);
      ASSERT_TRUE(verify_consistency(m, old_root, n, root, proof)) << m << " in " << n;
      Hash changed = old_root;
      changed[0] ^= 0x80;
      ASSERT_FALSE(verify_consistency(m, changed, n, root, proof)) << "another past";
      if (m == 0) continue;
      Hash other = root;
      other[31] ^= 1;
      ASSERT_FALSE(verify_consistency(m, old_root, n, other, proof)) << "another present";
      for (auto& step : proof) {
        step[9] ^= 4;
        ASSERT_FALSE(verify_consistency(m, old_root, n, root, proof)) << "a changed step";
        step[9] ^= 4;
      }
      proof.push_back(all[0]);
      ASSERT_FALSE(verify_consistency(m, old_root, n, root, proof)) << "a step too many";
    }
    ASSERT_FALSE(verify_consistency(n + 1, root, n, root, {}));
  }
}

}  // namespace
}  // namespace ktp::ledger
