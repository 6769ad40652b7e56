// SPDX-License-Identifier: Apache-2.0
#include "inspection/variation.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace ktp::inspection {
namespace {

constexpr int kBlock = 16;
constexpr double kOutside = 1e-3;          // share of good pixels that may lie outside the band
constexpr std::uint64_t kEnough = 20'000;  // pixels that make a bin tell its 1 - kOutside quantile
constexpr std::size_t kFewestCards = 10;   // that tell what is usual
constexpr double kMostLost = 0.25;         // of the density; more is no camera's curve

int range_bin(int range) {
  int bin = 0;
  while (bin + 1 < Variation::kRanges && range >= Variation::kRangeFrom[static_cast<std::size_t>(bin) + 1])
    ++bin;
  return bin;
}

int value_bin(int value) {
  return value * Variation::kValues / 256;
}

}  // namespace

double Variation::factor(int value, int range) const {
  return by_value_and_range[static_cast<std::size_t>(value_bin(value))]
                           [static_cast<std::size_t>(range_bin(range))];
}

double Variation::at(double u, double v) const {
  const double x = std::clamp(u * kColumns - 0.5, 0.0, kColumns - 1.0),
               y = std::clamp(v * kRows - 0.5, 0.0, kRows - 1.0);
  const auto x0 = static_cast<std::size_t>(x), y0 = static_cast<std::size_t>(y);
  const std::size_t x1 = std::min<std::size_t>(x0 + 1, kColumns - 1),
                    y1 = std::min<std::size_t>(y0 + 1, kRows - 1);
  const double fx = x - static_cast<double>(x0), fy = y - static_cast<double>(y0);
  return (1 - fy) * ((1 - fx) * by_place[y0][x0] + fx * by_place[y0][x1]) +
         fy * ((1 - fx) * by_place[y1][x0] + fx * by_place[y1][x1]);
}

void VariationSamples::add(const Reference& reference, const Evidence& evidence) {
  const Profile& profile = *reference.profile;
  const double reach = profile.register_tolerance_mm * reference.px_per_mm;
  const int radius = std::max(1, static_cast<int>(std::ceil(reach)));
  const double share = reach / radius;
  const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
  const cv::Rect inner = reference.inner;
  for (std::size_t c = 0; c < 3; ++c) {
    const cv::Mat& middle = evidence.band->middle()[c];
    cv::Mat most, least;
    cv::dilate(middle, most, kernel);
    cv::erode(middle, least, kernel);
    for (int y = inner.y; y < inner.y + inner.height; y += 2) {
      const auto* m = middle.ptr<std::uint8_t>(y);
      const auto* a = most.ptr<std::uint8_t>(y);
      const auto* b = least.ptr<std::uint8_t>(y);
      const auto* seen = evidence.planes[c].ptr<std::uint8_t>(y);
      const auto row = static_cast<std::size_t>(y * Variation::kRows / reference.size.height);
      for (int x = inner.x + y % 4 / 2; x < inner.x + inner.width; x += 2) {
        const int range = a[x] - b[x];
        const double high = m[x] + (a[x] - m[x]) * share, low = m[x] - (m[x] - b[x]) * share;
        const double off = std::max({0.0, seen[x] - high, low - seen[x]});
        const double allowed = profile.band_levels + profile.band_range_share * range;
        const auto bin = static_cast<std::size_t>(std::min<double>(off / allowed * kPerOne, kBins - 1));
        ++by_value_and_range_[static_cast<std::size_t>(value_bin(m[x]))]
                             [static_cast<std::size_t>(range_bin(range))][bin];
        ++by_place_[row][static_cast<std::size_t>(x * Variation::kColumns / reference.size.width)][bin];
        ++pixels_;
      }
    }
  }
}

