// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <vector>

#include "inspection/profile.hpp"

namespace ktp::inspection {

/// The tolerance band for one sharpness of the photograph: colour planes, 8 bit, working frame.
class Band {
 public:
  double sigma_px = 0;           ///< Gaussian blur of the expected face, working pixels
  int index = 0;                 ///< in Reference::bands
  int soft = -1;                 ///< of kSoft, -1: colour as sharp as light
  bool linear = false;           ///< blurred as light is, not as coded values are
  double edge_share = 0;         ///< how much of the sharp face's pixel-to-pixel steps this blur leaves, 0..1
  std::array<cv::Mat, 3> sharp;  ///< the working frame's planes, shared

  /// What a perfect card looks like. Made when first asked for: a photograph needs a few of the bands. May be
  /// called from several threads.
  [[nodiscard]] const std::array<cv::Mat, 3>& middle() const;

  /// The tolerance round `middle`.
  struct Limits {
    std::array<cv::Mat, 3> low, high;  ///< inside these a pixel is as expected
    std::array<cv::Mat, 3> scale;      ///< CV_16S: 1024 / half width of the band
    std::array<cv::Mat, 3> tight;  ///< CV_16S, half frame: the same of the narrower band for means over spots
  };
  /// Made when first asked for. May be called from several threads.
  [[nodiscard]] const Limits& limits(const Profile& profile, double px_per_mm) const;

  /// CV_16S: 1024 / half width of the band for means over 3 x 3 pixels, which only fine photographs need.
  /// Made when first asked for. May be called from several threads.
  [[nodiscard]] const std::array<cv::Mat, 3>& point_scale(const Profile& profile, double px_per_mm) const;

  /// `middle` averaged over cells of Reference::kCell working pixels. Fine dark print that the lens blurs in
  /// linear light comes out brighter than its coded mean: the tone is fitted to this and not to the sharp
  /// face.
  struct Cells {
    std::array<cv::Mat, 3> means;  ///< CV_32F, one value a cell
    std::array<cv::Mat, 3> lift;   ///< CV_32F, mean of Tone::lift in each cell
  };
  /// Made when first asked for. May be called from several threads.
  [[nodiscard]] const Cells& cells() const;

  /// Mosaics, noise filters and picture coding keep colour at a lower resolution than light: small coloured
  /// print comes out paler. By how much more the colour of `middle` is blurred, working pixels.
  static constexpr std::array kSoft{0.7, 1.1, 1.6, 2.2};
  /// The same band with its colour softened by kSoft[k]. Made when first asked for. May be called from
  /// several threads.
  [[nodiscard]] const Band& soft_colour(std::size_t k) const;

 private:
  mutable std::once_flag middle_once_, once_, point_once_, cells_once_;
  mutable std::array<cv::Mat, 3> middle_;
  mutable Limits limits_;
  mutable std::array<cv::Mat, 3> point_scale_;
  mutable Cells cells_;
  mutable std::array<std::once_flag, kSoft.size()> soft_once_;
  mutable std::array<std::unique_ptr<Band>, kSoft.size()> soft_;
};

/// A band for every sharpness that a photograph may have, blurred as coded values and as light. `planes`: of
/// the sharp face, working frame.
[[nodiscard]] std::vector<Band> bands_of(const std::array<cv::Mat, 3>& planes);

}  // namespace ktp::inspection
