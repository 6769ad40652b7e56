// SPDX-License-Identifier: Apache-2.0
#include "identity/portrait_hash.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "identity/hamming.hpp"

namespace ktp::identity {
namespace {

constexpr int kFrequencies = 16;  // 1 to 16 each way: without the constant, which is only the brightness

// Sums of source columns (or rows) that fall into each cell, with fractions at the borders.
struct Share {
  int cell;
  float weight;
};

// For every source position, the one or more cells it belongs to. Also right where the source is smaller than
// the tile.
std::vector<std::vector<Share>> shares(int length) {
  std::vector<std::vector<Share>> all(static_cast<std::size_t>(length));
  const double scale = static_cast<double>(kTileSide) / length;
  for (int i = 0; i < length; ++i) {
    const double from = i * scale;
    const double to = (i + 1) * scale;
    for (int cell = static_cast<int>(from); cell < kTileSide && cell < to; ++cell) {
      const double weight = std::min(to, cell + 1.0) - std::max(from, static_cast<double>(cell));
      if (weight > 1e-9) all[static_cast<std::size_t>(i)].push_back({cell, static_cast<float>(weight)});
    }
  }
  return all;
}

using Tile = std::array<float, static_cast<std::size_t>(kTileSide* kTileSide)>;

Tile averaged(const ImageView& picture) {
  Tile tile{};
  const auto columns = shares(picture.width);
  const auto rows = shares(picture.height);
  std::array<float, kTileSide> line{};
  for (int y = 0; y < picture.height; ++y) {
    line.fill(0);
    const std::uint8_t* from = picture.row(y);
    for (int x = 0; x < picture.width; ++x, from += picture.channels) {
      const float grey = picture.channels == 1
                             ? static_cast<float>(from[0])
                             : 0.299f * static_cast<float>(from[0]) + 0.587f * static_cast<float>(from[1]) +
                                   0.114f * static_cast<float>(from[2]);
      for (const Share& s : columns[static_cast<std::size_t>(x)])
        line[static_cast<std::size_t>(s.cell)] += grey * s.weight;
    }
    for (const Share& s : rows[static_cast<std::size_t>(y)]) {
      float* to = tile.data() + static_cast<std::size_t>(s.cell) * kTileSide;
      for (std::size_t x = 0; x < kTileSide; ++x) to[x] += line[x] * s.weight;
    }
  }
  return tile;
}

bool usable(const ImageView& picture) {
  return !picture.empty() && (picture.channels == 1 || picture.channels == 3);
}

// Rows 1 to 16 of the DCT-II matrix.
const std::array<std::array<float, kTileSide>, kFrequencies>& cosines() {
  static const auto table = [] {
    std::array<std::array<float, kTileSide>, kFrequencies> t{};
    for (int f = 0; f < kFrequencies; ++f) {
      for (int i = 0; i < kTileSide; ++i) {
        t[static_cast<std::size_t>(f)][static_cast<std::size_t>(i)] =
            static_cast<float>(std::cos(std::numbers::pi * (f + 1) * (2 * i + 1) / (2.0 * kTileSide)));
      }
    }
    return t;
  }();
  return table;
}

bool blank(const PortraitHash& hash) {
  return hash == PortraitHash{};
}

}  // namespace

Image portrait_tile(const ImageView& portrait) {
  if (!usable(portrait)) return {};
  const Tile tile = averaged(portrait);
  Image image(kTileSide, kTileSide, 1);
  std::ranges::transform(tile, image.pixels.begin(), [](float v) {
    return static_cast<std::uint8_t>(std::clamp(v + 0.5f, 0.0f, 255.0f));
  });
  return image;
}

PortraitHash portrait_hash(const ImageView& portrait) {
  const Image tile = portrait_tile(portrait);
  PortraitHash hash;
  if (tile.empty()) return hash;
  const auto [low, high] = std::ranges::minmax_element(tile.pixels);
  if (*low == *high) return hash;  // a plain picture: its frequencies are rounding noise
  const auto& cosine = cosines();
  std::array<std::array<float, kTileSide>, kFrequencies> half{};  // transformed down, not yet across
  for (std::size_t f = 0; f < kFrequencies; ++f) {
    for (int y = 0; y < kTileSide; ++y) {
      const std::uint8_t* row = tile.row(y);
      const float c = cosine[f][static_cast<std::size_t>(y)];
      for (std::size_t x = 0; x < kTileSide; ++x) half[f][x] += c * static_cast<float>(row[x]);
    }
  }
  std::array<float, static_cast<std::size_t>(kFrequencies * kFrequencies)> coefficients{};
  for (std::size_t f = 0; f < kFrequencies; ++f) {
    for (std::size_t g = 0; g < kFrequencies; ++g) {
      float sum = 0;
      for (std::size_t x = 0; x < kTileSide; ++x) sum += half[f][x] * cosine[g][x];
      coefficients[f * kFrequencies + g] = sum;
    }
  }
  auto sorted = coefficients;
  const auto middle = sorted.begin() + sorted.size() / 2;
  std::ranges::nth_element(sorted, middle);
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (coefficients[i] > *middle) hash.bits[i / 64] |= 1ull << (i % 64);
  }
  return hash;
}

