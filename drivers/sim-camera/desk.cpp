// SPDX-License-Identifier: Apache-2.0
#include "sim-camera/desk.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "sim-world/random.hpp"

namespace sim {
namespace {

constexpr double kDeskGrey = 52;
constexpr double kShadowMm = 0.7;      // how far the light throws it
constexpr double kShadowDepth = 0.45;  // what it takes of the desk's light

// Signed distance from a point to the outline of the card, mm; negative inside. Zero is the card's centre.
double outline_distance(double x_mm, double y_mm) {
  const double qx = std::abs(x_mm) - (kCardWidthMm / 2 - kCardCornerMm);
  const double qy = std::abs(y_mm) - (kCardHeightMm / 2 - kCardCornerMm);
  return std::hypot(std::max(qx, 0.0), std::max(qy, 0.0)) + std::min(std::max(qx, qy), 0.0) - kCardCornerMm;
}

}  // namespace

Target Desk::place_card(int width, int height) {
  if (width != card_width_ || height != card_height_) build(width, height);
  return {card_pixels(), scene_.step};
}

void Desk::build(int width, int height) {
  card_width_ = width;
  card_height_ = height;
  margin_ = static_cast<int>(std::ceil(kMarginMm * scale()));
  const cv::Size size(width + 2 * margin_, height + 2 * margin_);
  // A rough mat: coarse clouds and fine grain, in greys only.
  Random random(mix_all({seed_, word("desk")}));
  cv::Mat coarse(size.height / 40 + 2, size.width / 40 + 2, CV_32F), fine(size, CV_32F), grey;
  for (int y = 0; y < coarse.rows; ++y)
    for (int x = 0; x < coarse.cols; ++x)
      coarse.at<float>(y, x) = static_cast<float>(kDeskGrey + 3 * random.normal());
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x) fine.at<float>(y, x) = static_cast<float>(random.between(-9, 9));
  cv::GaussianBlur(fine, fine, {}, 1.2);
  cv::resize(coarse, grey, size, 0, 0, cv::INTER_CUBIC);
  grey += fine;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const double x_mm = (x + 0.5 - size.width / 2.0) / scale(),
                   y_mm = (y + 0.5 - size.height / 2.0) / scale();
      const double away = outline_distance(x_mm - kShadowMm * 0.6, y_mm - kShadowMm);
      grey.at<float>(y, x) *= static_cast<float>(1 - kShadowDepth * std::clamp(0.5 - away / 1.2, 0.0, 1.0));
    }
  }
  cv::Mat grey8;
  grey.convertTo(grey8, CV_8U);
  cv::cvtColor(grey8, empty_, cv::COLOR_GRAY2RGB);
  scene_ = empty_.clone();
}

void Desk::chip_edge(double depth_mm, std::uint64_t seed) {
  Random random(seed);
  const bool on_long_edge = random.unit() < 0.6;
  const bool far_edge = random.unit() < 0.5;
  const double along = random.between(0.15, 0.85);
  const double cx = on_long_edge ? along * card_width_ : (far_edge ? card_width_ : 0);
  const double cy = on_long_edge ? (far_edge ? card_height_ : 0) : along * card_height_;
  const double r = depth_mm * scale();
  for (int y = std::max(0, static_cast<int>(cy - r));
       y < std::min(card_height_, static_cast<int>(cy + r) + 1); ++y) {
    for (int x = std::max(0, static_cast<int>(cx - r));
         x < std::min(card_width_, static_cast<int>(cx + r) + 1); ++x) {
      if (std::hypot(x + 0.5 - cx, y + 0.5 - cy) > r) continue;
      std::memcpy(scene_.ptr(margin_ + y) + (margin_ + x) * 3, empty_.ptr(margin_ + y) + (margin_ + x) * 3,
                  3);
    }
  }
}

void Desk::round_corners() {
  const int corner = static_cast<int>(std::ceil(kCardCornerMm * scale())) + 1;
  for (int j = 0; j < 2 * corner; ++j) {
    const int y = j < corner ? j : card_height_ - 2 * corner + j;
    for (int i = 0; i < 2 * corner; ++i) {
      const int x = i < corner ? i : card_width_ - 2 * corner + i;
      const double away =
          outline_distance((x + 0.5 - card_width_ / 2.0) / scale(), (y + 0.5 - card_height_ / 2.0) / scale());
      const double cover = std::clamp(0.5 - away * scale(), 0.0, 1.0);
      if (cover >= 1) continue;
      std::uint8_t* pixel = scene_.ptr(margin_ + y) + (margin_ + x) * 3;
      const std::uint8_t* under = empty_.ptr(margin_ + y) + (margin_ + x) * 3;
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>(std::lround(under[c] + (pixel[c] - under[c]) * cover));
    }
  }
}

}  // namespace sim
