// SPDX-License-Identifier: Apache-2.0
// Exact search among 256-bit portrait hashes, one thread: the multi-index against the scan, in memory or in a
// mapped file.
//   bench_identity [--rows N,N,...] [--queries N] [--radius N] [--file PATH] [--keep] [--skew]
// Random codes; every query is a code of the set with 0 to `radius` bits turned, and its row has to be found.
// --file: the set is written to PATH (72 bytes a row from 134 million rows on, else 80) and mapped; removed
// afterwards without --keep.
// --skew: codes of neighbouring bits that go together, as those of pictures do.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "identity/portrait_search.hpp"

namespace {

using namespace ktp::identity;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// SplitMix64 (Steele, Lea, Flood 2014): a code can be made again from its row.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

PortraitHash code_of(std::uint64_t row, bool skew) {
  PortraitHash code;
  for (std::size_t w = 0; w < 4; ++w) code.bits[w] = mixed(row * 4 + w);
  if (skew) {  // a quarter of the bits repeat their neighbour
    for (std::size_t w = 0; w < 4; ++w) {
      const std::uint64_t copy = 0x2222222222222222;
      code.bits[w] = (code.bits[w] & ~copy) | ((code.bits[w] << 1) & copy);
    }
  }
  return code;
}

double quantile(std::vector<double> v, double q) {
  std::ranges::sort(v);
  return v.empty() ? 0 : v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

double resident_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes{1'000'000, 10'000'000};
  int queries = 200, radius = kLookAlikeDistance;
  std::string file;
  bool keep = false, skew = false;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : "0"; };
    if (key == "--rows") {
      sizes.clear();
      std::stringstream list(value());
      for (std::string one; std::getline(list, one, ',');)
        sizes.push_back(std::strtoull(one.c_str(), nullptr, 10));
    } else if (key == "--queries") {
      queries = std::atoi(value());
    } else if (key == "--radius") {
      radius = std::atoi(value());
    } else if (key == "--file") {
      file = value();
    } else if (key == "--keep") {
      keep = true;
    } else if (key == "--skew") {
      skew = true;
    } else {
      return std::fprintf(stderr, "unknown option %s\n", key.c_str()), 64;
    }
  }
  std::printf("best population count here: %s; available:", to_string(best_popcount()));
  for (const PopcountKind kind :
       {PopcountKind::portable, PopcountKind::popcnt, PopcountKind::avx2, PopcountKind::avx512})
    if (available(kind)) std::printf(" %s", to_string(kind));
  std::printf("\n");
  int status = 0;
  for (const std::size_t rows : sizes) {
    const auto start = Clock::now();
    auto set = [&]() -> ktp::Result<PortraitSearch> {
      if (file.empty()) {
        std::vector<PortraitHash> codes(rows);
        for (std::size_t r = 0; r < rows; ++r) codes[r] = code_of(r, skew);
        return PortraitSearch::build(std::move(codes));
      }
      if (auto made = PortraitSearch::write(file, rows,
                                            [&](std::span<PortraitHash> room) -> ktp::Result<void> {
                                              for (std::size_t r = 0; r < rows; ++r)
                                                room[r] = code_of(r, skew);
                                              return {};
                                            });
          !made)
        return std::unexpected(made.error());
      return PortraitSearch::open(file);
    }();
    if (!set) return std::fprintf(stderr, "%s\n", set.error().message.c_str()), 70;
    const double made_s = ms_since(start) / 1000;
    double least = 64, bytes = 0;
    for (const double e : set->health().chunk_entropy) least = std::min(least, e);
    if (!file.empty()) bytes = static_cast<double>(std::filesystem::file_size(file));
    std::vector<double> times;
    double buckets = 0, entries = 0, compared = 0;
    int found = 0, by_index = 0;
    for (int q = -5; q < queries; ++q) {
      const std::size_t row = mixed(static_cast<std::uint64_t>(q) + 99) % rows;
      PortraitHash wanted = code_of(row, skew);
      const int turned =
          static_cast<int>(mixed(static_cast<std::uint64_t>(q) + 7) % static_cast<std::uint64_t>(radius + 1));
      for (int t = 0; t < turned; ++t) {
        const std::uint64_t b =
            mixed(static_cast<std::uint64_t>(q) * 1000 + static_cast<std::uint64_t>(t)) % 256;
        wanted.bits[b / 64] ^= 1ull << (b % 64);
      }
      SearchCost cost;
      const auto begin = Clock::now();
      const auto matches = set->find(wanted, radius, &cost);
      const double ms = ms_since(begin);
      if (q < 0) continue;  // first touch of the pages
      times.push_back(ms);
      buckets += static_cast<double>(cost.buckets), entries += static_cast<double>(cost.entries);
      compared += static_cast<double>(cost.compared);
      by_index += cost.used_index;
      found += std::ranges::any_of(matches, [&](const CodeMatch& m) { return m.row == row; });
    }
    std::printf(
        "%zu rows, made in %.1f s%s, least chunk entropy %.2f of %d bits: %d of %d found, %d by index; %.3f "
        "ms "
        "median, %.3f mean, %.3f 95 %%, %.3f max; %.0f buckets, %.0f entries, %.0f codes compared a query; "
        "peak "
        "resident %.0f MiB\n",
        rows, made_s,
        file.empty() ? ""
                     : (", file of " + std::to_string(static_cast<long>(bytes / 1048576)) + " MiB").c_str(),
        least, set->health().directory_bits, found, queries, by_index, quantile(times, 0.5),
        [&] {
          double sum = 0;
          for (const double t : times) sum += t;
          return sum / static_cast<double>(times.size());
        }(),
        quantile(times, 0.95), quantile(times, 1), buckets / queries, entries / queries, compared / queries,
        resident_mib());
    if (found != queries) status = 1;
    if (file.empty()) {
      for (const PopcountKind kind :
           {PopcountKind::portable, PopcountKind::popcnt, PopcountKind::avx2, PopcountKind::avx512}) {
        if (!available(kind)) continue;
        std::vector<double> scans;
        for (int q = 0; q < 9; ++q) {
          std::vector<CodeMatch> out;
          const auto begin = Clock::now();
          scan(set->codes(), code_of(static_cast<std::uint64_t>(q) * 31, skew), radius, kind, 0, out);
          scans.push_back(ms_since(begin));
        }
        std::printf("  scan %-17s %.3f ms (%.1f times the index)\n", to_string(kind), quantile(scans, 0.5),
                    quantile(scans, 0.5) / quantile(times, 0.5));
      }
    } else if (!keep) {
      std::filesystem::remove(file);
    }
    std::fflush(stdout);
  }
  return status;
}