int distance(const PortraitHash& a, const PortraitHash& b) {
  int bits = 0;
  for (std::size_t i = 0; i < a.bits.size(); ++i) bits += std::popcount(a.bits[i] ^ b.bits[i]);
  return bits;
}

double similarity(const ImageView& a, const ImageView& b) {
  const Image x = portrait_tile(a);
  const Image y = portrait_tile(b);
  if (x.empty() || y.empty()) return 0;
  const auto n = static_cast<double>(x.pixels.size());
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (std::size_t i = 0; i < x.pixels.size(); ++i) {
    const double p = x.pixels[i];
    const double q = y.pixels[i];
    sx += p;
    sy += q;
    sxx += p * p;
    syy += q * q;
    sxy += p * q;
  }
  const double vx = sxx - sx * sx / n;
  const double vy = syy - sy * sy / n;
  if (vx <= 0 || vy <= 0) return 0;
  return std::clamp((sxy - sx * sy / n) / std::sqrt(vx * vy), -1.0, 1.0);
}

bool look_alike(const ImageView& a, const ImageView& b) {
  const PortraitHash x = portrait_hash(a);
  const PortraitHash y = portrait_hash(b);
  return !blank(x) && !blank(y) && distance(x, y) <= kLookAlikeDistance &&
         similarity(a, b) >= kLookAlikeSimilarity;
}

std::string to_string(const PortraitHash& hash) {
  std::string text;
  for (const std::uint64_t word : hash.bits) {
    std::array<char, 24> part{};
    std::snprintf(part.data(), part.size(), "%s%08x-%08x", text.empty() ? "" : "-",
                  static_cast<unsigned>(word >> 32), static_cast<unsigned>(word & 0xFFFFFFFFu));
    text += part.data();
  }
  return text;
}

std::optional<PortraitHash> portrait_hash_from(std::string_view text) {
  constexpr std::size_t kGroups = 8;
  constexpr std::size_t kDigits = 8;
  if (text.size() != kGroups * kDigits + kGroups - 1) return std::nullopt;
  PortraitHash hash;
  for (std::size_t group = 0; group < kGroups; ++group) {
    const std::string_view part = text.substr(group * (kDigits + 1), kDigits);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
    if (group + 1 < kGroups && text[group * (kDigits + 1) + kDigits] != '-') return std::nullopt;
    hash.bits[group / 2] = hash.bits[group / 2] << 32 | value;
  }
  return hash;
}

void PortraitIndex::add(std::string id, const PortraitHash& hash) {
  if (blank(hash)) return;
  hashes_.push_back(hash);
  ids_.push_back(std::move(id));
}

std::vector<PortraitIndex::Match> PortraitIndex::find(const PortraitHash& hash, int radius) const {
  std::vector<Match> matches;
  if (blank(hash)) return matches;
  std::vector<CodeMatch> rows;
  scan(hashes_, hash, radius, best_popcount(), 0, rows);
  for (const CodeMatch& m : rows) matches.push_back({ids_[m.row], m.distance});
  std::ranges::stable_sort(matches, {}, &Match::distance);
  return matches;
}

}  // namespace ktp::identity