void VariationSamples::add(const VariationSamples& other) {
  const auto add_one = [](Histogram& to, const Histogram& from) {
    for (std::size_t i = 0; i < kBins; ++i) to[i] += from[i];
  };
  for (std::size_t v = 0; v < Variation::kValues; ++v)
    for (std::size_t r = 0; r < Variation::kRanges; ++r)
      add_one(by_value_and_range_[v][r], other.by_value_and_range_[v][r]);
  for (std::size_t y = 0; y < Variation::kRows; ++y)
    for (std::size_t x = 0; x < Variation::kColumns; ++x) add_one(by_place_[y][x], other.by_place_[y][x]);
  for (std::size_t c = 0; c < lost_density_.size(); ++c)
    lost_density_[c].insert(lost_density_[c].end(), other.lost_density_[c].begin(),
                            other.lost_density_[c].end());
  pixels_ += other.pixels_;
}

void VariationSamples::add(const std::array<double, 3>& lost_density) {
  for (std::size_t c = 0; c < lost_density_.size(); ++c)
    if (!std::isnan(lost_density[c])) lost_density_[c].push_back(lost_density[c]);
}

double VariationSamples::quantile(const Histogram& histogram, std::uint64_t& total) {
  total = 0;
  for (const std::uint64_t n : histogram) total += n;
  double outside = 0;
  const double most = kOutside * static_cast<double>(total);
  for (int i = kBins - 1; i > 0; --i) {
    const auto n = static_cast<double>(histogram[static_cast<std::size_t>(i)]);
    if (outside + n > most) return (i + (n > 0 ? 1 - (most - outside) / n : 1.0)) / kPerOne;
    outside += n;
  }
  return 0;
}

Variation VariationSamples::learn() const {
  Variation variation;
  std::uint64_t total = 0;
  for (std::size_t v = 0; v < Variation::kValues; ++v)
    for (std::size_t r = 0; r < Variation::kRanges; ++r) {
      const double share = quantile(by_value_and_range_[v][r], total);
      variation.by_value_and_range[v][r] = total < kEnough ? 1 : std::clamp(share, kLeast, kMost);
    }
  // Place: what is left between the places once value and range had their say is small; relative to the
  // middle one of the places, so that it does not repeat the other table.
  std::vector<double> shares;
  for (std::size_t y = 0; y < Variation::kRows; ++y)
    for (std::size_t x = 0; x < Variation::kColumns; ++x) {
      variation.by_place[y][x] = quantile(by_place_[y][x], total);
      if (total < kEnough) variation.by_place[y][x] = 0;
      if (variation.by_place[y][x] > 0) shares.push_back(variation.by_place[y][x]);
    }
  const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
  if (!shares.empty()) std::nth_element(shares.begin(), middle, shares.end());
  const double usual = shares.empty() ? 1 : *middle;
  for (auto& row : variation.by_place)
    for (double& place : row) place = place <= 0 ? 1 : std::clamp(place / usual, 1.0, 1.5);
  for (std::size_t c = 0; c < lost_density_.size(); ++c) {
    if (lost_density_[c].size() < kFewestCards) continue;
    std::vector<double> sorted = lost_density_[c];
    const auto median = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, median);
    variation.lost_density[c] = std::clamp(*median, -kMostLost, kMostLost);
  }
  return variation;
}

LearnedBand::LearnedBand(const Variation& variation, const cv::Size& size) {
  for (int value = 0; value < 256; ++value)
    for (int range = 0; range < 256; ++range)
      values_[static_cast<std::size_t>(value)][static_cast<std::size_t>(range)] =
          static_cast<float>(variation.factor(value, range));
  const int columns = (size.width + kBlock - 1) / kBlock, rows = (size.height + kBlock - 1) / kBlock;
  places_.create(rows, columns, CV_32F);
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x)
      places_.at<float>(y, x) =
          static_cast<float>(variation.at((x + 0.5) * kBlock / size.width, (y + 0.5) * kBlock / size.height));
}

void LearnedBand::factors(const std::uint8_t* middle, const std::uint8_t* most, const std::uint8_t* least,
                          int y, std::vector<float>& out) const {
  const float* place = places_.ptr<float>(y / kBlock);
  for (std::size_t x = 0; x < out.size(); ++x)
    out[x] = values_[middle[x]][static_cast<std::size_t>(most[x] - least[x])] * place[x / kBlock];
}

}  // namespace ktp::inspection
