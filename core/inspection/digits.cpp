// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr double kLegible = 0.55;  // correlation from which on a digit is a digit

// Correlation of every digit with the cell, each at its best shift of up to two half pixels: the alignment of
// one cell.
std::array<double, 10> read_cell(const DigitCell& digit, const cv::Mat& grey) {
  std::array<double, 10> best{};
  best.fill(-1);
  const cv::Rect frame({0, 0}, grey.size());
  cv::Mat patch;
  for (int dy = -2; dy <= 2; ++dy) {
    for (int dx = -2; dx <= 2; ++dx) {
      const cv::Rect at = digit.cell + cv::Point(dx, dy);
      if ((at & frame) != at) continue;
      grey(at).copyTo(patch);
      patch -= cv::mean(patch)[0];
      const double norm = std::max(cv::norm(patch), 1e-3);
      for (std::size_t d = 0; d < 10; ++d) {
        if (!digit.templates[d].empty()) best[d] = std::max(best[d], patch.dot(digit.templates[d]) / norm);
      }
    }
  }
  return best;
}

}  // namespace

Detected check_digits(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const double margin = reference.profile->limits.digit_margin;
  for (const DigitCell& digit : reference.digits) {
    const std::array<double, 10> match = read_cell(digit, evidence.grey);
    const auto expected = static_cast<std::size_t>(digit.expected);
    double other = -1;
    for (std::size_t d = 0; d < 10; ++d) {
      if (d != expected) other = std::max(other, match[d]);
    }
    const double lead = match[expected] - other;
    const cv::Rect box(digit.cell.x * 2, digit.cell.y * 2, digit.cell.width * 2, digit.cell.height * 2);
    const double size_mm = std::max(box.width, box.height) / reference.px_per_mm;
    if (other > kLegible && lead < -margin) {
      out.candidates.push_back({"wrong-digit", box, 1 - lead / std::max(margin, 0.02), size_mm, "nik", 1});
      out.highest = std::max(out.highest, out.candidates.back().score);
    } else {
      // 1 where the expected digit wins by no more than the margin; 0.5 at twice that.
      const double score = lead > 0 ? margin / std::max(lead, 0.01) : 2;
      out.highest = std::max(out.highest, std::min(score, 2.0));
      if (lead < margin || match[expected] < kLegible) {
        out.candidates.push_back(
            {"unclear-digit", box, std::max(1.0, std::min(score, 2.0)), size_mm, "nik", 1});
      }
    }
  }
  return out;
}

}  // namespace ktp::inspection
