// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

// Full-strength ink only: a ghost or a pale stain is weaker than print, a faded stroke is not a missing one.
constexpr double kInk = 0.6, kNoInk = 0.35;

int in_window(const cv::Mat& integral, int x, int w) {
  const int h = integral.rows - 1;
  return integral.at<int>(h, x + w) - integral.at<int>(h, x);
}

// Paper minus ink in levels: a blurred photograph has paler strokes.
double contrast_of(const TextField& field, const Band& band) {
  constexpr std::array kGreyWeights{0.299, 0.587, 0.114};
  double sum = cv::mean(field.paper, field.ink)[0];
  for (std::size_t c = 0; c < 3; ++c)
    sum -= kGreyWeights[c] * cv::mean(band.middle()[c](field.box), field.ink)[0];
  return std::max(sum, 1.0);
}

}  // namespace

Detected check_texts(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const Limits& limits = reference.profile->limits;
  for (const TextField& field : reference.texts) {
    cv::Mat grey(field.box.size(), CV_8U);
    for (int y = 0; y < grey.rows; ++y) {
      auto* g = grey.ptr<std::uint8_t>(y);
      const auto* r = evidence.planes[0].ptr<std::uint8_t>(field.box.y + y) + field.box.x;
      const auto* n = evidence.planes[1].ptr<std::uint8_t>(field.box.y + y) + field.box.x;
      const auto* b = evidence.planes[2].ptr<std::uint8_t>(field.box.y + y) + field.box.x;
      for (int x = 0; x < grey.cols; ++x)
        g[x] = static_cast<std::uint8_t>((77 * r[x] + 150 * n[x] + 29 * b[x]) >> 8);
    }
    cv::Mat depth;
    cv::subtract(field.paper, grey, depth);
    const double contrast = contrast_of(field, *evidence.band);
    const cv::Mat extra = (depth > kInk * contrast) & ~field.near_ink;
    const cv::Mat missing = (depth < kNoInk * contrast) & field.ink;
    cv::Mat extra_sum, missing_sum, ink_sum;
    cv::integral(extra / 255, extra_sum, CV_32S);
    cv::integral(missing / 255, missing_sum, CV_32S);
    cv::integral(field.ink / 255, ink_sum, CV_32S);
    const int w = std::min(grey.cols, cvRound(2.0 * reference.px_per_mm));
    int letter = 1, best = 0, at = 0;
    for (int x = 0; x + w <= grey.cols; x += 3) {
      letter = std::max(letter, in_window(ink_sum, x, w));
      const int both = std::min(in_window(extra_sum, x, w), in_window(missing_sum, x, w));
      if (both > best) best = both, at = x;
    }
    const double score = static_cast<double>(best) / letter / limits.text_share;
    out.highest = std::max(out.highest, score);
    if (score >= 1) {
      const cv::Rect box(field.box.x + at, field.box.y, w, field.box.height);
      out.candidates.push_back({field.name == "nik" ? "wrong-digit" : "wrong-text", box, score,
                                box.width / reference.px_per_mm, field.name, 1});
      continue;
    }
    const int missing_px = cv::countNonZero(missing), extra_px = cv::countNonZero(extra);
    if (field.ink_px > 20 && missing_px > 0.5 * field.ink_px && extra_px < 0.1 * field.ink_px) {
      out.candidates.push_back({"missing-line", field.box, 2.0 * missing_px / field.ink_px,
                                field.box.width / reference.px_per_mm, field.name, 1});
      out.highest = std::max(out.highest, out.candidates.back().score);
    }
  }
  return out;
}

}  // namespace ktp::inspection
