// SPDX-License-Identifier: Apache-2.0
// Small spots: a disc of some tenths of a mm against its surroundings, colour by colour. Averaging over the
// disc takes the sensor's noise down, taking the surroundings off removes what the tone fit leaves over; what
// remains of a good card is the register at edges, which the scale knows.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr double kFineMm = 0.4, kCoarseMm = 0.8, kRoundMm = 2.4;

int odd_window(double mm, double half_px_per_mm) {
  return std::max(3, 2 * cvRound((mm * half_px_per_mm - 1) / 2) + 1);
}

}  // namespace

bool dye_missing(const Evidence& evidence, const cv::Rect& box) {
  double along = 0, length = 0, off = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const double seen = cv::mean(evidence.planes[c](box))[0],
                 face = cv::mean(evidence.band->middle()[c](box))[0];
    along += (255 - face) * (seen - face);
    length += (255 - face) * (255 - face);
    off += (seen - face) * (seen - face);
  }
  return length > 30 * 30 && along > 0 && along * along > 0.6 * length * off;
}

std::vector<Spot> spots_above(const cv::Mat& values, double least) {
  cv::Mat mask = values >= 0.6 * least, labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
  std::vector<int> peak(static_cast<std::size_t>(count), 0);
  for (int y = 0; y < values.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    const auto* p = values.ptr<std::int16_t>(y);
    for (int x = 0; x < values.cols; ++x)
      if (label[x])
        peak[static_cast<std::size_t>(label[x])] =
            std::max<int>(peak[static_cast<std::size_t>(label[x])], p[x]);
  }
  std::vector<Spot> spots;
  for (int i = 1; i < count; ++i) {
    if (peak[static_cast<std::size_t>(i)] < least) continue;
    const cv::Rect box(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
    spots.push_back({box, static_cast<double>(peak[static_cast<std::size_t>(i)]),
                     stats.at<int>(i, cv::CC_STAT_AREA) / static_cast<double>(box.area())});
  }
  return spots;
}

Detected find_spots(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const Limits& limits = reference.profile->limits;
  const cv::Size half(reference.size.width / 2, reference.size.height / 2);
  const double per_mm = reference.px_per_mm / 2;
  const int around = odd_window(kRoundMm, per_mm), rim = cvCeil(0.2 * per_mm);
  const cv::Rect inner(reference.inner.x / 2 + rim, reference.inner.y / 2 + rim,
                       reference.inner.width / 2 - 2 * rim, reference.inner.height / 2 - 2 * rim);
  const std::array<double, 2> sizes{kFineMm, kCoarseMm}, limit{limits.fine_spot, limits.spot};
  std::array<cv::Mat, 2> most{cv::Mat(half, CV_16S, cv::Scalar(0)), cv::Mat(half, CV_16S, cv::Scalar(0))};
  cv::Mat inside, round, mean, off;
  reference.clean.convertTo(inside, CV_16S, -1.0 / 255.0);  // all bits or none
  for (const cv::Mat& deviation : evidence.narrow) {
    cv::blur(deviation, round, {around, around}, {-1, -1}, cv::BORDER_REPLICATE);
    for (std::size_t k = 0; k < 2; ++k) {
      const int window = odd_window(sizes[k], per_mm);
      cv::blur(deviation, mean, {window, window}, {-1, -1}, cv::BORDER_REPLICATE);
      cv::absdiff(mean, round, off);
      cv::max(most[k], off, most[k]);
    }
  }
  for (std::size_t k = 0; k < 2; ++k) {
    cv::bitwise_and(most[k], inside, most[k]);
    const cv::Mat part = most[k](inner);
    double top = 0;
    cv::minMaxLoc(part, nullptr, &top);
    const double unit = limit[k] * kDeviationUnit;
    out.highest = std::max(out.highest, top / unit);
    out.note(k == 0 ? "fine_spot" : "spot", top / unit);
    if (top < unit) continue;
    for (const Spot& spot : spots_above(part, unit)) {
      const cv::Rect box((inner.x + spot.box.x) * 2, (inner.y + spot.box.y) * 2, spot.box.width * 2,
                         spot.box.height * 2);
      const double size = std::max(box.width, box.height) / reference.px_per_mm;
      out.candidates.push_back({size < kVoidMm && dye_missing(evidence, box) ? "void" : "stain", box,
                                spot.peak / unit, size, "", spot.fill, false, true});
    }
  }
  return out;
}

}  // namespace ktp::inspection
