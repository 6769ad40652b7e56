// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr int kTilesX = 4, kTilesY = 3;
constexpr double kLeastMm = 0.6, kMostMm = 2.3;

cv::Mat quarter_detail(const cv::Mat& half) {
  cv::Mat small, local;
  cv::resize(half, small, {half.cols / 2, half.rows / 2}, 0, 0, cv::INTER_AREA);
  cv::boxFilter(small, local, CV_32F, {13, 13}, {-1, -1}, true, cv::BORDER_REPLICATE);
  return small - local;
}

}  // namespace

Detected find_ghosting(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const cv::Mat residual = quarter_detail(evidence.residual), face = quarter_detail(reference.grey_half_blurred);
  const double px_per_mm = reference.px_per_mm / 4;
  const int reach = static_cast<int>(std::ceil(kMostMm * px_per_mm)), side = 2 * reach + 1;
  const int tile_w = (face.cols - 2 * reach) / kTilesX, tile_h = (face.rows - 2 * reach) / kTilesY;
  if (tile_w < 16 || tile_h < 16) return out;
  std::vector<double> whole_cross(static_cast<std::size_t>(side * side), 0), whole_own = whole_cross;
  const double limit = reference.profile->limits.ghosting_strength;
  double whole_rest = 0;
  int tiles_over = 0;
  cv::Rect over;
  double over_score = 0;
  for (int ty = 0; ty < kTilesY; ++ty) {
    for (int tx = 0; tx < kTilesX; ++tx) {
      const cv::Rect tile(reach + tx * tile_w, reach + ty * tile_h, tile_w, tile_h);
      cv::Mat r;
      residual(tile).copyTo(r);
      // A deep defect elsewhere in the tile must not look like a copy of the print.
      cv::min(r, 60.0, r);
      cv::max(r, -60.0, r);
      const double rest = r.dot(r) / static_cast<double>(r.total());
      whole_rest += rest / (kTilesX * kTilesY);
      double tile_best = 0;
      for (int sy = -reach; sy <= reach; ++sy) {
        for (int sx = -reach; sx <= reach; ++sx) {
          const double distance = std::hypot(sx, sy) / px_per_mm;
          if (distance < kLeastMm || distance > kMostMm) continue;
          float cross = 0, own = 0;
          for (int y = 0; y < tile_h; ++y) {
            const float* __restrict a = r.ptr<float>(y);
            const float* __restrict b = face.ptr<float>(tile.y + y - sy) + tile.x - sx;
            float c = 0, o = 0;
            for (int x = 0; x < tile_w; ++x) c += a[x] * b[x], o += b[x] * b[x];
            cross += c, own += o;
          }
          const auto i = static_cast<std::size_t>((sy + reach) * side + sx + reach);
          whole_cross[i] += cross;
          whole_own[i] += own;
          if (own < 25.0f * static_cast<float>(tile.area())) continue;  // too little print to have a copy of
          const double strength = cross / own, spread = std::sqrt(rest / own);
          tile_best = std::max(tile_best, strength - 3 * spread);
        }
      }
      const double score = 0.6 * tile_best / limit;
      out.highest = std::max(out.highest, score);
      if (score >= 1) {
        const cv::Rect box(tile.x * 4, tile.y * 4, tile.width * 4, tile.height * 4);
        over = tiles_over++ ? over | box : box;
        over_score = std::max(over_score, score);
      }
    }
  }
  double best = 0;
  for (std::size_t i = 0; i < whole_cross.size(); ++i) {
    if (whole_own[i] < 1000) continue;
    best = std::max(best, whole_cross[i] / whole_own[i] - 3 * std::sqrt(whole_rest / whole_own[i]));
  }
  const double whole_score = best / limit;
  out.highest = std::max(out.highest, whole_score);
  if (whole_score >= 1 && tiles_over != 1) over = {0, 0, reference.size.width, reference.size.height};
  if (!over.empty()) {
    out.candidates.push_back({"ghosting", over, std::max(whole_score, over_score),
                              std::max(over.width, over.height) / reference.px_per_mm, "", 1});
  }
  return out;
}

}  // namespace ktp::inspection
