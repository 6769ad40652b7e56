// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr float kTextured =
    12;  // grey levels of standard deviation that make a cell tell anything by its detail
constexpr float kPaperWhite = 255;  // a blank card in the face's tone

}  // namespace

CellPresence presence(const Reference& reference, const cv::Mat& grey_half) {
  const cv::Size cells = reference.cell_detail.size();
  constexpr int kStep = Reference::kCell / 2, n = kStep * kStep;
  CellPresence out{cv::Mat(cells, CV_32F, cv::Scalar(-1)), cv::Mat(cells, CV_32F, cv::Scalar(0.4f))};
  for (int y = 0; y < cells.height; ++y) {
    for (int x = 0; x < cells.width; ++x) {
      if (reference.cell_detail.at<float>(y, x) < kTextured) continue;
      float se = 0, sp = 0, see = 0, spp = 0, sep = 0;
      for (int j = 0; j < kStep; ++j) {
        const float* e = reference.grey_half_blurred.ptr<float>(y * kStep + j) + x * kStep;
        const float* p = grey_half.ptr<float>(y * kStep + j) + x * kStep;
        for (int i = 0; i < kStep; ++i)
          se += e[i], sp += p[i], see += e[i] * e[i], spp += p[i] * p[i], sep += e[i] * p[i];
      }
      const float ve = std::max(see - se * se / n, 1.0f), vp = std::max(spp - sp * sp / n, 0.0f);
      const float slope = (sep - se * sp / n) / ve, match = slope * std::sqrt(ve / std::max(vp, 1.0f));
      // Blank means: neither the expected detail nor any other. Other detail is another matter.
      const float detail = std::sqrt(vp / ve);
      out.blank.at<float>(y, x) = std::clamp((0.45f - detail) / 0.2f, 0.0f, 1.0f);
      out.trust.at<float>(y, x) = std::clamp((match - 0.5f) / 0.3f, 0.0f, 1.0f);
    }
  }
  return out;
}

void add_colour(const Band& band, const CellMeans& seen, CellPresence& cells) {
  const Band::Cells& expected = band.cells();
  const cv::Size size = expected.means[0].size();
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      float along = 0, length = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        const float to_paper = kPaperWhite - expected.means[c].at<float>(y, x);
        along += to_paper *
                 (static_cast<float>(seen[c].at<std::uint8_t>(y, x)) - expected.means[c].at<float>(y, x));
        length += to_paper * to_paper;
      }
      if (length < 14 * 14) continue;
      const float whitened = std::clamp(along / length, 0.0f, 1.0f);
      float& blank = cells.blank.at<float>(y, x);
      blank = blank < 0 ? whitened : std::min(blank, std::clamp(2 * whitened, 0.0f, 1.0f));
    }
  }
}

Detected find_half_print(const Reference& reference, const CellPresence& cells) {
  const int rows = cells.blank.rows, columns = cells.blank.cols;
  const double cell_mm = Reference::kCell / reference.px_per_mm, cell_mm2 = cell_mm * cell_mm;
  std::vector<double> by_row(static_cast<std::size_t>(rows), 0),
      by_column(static_cast<std::size_t>(columns), 0);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const float blank = cells.blank.at<float>(y, x);
      if (blank < 0) continue;
      // Below half blank a cell speaks against; a line of print that is there outvotes much that is not.
      const double vote = (blank - 0.5) * cell_mm2 * 2;
      by_row[static_cast<std::size_t>(y)] += vote;
      by_column[static_cast<std::size_t>(x)] += vote;
    }
  }
  Detected out;
  double best = 0;
  cv::Rect box;
  const auto scan = [&](const std::vector<double>& votes, bool by_rows, bool from_end) {
    double sum = 0;
    const int count = static_cast<int>(votes.size());
    for (int k = 0; k < count; ++k) {
      sum += votes[static_cast<std::size_t>(from_end ? count - 1 - k : k)];
      if (sum <= best) continue;
      best = sum;
      const int reach = (k + 1) * Reference::kCell;
      const cv::Size s = reference.size;
      box = by_rows ? cv::Rect(0, from_end ? s.height - reach : 0, s.width, reach)
                    : cv::Rect(from_end ? s.width - reach : 0, 0, reach, s.height);
    }
  };
  for (const bool from_end : {false, true}) {
    scan(by_row, true, from_end);
    scan(by_column, false, from_end);
  }
  out.highest = best / reference.profile->limits.half_print_mm2;
  if (out.highest >= 1) {
    box &= cv::Rect({0, 0}, reference.size);
    out.candidates.push_back(
        {"half-print", box, out.highest, std::max(box.width, box.height) / reference.px_per_mm, "", 1});
  }
  return out;
}

}  // namespace ktp::inspection
