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

// The share of its density that each column of cells has lost, and how much that says: its weight.
struct Columns {
  std::vector<double> lost, weight;  // lost: times its weight
};

// A cell has a say in so far as a lost share would show there: little in white, and in black. What cells of
// one shade are off by all over the card is the camera's curve and no fade of a part.
Columns lost_by_column(const Reference& reference, const Band& band, const Tone& tone,
                       const CellMeans& seen) {
  constexpr double kLeastShown = 20, kMost = 0.3;
  constexpr std::size_t kShades = 16;
  struct Part {
    std::size_t column, shade;
    double share, weight;
  };
  const Band::Cells& expected = band.cells();
  const cv::Size cells = reference.cell_detail.size();
  std::vector<Part> parts;
  std::array<double, 3 * kShades> usual{}, weights{};
  for (int y = 1; y + 1 < cells.height; ++y) {
    for (int x = 1; x + 1 < cells.width; ++x) {
      const float u = across(x, cells), v = down(y, cells), glare = tone.glare_at(u, v);
      for (std::size_t c = 0; c < 3; ++c) {
        const double face = expected.means[c].at<float>(y, x);
        const double shows = face * std::log(255 / std::max(face, 1.0));  // levels a whole density makes
        if (shows < kLeastShown) continue;
        const double coded = seen[c].at<std::uint8_t>(y, x);
        const double value = (coded - tone.offset[c] - glare * expected.lift[c].at<float>(y, x)) /
                             (tone.gain[c] * tone.light_at(u, v, c));
        const double share = std::clamp((value - face) / shows, -kMost, kMost), weight = shows * shows;
        const std::size_t shade = c * kShades + static_cast<std::size_t>(face) * kShades / 256;
        parts.push_back({static_cast<std::size_t>(x), shade, share, weight});
        usual[shade] += share * weight, weights[shade] += weight;
      }
    }
  }
  const std::vector<double> none(static_cast<std::size_t>(cells.width), 0);
  Columns columns{none, none};
  for (const Part& part : parts) {
    columns.lost[part.column] += part.weight * (part.share - usual[part.shade] / weights[part.shade]);
    columns.weight[part.column] += part.weight;
  }
  return columns;
}

struct Step {
  int column = 0;
  double lost = 0;  // to the left of it more than to the right, share of the density
};

// The largest step from one side of a line to the other, beside a slope: what the tone's fit leaves over of
// the light, and what it took of the fade, is smooth.
Step largest_step(const Columns& columns, int reach) {
  constexpr double kEnough = 60'000;  // squared levels, summed over cells: some forty inked cells
  const int width = static_cast<int>(columns.lost.size());
  Step best;
  for (int x = 1 + reach / 2; x + reach / 2 < width - 1; ++x) {
    cv::Matx33d normal = cv::Matx33d::zeros();
    cv::Vec3d right(0, 0, 0);
    double before = 0, after = 0;
    for (int k = std::max(1, x - reach); k < std::min(width - 1, x + reach + 1); ++k) {
      if (k == x) continue;  // the line may run through it
      const auto i = static_cast<std::size_t>(k);
      const cv::Vec3d basis(1, static_cast<double>(k - x) / reach, k < x ? 0.5 : -0.5);
      normal += columns.weight[i] * basis * basis.t();
      right += columns.lost[i] * basis;
      (k < x ? before : after) += columns.weight[i];
    }
    if (std::min(before, after) < kEnough) continue;
    const double lost = normal.solve(right, cv::DECOMP_CHOLESKY)[2];
    if (std::abs(lost) > std::abs(best.lost)) best = {x, lost};
  }
  return best;
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
  constexpr double kReachMm = 12;
  Detected out;
  const Limits& limits = reference.profile->limits;
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
    if (score >= 1)
      out.candidates.push_back({"fade", cv::Rect({0, 0}, reference.size), score, kCardWidthMm, "", 1});
  }
  const Step step = largest_step(lost_by_column(reference, band, tone, seen),
                                 cvRound(kReachMm * reference.px_per_mm / Reference::kCell));
  const double score = std::abs(step.lost) / limits.fade_step;
  out.highest = std::max(out.highest, score);
  out.note("fade_step", score);
  if (score >= 1) {
    const int line = step.column * Reference::kCell;
    const cv::Rect box = step.lost > 0
                             ? cv::Rect(0, 0, line, reference.size.height)
                             : cv::Rect(line, 0, reference.size.width - line, reference.size.height);
    out.candidates.push_back({"fade", box, score, box.width / reference.px_per_mm, "", 1});
  }
  return out;
}

}  // namespace ktp::inspection
