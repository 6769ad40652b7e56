// SPDX-License-Identifier: Apache-2.0
// Lost density, of the whole print and from some line of the feed on. The tone's fit would explain both by
// light; here its own parameters are read as what they may be.
#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

double density(double coded) {
  const double v = std::clamp(coded / 255, 0.001, 1.0),
               light = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  return -std::log10(light);
}

struct Sample {
  double face, lift, seen;  // light and the uneven part of the glare taken out
};

// Share of the density that middle tones have lost against the paper of the same photograph. Black tells
// less: haze and sheen lift it too, and the fit gives them a term of their own.
double lost(const std::vector<Sample>& samples, const Tone& tone, std::size_t c) {
  cv::Vec3d fit(tone.gain[c], tone.offset[c], tone.glare[0]);
  for (int round = 0; round < 5; ++round) {
    cv::Matx33d normal = cv::Matx33d::eye() * 1e-3;
    cv::Vec3d right(0, 0, 0);
    for (const Sample& s : samples) {
      const cv::Vec3d basis(s.face, 1, s.lift);
      const double q = (s.seen - basis.dot(fit)) / 10, w = 1 / (1 + q * q);
      normal += w * basis * basis.t();
      right += w * s.seen * basis;
    }
    fit = normal.solve(right, cv::DECOMP_CHOLESKY);
  }
  const double paper = fit[0] * 255 + fit[1];
  double sum = 0;
  for (const double v : {100.0, 140.0, 180.0})
    sum += (1 - density(255 * (fit[0] * v + fit[1]) / std::max(paper, 1.0)) / density(v)) / 3;
  return sum;
}

// Centres of the cells, -1..1.
float across(int x, const cv::Size& cells) {
  return 2 * (static_cast<float>(x) + 0.5f) / static_cast<float>(cells.width) - 1;
}
float down(int y, const cv::Size& cells) {
  return 2 * (static_cast<float>(y) + 0.5f) / static_cast<float>(cells.height) - 1;
}

}  // namespace

std::array<double, 3> lost_density(const Reference& reference, const Band& band, const Tone& tone,
                                   const CellMeans& seen) {
  constexpr double kPlain = 8;  // levels: a face with less detail cannot tell fade from light
  constexpr std::size_t kFewest = 100;
  std::array<double, 3> share;
  share.fill(std::numeric_limits<double>::quiet_NaN());
  if (cv::mean(reference.cell_detail)[0] < kPlain) return share;
  const Band::Cells& expected = band.cells();
  const cv::Size cells = reference.cell_detail.size();
  for (std::size_t c = 0; c < 3; ++c) {
    std::vector<Sample> samples;
    for (int y = 1; y + 1 < cells.height; ++y) {
      for (int x = 1; x + 1 < cells.width; ++x) {
        const double coded = seen[c].at<std::uint8_t>(y, x);
        if (coded <= 3 || coded >= 252) continue;
        const float u = across(x, cells), v = down(y, cells);
        const double lift = expected.lift[c].at<float>(y, x);
        samples.push_back({expected.means[c].at<float>(y, x), lift,
                           (coded - tone.offset[c] - (tone.glare_at(u, v) - tone.glare[0]) * lift) /
                                   tone.light_at(u, v, c) +
                               tone.offset[c]});
      }
    }
    if (samples.size() > kFewest) share[c] = lost(samples, tone, c);
  }
  return share;
}

Detected find_fade(const Reference& reference, const Band& band, const Tone& tone, const CellMeans& seen,
                   const std::array<double, 3>& lost) {
  const Band::Cells& expected = band.cells();
  Detected out;
  const Limits& limits = reference.profile->limits;
  const cv::Rect all({0, 0}, reference.size);
  // From a line on: what the inked cells have gained towards the paper, a few mm to both sides of every line.
  const cv::Size cells = reference.cell_detail.size();
  std::vector<double> gained(static_cast<std::size_t>(cells.width), 0), ink = gained;
  for (int y = 1; y + 1 < cells.height; ++y) {
    for (int x = 1; x + 1 < cells.width; ++x) {
      const float u = across(x, cells), v = down(y, cells);
      for (std::size_t c = 0; c < 3; ++c) {
        const double face = expected.means[c].at<float>(y, x), depth = 255 - face;
        if (depth < 50) continue;
        const double value =
            (seen[c].at<std::uint8_t>(y, x) - tone.offset[c]) / (tone.gain[c] * tone.light_at(u, v, c));
        const double share = std::clamp((value - face) / depth, -0.3, 0.3);
        gained[static_cast<std::size_t>(x)] += share * depth, ink[static_cast<std::size_t>(x)] += depth;
      }
    }
  }
  // A fade takes from all three panels; one colour alone is fitted too loosely under haze. Of a calibrated
  // station it is told against what its camera makes of good cards.
  std::vector<double> shares;
  const auto& learned = reference.profile->variation;
  for (std::size_t c = 0; c < 3; ++c)
    if (!std::isnan(lost[c])) shares.push_back(lost[c] - (learned ? learned->lost_density[c] : 0));
  if (shares.size() >= 2) {
    std::ranges::sort(shares);
    const double score = std::max(0.0, (shares[0] + shares[1]) / 2) / limits.fade_share;
    out.highest = std::max(out.highest, score);
    out.note("fade_share", score);
    if (score >= 1) out.candidates.push_back({"fade", all, score, kCardWidthMm, "", 1});
  }
  const int reach = cvRound(8 * reference.px_per_mm / Reference::kCell);
  double best = 0;
  int at = 0;
  for (int x = reach + 1; x + reach < cells.width - 1; ++x) {
    double left = 0, left_ink = 1, right = 0, right_ink = 1;
    for (int k = 1; k <= reach; ++k) {
      left += gained[static_cast<std::size_t>(x - k)], left_ink += ink[static_cast<std::size_t>(x - k)];
      if (k > 1)
        right += gained[static_cast<std::size_t>(x + k - 1)],
            right_ink += ink[static_cast<std::size_t>(x + k - 1)];
    }
    constexpr double kEnough = 4000;  // levels of ink, summed over cells: some forty inked cells
    if (left_ink < kEnough || right_ink < kEnough) continue;
    const double step = left / left_ink - right / right_ink;
    if (std::abs(step) > std::abs(best)) best = step, at = x;
  }
  const double score = std::abs(best) / limits.fade_step;
  out.highest = std::max(out.highest, score);
  out.note("fade_step", score);
  if (score >= 1) {
    const int line = at * Reference::kCell;
    const cv::Rect box = best > 0 ? cv::Rect(0, 0, line, reference.size.height)
                                  : cv::Rect(line, 0, reference.size.width - line, reference.size.height);
    out.candidates.push_back({"fade", box, score, box.width / reference.px_per_mm, "", 1});
  }
  return out;
}

}  // namespace ktp::inspection
