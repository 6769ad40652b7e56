// SPDX-License-Identifier: Apache-2.0
#include "inspection/capture_facts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ktp::inspection {

CaptureFacts capture_facts(const Reference& reference, const Alignment& alignment, const RimFit& rim,
                           const Tone& tone, const Evidence& evidence, const Frame& frame) {
  CaptureFacts facts;
  facts.known = true;
  for (std::size_t c = 0; c < 3; ++c) {
    facts.gain[c] = static_cast<double>(tone.gain[c]);
    facts.offset[c] = static_cast<double>(tone.offset[c]);
  }
  facts.light_slope = {static_cast<double>(tone.light_at(1, 0) - tone.light_at(-1, 0)) / 2,
                       static_cast<double>(tone.light_at(0, 1) - tone.light_at(0, -1)) / 2};
  facts.blur_px = evidence.band->sigma_px;
  facts.print_offset_mm = {rim.print_offset_mm.x, rim.print_offset_mm.y};
  // Dirt on the glass keeps its place in the photograph, not on the card: cells of the residual go where the
  // camera saw them. Clipped, so that one card's defect has no more say than its place.
  constexpr int kStep = 8;  // half-frame pixels
  constexpr float kMost = 20;
  std::array<double, static_cast<std::size_t>(CaptureFacts::kColumns) * CaptureFacts::kRows> sum{}, count{};
  const cv::Rect inner(reference.inner.x / 2, reference.inner.y / 2, reference.inner.width / 2,
                       reference.inner.height / 2);
  for (int y = inner.y; y + kStep <= inner.y + inner.height; y += kStep) {
    for (int x = inner.x; x + kStep <= inner.x + inner.width; x += kStep) {
      float mean = 0;
      for (int j = 0; j < kStep; j += 2) {
        const float* residual = evidence.residual.ptr<float>(y + j) + x;
        for (int i = 0; i < kStep; i += 2) mean += std::clamp(residual[i], -kMost, kMost);
      }
      mean /= kStep * kStep / 4.0f;
      const cv::Vec3d at =
          alignment.warp.homography * cv::Vec3d(2.0 * (x + kStep / 2), 2.0 * (y + kStep / 2), 1.0);
      const double px = frame.origin.x + frame.factor * at[0] / at[2],
                   py = frame.origin.y + frame.factor * at[1] / at[2];
      const int column = static_cast<int>(std::floor(px / frame.photo.width * CaptureFacts::kColumns)),
                row = static_cast<int>(std::floor(py / frame.photo.height * CaptureFacts::kRows));
      if (column < 0 || row < 0 || column >= CaptureFacts::kColumns || row >= CaptureFacts::kRows) continue;
      const auto i =
          static_cast<std::size_t>(row) * CaptureFacts::kColumns + static_cast<std::size_t>(column);
      sum[i] += static_cast<double>(mean);
      count[i] += 1;
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i)
    facts.field[i] =
        count[i] >= 4 ? static_cast<float>(sum[i] / count[i]) : std::numeric_limits<float>::quiet_NaN();
  return facts;
}

}  // namespace ktp::inspection
