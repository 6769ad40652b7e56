// SPDX-License-Identifier: Apache-2.0
// Distances of many 256-bit codes to one, with the best population count that the machine has. Inside the
// room only.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "identity/portrait_hash.hpp"

namespace ktp::identity {

/// A row of a set and its distance to the code that was asked for.
struct CodeMatch {
  std::uint32_t row = 0;
  int distance = 0;
  friend bool operator==(const CodeMatch&, const CodeMatch&) = default;
};

/// How bits are counted. All give the same answer.
enum class PopcountKind {
  portable,  ///< std::popcount as compiled for any machine of the architecture
  popcnt,    ///< x86 POPCNT, 64 bits at a time
  avx2,      ///< x86 AVX2, table look-ups (Mula, Kurz, Lemire 2016)
  avx512,    ///< x86 AVX-512 VPOPCNTDQ
};
[[nodiscard]] const char* to_string(PopcountKind kind);
/// Whether this machine can run it.
[[nodiscard]] bool available(PopcountKind kind);
/// The fastest of those available.
[[nodiscard]] PopcountKind best_popcount();

/// Appends every row of `codes` at most `radius` bits from `wanted`, in rising rows counted from `first_row`.
/// `kind` must be available. Any thread.
void scan(std::span<const PortraitHash> codes, const PortraitHash& wanted, int radius, PopcountKind kind,
          std::uint32_t first_row, std::vector<CodeMatch>& out);

}  // namespace ktp::identity
