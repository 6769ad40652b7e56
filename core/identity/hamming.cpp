// SPDX-License-Identifier: Apache-2.0
#include "identity/hamming.hpp"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#define KTP_X86 1
#endif

namespace ktp::identity {
namespace {

static_assert(sizeof(PortraitHash) == 32, "codes are scanned as 32 bytes in a row");

void scan_portable(std::span<const PortraitHash> codes, const PortraitHash& wanted, int radius,
                   std::uint32_t first_row, std::vector<CodeMatch>& out) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const int d = distance(codes[i], wanted);
    if (d <= radius) out.push_back({first_row + static_cast<std::uint32_t>(i), d});
  }
}

#ifdef KTP_X86
__attribute__((target("popcnt"))) void scan_popcnt(std::span<const PortraitHash> codes,
                                                   const PortraitHash& wanted, int radius,
                                                   std::uint32_t first_row, std::vector<CodeMatch>& out) {
  const auto& w = wanted.bits;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto& c = codes[i].bits;
    const int d = static_cast<int>(_mm_popcnt_u64(c[0] ^ w[0]) + _mm_popcnt_u64(c[1] ^ w[1]) +
                                   _mm_popcnt_u64(c[2] ^ w[2]) + _mm_popcnt_u64(c[3] ^ w[3]));
    if (d <= radius) out.push_back({first_row + static_cast<std::uint32_t>(i), d});
  }
}

__attribute__((target("avx2"))) void scan_avx2(std::span<const PortraitHash> codes,
                                               const PortraitHash& wanted, int radius,
                                               std::uint32_t first_row, std::vector<CodeMatch>& out) {
  const __m256i want = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(wanted.bits.data()));
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(15);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const __m256i x =
        _mm256_xor_si256(want, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes[i].bits.data())));
    const __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(x, low));
    const __m256i b = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low));
    const __m256i sums = _mm256_sad_epu8(_mm256_add_epi8(a, b), _mm256_setzero_si256());
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    const int d = _mm_cvtsi128_si32(half) + _mm_extract_epi32(half, 2);
    if (d <= radius) out.push_back({first_row + static_cast<std::uint32_t>(i), d});
  }
}

__attribute__((target("avx512f,avx512vl,avx512vpopcntdq"))) void scan_avx512(
    std::span<const PortraitHash> codes, const PortraitHash& wanted, int radius, std::uint32_t first_row,
    std::vector<CodeMatch>& out) {
  const __m256i want = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(wanted.bits.data()));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const __m256i x =
        _mm256_xor_si256(want, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes[i].bits.data())));
    const __m256i counts = _mm256_popcnt_epi64(x);
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(counts), _mm256_extracti128_si256(counts, 1));
    const int d = _mm_cvtsi128_si32(half) + _mm_extract_epi32(half, 2);
    if (d <= radius) out.push_back({first_row + static_cast<std::uint32_t>(i), d});
  }
}
#endif

}  // namespace

const char* to_string(PopcountKind kind) {
  switch (kind) {
    case PopcountKind::portable:
      return "portable";
    case PopcountKind::popcnt:
      return "popcnt";
    case PopcountKind::avx2:
      return "avx2";
    case PopcountKind::avx512:
      return "avx512-vpopcntdq";
  }
  return "?";
}

bool available(PopcountKind kind) {
#ifdef KTP_X86
  switch (kind) {
    case PopcountKind::portable:
      return true;
    case PopcountKind::popcnt:
      return __builtin_cpu_supports("popcnt") != 0;
    case PopcountKind::avx2:
      return __builtin_cpu_supports("avx2") != 0;
    case PopcountKind::avx512:
      return __builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  }
#endif
  return kind == PopcountKind::portable;
}

PopcountKind best_popcount() {
  static const PopcountKind best = [] {
    // POPCNT before AVX2: a code is four words, and four counts cost less than one look-up with its sum.
    for (const PopcountKind kind : {PopcountKind::avx512, PopcountKind::popcnt, PopcountKind::avx2})
      if (available(kind)) return kind;
    return PopcountKind::portable;
  }();
  return best;
}

void scan(std::span<const PortraitHash> codes, const PortraitHash& wanted, int radius, PopcountKind kind,
          std::uint32_t first_row, std::vector<CodeMatch>& out) {
#ifdef KTP_X86
  switch (kind) {
    case PopcountKind::popcnt:
      return scan_popcnt(codes, wanted, radius, first_row, out);
    case PopcountKind::avx2:
      return scan_avx2(codes, wanted, radius, first_row, out);
    case PopcountKind::avx512:
      return scan_avx512(codes, wanted, radius, first_row, out);
    case PopcountKind::portable:
      break;
  }
#else
  (void)kind;
#endif
  scan_portable(codes, wanted, radius, first_row, out);
}

}  // namespace ktp::identity
