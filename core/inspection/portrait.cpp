// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"
#include "inspection/inspection.hpp"

namespace ktp::inspection {
namespace {

// Share of the detail that is other detail than expected, over blocks; -1 for a blank zone. Where nothing is
// printed there is no other detail: a damaged or blank portrait is not somebody else's.
double disagreement(const cv::Mat& face, const cv::Mat& seen, int block) {
  double disagree = 0, total = 0, expected_detail = 0, seen_detail = 0;
  const int nx = std::max(1, face.cols / block), ny = std::max(1, face.rows / block);
  for (int j = 0; j < ny; ++j) {
    for (int i = 0; i < nx; ++i) {
      const int x0 = i * face.cols / nx, x1 = (i + 1) * face.cols / nx, y0 = j * face.rows / ny,
                y1 = (j + 1) * face.rows / ny;
      const cv::Mat a = face({x0, y0, x1 - x0, y1 - y0}), b = seen({x0, y0, x1 - x0, y1 - y0});
      const double ma = cv::mean(a)[0], mb = cv::mean(b)[0], n = static_cast<double>(a.total());
      const double va = std::max(a.dot(a) / n - ma * ma, 0.0), vb = std::max(b.dot(b) / n - mb * mb, 0.0);
      expected_detail += std::sqrt(va);
      seen_detail += std::sqrt(vb);
      const double strong = std::max(va, vb), weak = std::min(va, vb);
      if (strong < 30 || vb < 0.15 * va) continue;  // flat, or blank where detail was expected
      const double match = weak > 1 ? (a.dot(b) / n - ma * mb) / std::sqrt(va * vb) : 0;
      const double weight = std::sqrt(std::min(strong, 900.0));
      disagree += weight * std::clamp((0.92 - match) / 0.4, 0.0, 1.0);
      total += weight;
    }
  }
  if (seen_detail < 0.35 * expected_detail) return -1;  // blank
  // Against the whole area as well: one odd block in an otherwise flat portrait proves nothing.
  const double least = 0.15 * nx * ny * 10;
  return disagree / std::max(total, least);
}

// Share of the area that has another colour than expected, after the best gain and offset per colour: a faded
// portrait or one that lacks a panel is still the same person's.
double other_colour(const Evidence& evidence, const cv::Rect& zone) {
  constexpr int kStep = 8;
  constexpr int kPaper = 242;
  const cv::Size cells(zone.width / kStep, zone.height / kStep);
  const cv::Rect covered(zone.x, zone.y, cells.width * kStep, cells.height * kStep);
  cv::Mat worst = cv::Mat::zeros(cells, CV_32F), paper(cells, CV_8U, cv::Scalar(255));
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat face, seen, most, least;
    cv::resize(evidence.band->middle()[c](covered), face, cells, 0, 0, cv::INTER_AREA);
    cv::resize(evidence.planes[c](covered), seen, cells, 0, 0, cv::INTER_AREA);
    cv::dilate(face, most, cv::Mat::ones(3, 3, CV_8U));
    cv::erode(face, least, cv::Mat::ones(3, 3, CV_8U));
    paper &= seen > kPaper;
    double gain = 1, offset = 0;
    for (int round = 0; round < 6; ++round) {
      double sw = 1e-9, se = 0, sp = 0, see = 0, sep = 0;
      for (int y = 0; y < cells.height; ++y) {
        for (int x = 0; x < cells.width; ++x) {
          const double e = face.at<std::uint8_t>(y, x), p = seen.at<std::uint8_t>(y, x),
                       q = (p - gain * e - offset) / 20;
          const double w = 1 / (1 + q * q);
          sw += w, se += w * e, sp += w * p, see += w * e * e, sep += w * e * p;
        }
      }
      const double det = see * sw - se * se;
      if (det < 1e-3 * sw * sw) break;
      gain = std::clamp((sep * sw - se * sp) / det, 0.5, 1.3);
      offset = (sp - gain * se) / sw;
    }
    for (int y = 0; y < cells.height; ++y) {
      for (int x = 0; x < cells.width; ++x) {
        const double range = most.at<std::uint8_t>(y, x) - least.at<std::uint8_t>(y, x);
        const double off =
            std::abs(seen.at<std::uint8_t>(y, x) - gain * face.at<std::uint8_t>(y, x) - offset) /
            (16 + 0.25 * range);
        worst.at<float>(y, x) = std::max(worst.at<float>(y, x), static_cast<float>(off));
      }
    }
  }
  // Bare card is missing print, not other print.
  return static_cast<double>(cv::countNonZero((worst > 1) & ~paper)) / static_cast<double>(worst.total());
}

const cv::Size kSmall(48, 64);
constexpr double kBeaten = 0.02;  // by how much another order's portrait has to be more like what is seen
// Drawn and photographed faces are alike as wholes: on a good card, light and register alone can make
// another's the nearer one by that much. It counts where the details disagree too; good cards stay below 0.45
// of the limit.
constexpr double kSuspicious = 0.55;

double correlation(const cv::Mat& a, const cv::Mat& b) {
  cv::Scalar ma, mb, sa, sb;
  cv::meanStdDev(a, ma, sa);
  cv::meanStdDev(b, mb, sb);
  if (sa[0] < 1 || sb[0] < 1) return 0;
  return (a.dot(b) / static_cast<double>(a.total()) - ma[0] * mb[0]) / (sa[0] * sb[0]);
}

// By how much the best of the other orders' portraits is more like the card than its own; below 0 where its
// own wins.
double beaten_by(const cv::Mat& own, const cv::Mat& seen, std::span<const Image> others) {
  cv::Mat a, b;
  cv::resize(own, a, kSmall, 0, 0, cv::INTER_AREA);
  cv::resize(seen, b, kSmall, 0, 0, cv::INTER_AREA);
  const double mine = correlation(a, b);
  double best = -2;
  for (const Image& other : others) {
    if (other.width != kSmall.width || other.height != kSmall.height || other.channels != 1) continue;
    cv::Mat picture(kSmall, CV_8U, const_cast<std::uint8_t*>(other.pixels.data()));
    picture.convertTo(picture, CV_32F);
    if (correlation(a, picture) > 0.999) continue;  // the same picture: nothing can be told by it
    best = std::max(best, correlation(picture, b));
  }
  return best - mine;
}

}  // namespace

