// SPDX-License-Identifier: Apache-2.0
// Cards of invented people for the inspection's tests and measurements: rendered faces, what a printer does
// to them, and defects whose place is known. Everything is decided by a seed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>

#include "artwork/artwork.hpp"
#include "domain/face.hpp"

namespace samples {

struct Card {
  ktp::Face front, back;
};

class CardMaker {
 public:
  /// `layout`: a card template; empty for the shipped one.
  explicit CardMaker(double dpi = 300, const std::filesystem::path& layout = {});
  [[nodiscard]] Card make(std::uint64_t seed) const;
  [[nodiscard]] Card make(std::uint64_t seed, const ktp::Image& portrait) const;
  /// An order of one's own; the portrait and the signature as given.
  [[nodiscard]] ktp::Face front(const ktp::Order& order, const ktp::Image& portrait,
                                const ktp::Image& signature) const;
  [[nodiscard]] ktp::Face back(const ktp::Order& order) const;
  [[nodiscard]] const ktp::artwork::Template& art() const { return *template_; }

 private:
  double dpi_;
  std::shared_ptr<const ktp::artwork::Template> template_;
};

/// A drawn face of nobody, 3 : 4.
ktp::Image portrait(std::uint64_t seed);
ktp::Image signature(std::uint64_t seed);
/// The order of nobody that CardMaker::make(seed) prints.
ktp::Order invented_order(std::uint64_t seed);

cv::Mat to_mat(const ktp::Image& image);  // shares the pixels

/// Kinds: "half-print", "ghosting", "scratch", "small-scratch", "stain", "dead-line", "missing-line",
/// "wrong-digit", "wrong-portrait", "wrong-text", "wrong-card", "blank-portrait", "stained-portrait",
/// "blank". `other` is another card. Changes `picture` (the front or back as printed) and answers the place,
/// millimetres.
ktp::BoxMm damage(cv::Mat& picture, const std::string& kind, const ktp::Face& face, const ktp::Face& other,
                  cv::RNG& rng);

/// What a good printer does: offset to the card up to 0.3 mm, density within 4 %, a little blur and colour
/// register.
cv::Mat print(const cv::Mat& picture, double px_per_mm, cv::RNG& rng);

}  // namespace samples
