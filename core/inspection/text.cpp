// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

// Full-strength ink only: a ghost or a pale stain is weaker than print, a faded stroke is not a missing one.
constexpr double kInk = 0.6, kNoInk = 0.35;
constexpr int kShift =
    3;  // working pixels that a line may stand beside its place where little print holds the card in place

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

struct Other {
  int both = 0, at = 0;  // most of the less of extra and missing ink in a window, and where that begins
  int extra = 0, missing = 0;
};

// `depth`: paper minus what is seen.
Other other_ink(const TextField& field, const cv::Mat& depth, double contrast, int window) {
  const cv::Mat extra = (depth > kInk * contrast) & ~field.near_ink;
  const cv::Mat missing = (depth < kNoInk * contrast) & field.ink;
  cv::Mat extra_sum, missing_sum;
  cv::integral(extra / 255, extra_sum, CV_32S);
  cv::integral(missing / 255, missing_sum, CV_32S);
  Other out;
  for (int x = 0; x + window <= depth.cols; x += 3) {
    const int both = std::min(in_window(extra_sum, x, window), in_window(missing_sum, x, window));
    if (both > out.both) out.both = both, out.at = x;
  }
  out.extra = cv::countNonZero(extra), out.missing = cv::countNonZero(missing);
  return out;
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
    cv::Mat ink_sum;
    cv::integral(field.ink / 255, ink_sum, CV_32S);
    const int w = std::min(grey.cols, cvRound(2.0 * reference.px_per_mm));
    int letter = 1;
    for (int x = 0; x + w <= grey.cols; x += 3) letter = std::max(letter, in_window(ink_sum, x, w));
    Other found = other_ink(field, depth, contrast, w);
    // The same line a little beside its place is no other text.
    for (int dy = -kShift; dy <= kShift && found.both >= limits.text_share * letter; ++dy) {
      for (int dx = -kShift; dx <= kShift && found.both >= limits.text_share * letter; ++dx) {
        cv::Mat moved;
        cv::warpAffine(depth, moved, cv::Matx23d(1, 0, dx, 0, 1, dy), depth.size(), cv::INTER_NEAREST,
                       cv::BORDER_REPLICATE);
        const Other here = other_ink(field, moved, contrast, w);
        if (here.both < found.both) found = here;
      }
    }
    const double score = static_cast<double>(found.both) / letter / limits.text_share;
    out.highest = std::max(out.highest, score);
    if (score >= 1) {
      const cv::Rect box(field.box.x + found.at, field.box.y, w, field.box.height);
      out.candidates.push_back({field.name == "nik" ? "wrong-digit" : "wrong-text", box, score,
                                box.width / reference.px_per_mm, field.name, 1});
      continue;
    }
    const int missing_px = found.missing, extra_px = found.extra;
    if (field.ink_px > 20 && missing_px > 0.5 * field.ink_px && extra_px < 0.1 * field.ink_px) {
      out.candidates.push_back({"missing-line", field.box, 2.0 * missing_px / field.ink_px,
                                field.box.width / reference.px_per_mm, field.name, 1});
      out.highest = std::max(out.highest, out.candidates.back().score);
    }
  }
  return out;
}

}  // namespace ktp::inspection
