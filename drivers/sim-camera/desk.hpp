// SPDX-License-Identifier: Apache-2.0
// What the camera looks at, seen straight from above at the resolution of the print: the desk, the shadow,
// and the card with its round corners in the middle.
#pragma once
#include <cstdint>
#include <opencv2/core/mat.hpp>

#include "sim-world/damage.hpp"
#include "sim-world/png_file.hpp"

namespace sim {

class Desk {
 public:
  /// Around the card on every side, mm: the camera must not see beyond.
  static constexpr double kMarginMm = 22;

  explicit Desk(std::uint64_t seed) : seed_(seed) {}

  /// Makes room for a card picture of this size and answers where its rows go. Decoding straight to its place
  /// saves a copy.
  Target place_card(int width, int height);
  /// The card's pixels, for damage.
  [[nodiscard]] std::uint8_t* card_pixels() { return scene_.ptr(margin_) + margin_ * 3; }
  [[nodiscard]] damage::Area card_area() const { return {card_width_, card_height_, scene_.step}; }
  /// A piece is missing from the edge: the desk shows. `depth_mm` at its deepest.
  void chip_edge(double depth_mm, std::uint64_t seed);
  /// Lets the desk show through the corners. Last, after any damage.
  void round_corners();

  [[nodiscard]] const cv::Mat& scene() const { return scene_; }
  [[nodiscard]] double scale() const { return card_width_ / kCardWidthMm; }  ///< pixels a millimetre
  [[nodiscard]] int margin() const { return margin_; }                       ///< pixels

 private:
  void build(int width, int height);

  std::uint64_t seed_;
  int card_width_ = 0, card_height_ = 0, margin_ = 0;
  cv::Mat scene_;  // RGB
  cv::Mat empty_;  // the desk without a card
};

}  // namespace sim
