// SPDX-License-Identifier: Apache-2.0
// The learned variation model: HALCON's v of one station, learned from good cards of any content as a
// function of the face's value, its local range and place (docs/inspection.md section 1).
#pragma once
#include <array>
#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "inspection/compare.hpp"
#include "inspection/profile.hpp"
#include "inspection/reference.hpp"

namespace ktp::inspection {

/// Deviations of good cards, counted: how far each pixel lies outside what the face has within the register
/// tolerance, in shares of what the profile's band allows there. One thread; add the others' afterwards.
class VariationSamples {
 public:
  void add(const Reference& reference, const Evidence& evidence);
  /// Of one card, as lost_density() has it.
  void add(const std::array<double, 3>& lost_density);
  void add(const VariationSamples& other);

  /// Factors on the band of the profile the samples were taken with: where the same share of pixels lies
  /// outside everywhere, clamped to kLeast..kMost. Bins with too few pixels keep 1.
  [[nodiscard]] Variation learn() const;
  [[nodiscard]] std::uint64_t pixels() const { return pixels_; }

  static constexpr double kLeast = 0.7, kMost = 1.6;

 private:
  static constexpr int kBins = 96;  // of the share, kBins / kPerOne = 3 at most
  static constexpr double kPerOne = 32;
  using Histogram = std::array<std::uint64_t, kBins>;
  static double quantile(const Histogram& histogram, std::uint64_t& total);

  std::array<std::array<Histogram, Variation::kRanges>, Variation::kValues> by_value_and_range_{};
  std::array<std::array<Histogram, Variation::kColumns>, Variation::kRows> by_place_{};
  std::array<std::vector<double>, 3> lost_density_;  // one a card, where it was told
  std::uint64_t pixels_ = 0;
};

/// A variation made ready for one working frame.
class LearnedBand {
 public:
  LearnedBand(const Variation& variation, const cv::Size& size);

  /// What the levels beyond the local range are multiplied by, for row `y`; `out` holds one a pixel.
  void factors(const std::uint8_t* middle, const std::uint8_t* most, const std::uint8_t* least, int y,
               std::vector<float>& out) const;

 private:
  std::array<std::array<float, 256>, 256> values_{};  // [value][range]
  cv::Mat places_;                                    // CV_32F, one a 16 x 16 block
};

}  // namespace ktp::inspection
