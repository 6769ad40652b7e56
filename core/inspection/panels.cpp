// SPDX-License-Identifier: Apache-2.0
// The three ribbon panels against each other: one that lies beside the others, one that is missing, one in
// another's place.
#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "inspection/block_means.hpp"
#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr int kStep = 4;  // working pixels a pixel of the register's frame

// Shift of `seen` against `face`, pixels of the register's frame: Gauss-Newton on the whole picture, large
// differences (damage) held back. False where the colour has no detail to tell it by.
bool shift_of(const cv::Mat& face, const cv::Mat& seen, cv::Point2d& shift) {
  shift = {0, 0};
  constexpr int kMargin = 8;
  constexpr float kMost = 40;
  for (int round = 0; round < 6; ++round) {
    double xx = 0, xy = 0, yy = 0, xr = 0, yr = 0;
    const int ix = cvFloor(shift.x), iy = cvFloor(shift.y);
    const auto u = static_cast<float>(shift.x - ix), v = static_cast<float>(shift.y - iy);
    for (int y = kMargin; y < face.rows - kMargin; y += 2) {
      const auto* up = face.ptr<std::uint8_t>(y - 1);
      const auto* here = face.ptr<std::uint8_t>(y);
      const auto* down = face.ptr<std::uint8_t>(y + 1);
      const auto* a = seen.ptr<std::uint8_t>(y + iy) + ix;
      const auto* b = seen.ptr<std::uint8_t>(y + iy + 1) + ix;
      float row_xx = 0, row_xy = 0, row_yy = 0, row_xr = 0, row_yr = 0;
      for (int x = kMargin; x < face.cols - kMargin; ++x) {
        const float gx = 0.5f * static_cast<float>(here[x + 1] - here[x - 1]),
                    gy = 0.5f * static_cast<float>(down[x] - up[x]);
        const float value =
            (1 - v) * ((1 - u) * static_cast<float>(a[x]) + u * static_cast<float>(a[x + 1])) +
            v * ((1 - u) * static_cast<float>(b[x]) + u * static_cast<float>(b[x + 1]));
        float rest = value - static_cast<float>(here[x]);
        rest = rest < -kMost ? -kMost : rest > kMost ? kMost : rest;
        row_xx += gx * gx, row_xy += gx * gy, row_yy += gy * gy, row_xr += gx * rest, row_yr += gy * rest;
      }
      xx += row_xx, xy += row_xy, yy += row_yy, xr += row_xr, yr += row_yr;
    }
    const double det = xx * yy - xy * xy, pixels = 0.5 * static_cast<double>(face.total());
    if (xx < 3 * pixels || yy < 3 * pixels || det < 0.02 * xx * yy) return false;
    const cv::Point2d step((yy * xr - xy * yr) / det, (xx * yr - xy * xr) / det);
    shift -= step;
    if (std::abs(shift.x) > kMargin - 3 || std::abs(shift.y) > kMargin - 3) return false;
    if (std::hypot(step.x, step.y) < 0.005) break;
  }
  return true;
}

}  // namespace

Detected check_register(const Reference& reference, const Evidence& evidence) {
  Detected out;
  std::array<cv::Point2d, 3> shift;
  std::array<bool, 3> known{};
  for (std::size_t c = 0; c < 3; ++c)
    known[c] = shift_of(reference.register_planes[c], block_means(evidence.planes[c], kStep), shift[c]);
  double most = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = a + 1; b < 3; ++b) {
      if (known[a] && known[b])
        most = std::max(most, std::hypot(shift[a].x - shift[b].x, shift[a].y - shift[b].y));
    }
  }
  const double mm = most * kStep / reference.px_per_mm;
  out.highest = mm / reference.profile->limits.misregister_mm;
  out.note("misregister_mm", out.highest);
  if (out.highest >= 1)
    out.candidates.push_back({"misregister", cv::Rect({0, 0}, reference.size), out.highest, mm, "", 1});
  return out;
}

