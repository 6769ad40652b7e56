// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

// Share of the detail that is other detail than expected, over blocks. Where nothing is printed there is no other detail:
// a damaged or blank portrait is not somebody else's.
double disagreement(const cv::Mat& face, const cv::Mat& seen, int block) {
  double disagree = 0, total = 0;
  const int nx = std::max(1, face.cols / block), ny = std::max(1, face.rows / block);
  for (int j = 0; j < ny; ++j) {
    for (int i = 0; i < nx; ++i) {
      const int x0 = i * face.cols / nx, x1 = (i + 1) * face.cols / nx, y0 = j * face.rows / ny, y1 = (j + 1) * face.rows / ny;
      const cv::Mat a = face({x0, y0, x1 - x0, y1 - y0}), b = seen({x0, y0, x1 - x0, y1 - y0});
      const double ma = cv::mean(a)[0], mb = cv::mean(b)[0], n = static_cast<double>(a.total());
      const double va = std::max(a.dot(a) / n - ma * ma, 0.0), vb = std::max(b.dot(b) / n - mb * mb, 0.0);
      const double strong = std::max(va, vb), weak = std::min(va, vb);
      if (strong < 30 || vb < 0.15 * va) continue;  // flat, or blank where detail was expected
      const double match = weak > 1 ? (a.dot(b) / n - ma * mb) / std::sqrt(va * vb) : 0;
      const double weight = std::sqrt(std::min(strong, 900.0));
      disagree += weight * std::clamp((0.8 - match) / 0.5, 0.0, 1.0);
      total += weight;
    }
  }
  // Against the whole area as well: one odd block in an otherwise flat portrait proves nothing.
  const double least = 0.15 * nx * ny * 10;
  return disagree / std::max(total, least);
}

}  // namespace

Detected check_portrait(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const auto zone = reference.zones.find("portrait");
  if (zone == reference.zones.end()) return out;
  const cv::Rect& full = zone->second;
  const cv::Rect half = cv::Rect(full.x / 2, full.y / 2, full.width / 2, full.height / 2) & cv::Rect({0, 0}, evidence.grey.size());
  if (half.width < 24 || half.height < 24) return out;
  double share = 1;
  cv::Mat face = reference.grey_half_blurred(half).clone(), seen = evidence.grey(half).clone();
  // Two scales: both have to disagree. The finer one sees features, the coarser one is immune to local misregister.
  for (int scale = 0; scale < 2; ++scale) {
    cv::Mat face_local, seen_local;
    cv::boxFilter(face, face_local, CV_32F, {25, 25}, {-1, -1}, true, cv::BORDER_REPLICATE);
    cv::boxFilter(seen, seen_local, CV_32F, {25, 25}, {-1, -1}, true, cv::BORDER_REPLICATE);
    share = std::min(share, disagreement(face - face_local, seen - seen_local, scale == 0 ? 20 : 16));
    cv::resize(face, face, {}, 0.5, 0.5, cv::INTER_AREA);
    cv::resize(seen, seen, {}, 0.5, 0.5, cv::INTER_AREA);
  }
  out.highest = share / reference.profile->limits.portrait_disagreement;
  if (out.highest >= 1) {
    out.candidates.push_back({"wrong-portrait", full, out.highest, std::max(full.width, full.height) / reference.px_per_mm, "portrait", 1});
  }
  return out;
}

}  // namespace ktp::inspection