Image printed_portrait(const Face& face) {
  const auto zone = face.layout.find("portrait");
  if (zone == face.layout.end() || face.image.channels != 3 || face.image.empty()) return {};
  const double s = face.image.width / kCardWidthMm;
  const cv::Mat whole(face.image.height, face.image.width, CV_8UC3,
                      const_cast<std::uint8_t*>(face.image.pixels.data()));
  const BoxMm& mm = zone->second;
  const cv::Rect box = cv::Rect(cvRound(mm.x * s), cvRound(mm.y * s), cvRound(mm.w * s), cvRound(mm.h * s)) &
                       cv::Rect(0, 0, whole.cols, whole.rows);
  if (box.width < 8 || box.height < 8) return {};
  cv::Mat grey;
  cv::cvtColor(whole(box), grey, cv::COLOR_RGB2GRAY);
  Image small(kSmall.width, kSmall.height, 1);
  cv::Mat out(kSmall, CV_8U, small.pixels.data());
  cv::resize(grey, out, kSmall, 0, 0, cv::INTER_AREA);
  return small;
}

Detected check_portrait(const Reference& reference, const Evidence& evidence, const cv::Rect& missing,
                        std::span<const Image> others) {
  Detected out;
  const auto zone = reference.zones.find("portrait");
  if (zone == reference.zones.end()) return out;
  cv::Rect full = zone->second;
  bool partly = false;
  if (const cv::Rect lost = full & missing; !lost.empty()) {
    // The part that was printed, clear of the line where the print stops.
    const int clear = 2 * Reference::kCell;
    partly = true;
    if (lost.width == full.width) {
      const bool lower = lost.y > full.y;
      full = lower ? cv::Rect(full.x, full.y, full.width, lost.y - clear - full.y)
                   : cv::Rect(full.x, lost.br().y + clear, full.width, full.br().y - lost.br().y - clear);
    } else {
      const bool right = lost.x > full.x;
      full = right ? cv::Rect(full.x, full.y, lost.x - clear - full.x, full.height)
                   : cv::Rect(lost.br().x + clear, full.y, full.br().x - lost.br().x - clear, full.height);
    }
    if (full.width < 0.4 * zone->second.width || full.height < 0.4 * zone->second.height) return out;
  }
  const cv::Rect half = cv::Rect(full.x / 2, full.y / 2, full.width / 2, full.height / 2) &
                        cv::Rect({0, 0}, evidence.grey.size());
  if (half.width < 24 || half.height < 24) return out;
  double share = 1;
  bool blank = false;
  const double beaten =
      partly ? -2 : beaten_by(reference.grey_half_blurred(half), evidence.grey(half), others);
  cv::Mat face = reference.grey_half_blurred(half).clone(), seen = evidence.grey(half).clone();
  // Two scales: both have to disagree. The finer one sees features, the coarser one is immune to local
  // misregister.
  for (int scale = 0; scale < 2; ++scale) {
    cv::Mat face_local, seen_local;
    cv::boxFilter(face, face_local, CV_32F, {25, 25}, {-1, -1}, true, cv::BORDER_REPLICATE);
    cv::boxFilter(seen, seen_local, CV_32F, {25, 25}, {-1, -1}, true, cv::BORDER_REPLICATE);
    const double here = disagreement(face - face_local, seen - seen_local, scale == 0 ? 20 : 16);
    share = std::min(share, here);
    blank = blank || here < 0;
    cv::resize(face, face, {}, 0.5, 0.5, cv::INTER_AREA);
    cv::resize(seen, seen, {}, 0.5, 0.5, cv::INTER_AREA);
  }
  if (blank) return out;
  const double colour = other_colour(evidence, full);
  share = 0.5 * (share + colour);
  if (partly) share /= 1.5;  // less to go by: the card is a reject as it is, a mismatch needs more
  out.highest = share / reference.profile->limits.portrait_disagreement;
  if (beaten > kBeaten && out.highest >= kSuspicious) out.highest = std::max(out.highest, 1 + 10 * beaten);
  if (out.highest >= 1) {
    out.candidates.push_back({"wrong-portrait", full, out.highest,
                              std::max(full.width, full.height) / reference.px_per_mm, "portrait", 1});
  }
  return out;
}

}  // namespace ktp::inspection