Detected check_panels(const Reference& reference, const Band& band, const CellMeans& seen) {
  // Ratios of colours do not know the light. Under each hypothesis the logarithms of the ratios are predicted
  // up to one contrast and one constant a ratio; the best explanation wins.
  struct Explanation {
    const char* kind;
    std::array<int, 3> from;  // the panel that stands in each colour's place; -1: none
  };
  static constexpr std::array<Explanation, 9> kHypotheses{{{"good", {0, 1, 2}},
                                                           {"missing-panel", {-1, 1, 2}},
                                                           {"missing-panel", {0, -1, 2}},
                                                           {"missing-panel", {0, 1, -1}},
                                                           {"wrong-panel", {1, 2, 0}},
                                                           {"wrong-panel", {2, 0, 1}},
                                                           {"wrong-panel", {1, 0, 2}},
                                                           {"wrong-panel", {0, 2, 1}},
                                                           {"wrong-panel", {2, 1, 0}}}};
  Detected out;
  const cv::Size cells = reference.cell_detail.size();
  // Logarithms of every fourth cell's colours; of the face also those of a panel that is not there.
  using Places = std::vector<std::array<double, 4>>;
  Places face, photo;
  constexpr std::size_t kNone = 3;
  const auto logarithm = [](float value) { return static_cast<double>(std::log(value + 8)); };
  for (int y = 1; y + 1 < cells.height; y += 2) {
    for (int x = 1; x + 1 < cells.width; x += 2) {
      face.emplace_back(), photo.emplace_back();
      face.back()[kNone] = logarithm(255);
      for (std::size_t c = 0; c < 3; ++c) {
        face.back()[c] = logarithm(band.cells().means[c].at<float>(y, x));
        photo.back()[c] = logarithm(seen[c].at<std::uint8_t>(y, x));
      }
    }
  }
  std::array<double, kHypotheses.size()> rest{};
  for (std::size_t h = 0; h < kHypotheses.size(); ++h) {
    double sum = 0;
    std::size_t n = 0;
    for (const std::size_t a : {std::size_t{0}, std::size_t{1}}) {  // red to green, green to blue
      const auto from = [&](std::size_t c) {
        const int panel = kHypotheses[h].from[c];
        return panel < 0 ? kNone : static_cast<std::size_t>(panel);
      };
      const std::size_t one = from(a), other = from(a + 1);
      double gain = 1, offset = 0;
      for (int round = 0; round < 4; ++round) {
        double sw = 1e-9, sx = 0, sy = 0, sxx = 0, sxy = 0, sr = 0;
        for (std::size_t i = 0; i < face.size(); ++i) {
          const double e = face[i][one] - face[i][other], s = photo[i][a] - photo[i][a + 1];
          const double r = s - gain * e - offset, q = r / 0.15, w = round == 0 ? 1 : 1 / (1 + q * q);
          sw += w, sx += w * e, sy += w * s, sxx += w * e * e, sxy += w * e * s;
          sr += std::min(r * r, 0.25);
        }
        if (round == 3) {
          sum += sr, n += face.size();
          break;
        }
        // A ratio that hardly varies cannot tell a gain: pulled to 1.
        const double pull = 0.02 * sw, det = (sxx + pull) * sw - sx * sx;
        gain = std::clamp(((sxy + pull) * sw - sx * sy) / det, 0.6, 1.6);
        offset = (sy - gain * sx) / sw;
      }
    }
    rest[h] = std::sqrt(sum / static_cast<double>(std::max(std::size_t{1}, n)));
  }
  const auto best = static_cast<std::size_t>(std::min_element(rest.begin() + 1, rest.end()) - rest.begin());
  constexpr double kNoise = 0.03;  // of a good card's ratios
  const double ratio = rest[0] / std::max(rest[best], kNoise);
  out.highest = ratio / reference.profile->limits.panel_ratio;
  out.note("panel_ratio", out.highest);
  if (out.highest >= 1)
    out.candidates.push_back(
        {kHypotheses[best].kind, cv::Rect({0, 0}, reference.size), out.highest, 85.6, "", 1});
  return out;
}

}  // namespace ktp::inspection
