// SPDX-License-Identifier: Apache-2.0
// What a person should see at once: where the photograph is not what was expected. Not the comparison that
// judges (compare.cpp): only its picture.
#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "inspection/inspection.hpp"

namespace ktp::inspection {

namespace {

// photograph = gain * expected + offset, on the half of the pixels that agree best.
cv::Vec2d fit_line(const cv::Mat& expected, const cv::Mat& seen) {
  cv::Vec2d fit(1, 0);
  double most = 1e9;
  for (int round = 0; round < 4; ++round) {
    double n = 1e-9, se = 0, sp = 0, see = 0, sep = 0;
    std::vector<double> off;
    for (int y = 0; y < expected.rows; ++y) {
      for (int x = 0; x < expected.cols; ++x) {
        const double e = expected.at<std::uint8_t>(y, x), p = seen.at<std::uint8_t>(y, x);
        const double rest = std::abs(p - fit[0] * e - fit[1]);
        off.push_back(rest);
        if (rest > most) continue;
        n += 1, se += e, sp += p, see += e * e, sep += e * p;
      }
    }
    const double spread = see - se * se / n;
    if (spread > n) {
      fit[0] = std::clamp((sep - se * sp / n) / spread, 0.2, 3.0);
      fit[1] = (sp - fit[0] * se) / n;
    }
    const auto middle = off.begin() + static_cast<std::ptrdiff_t>(off.size() / 2);
    std::nth_element(off.begin(), middle, off.end());
    most = std::max(4.0, 2 * *middle);
  }
  return fit;
}

}  // namespace

Image difference(const Image& expected, const Image& rectified) {
  if (expected.empty() || rectified.empty() || expected.channels != 3 || rectified.channels != 3) return {};
  try {
    const auto mat = [](const Image& image) {
      return cv::Mat(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
    };
    const cv::Mat seen = mat(rectified);
    cv::Mat face;  // a picture of its own: `expected` is what the next card of this order is printed from
    cv::resize(mat(expected), face, seen.size(), 0, 0, cv::INTER_AREA);
    cv::GaussianBlur(face, face, {0, 0}, 0.9 * seen.cols / 1011.0);
    cv::Mat face_small, seen_small;
    cv::resize(face, face_small, {seen.cols / 8, seen.rows / 8}, 0, 0, cv::INTER_AREA);
    cv::resize(seen, seen_small, face_small.size(), 0, 0, cv::INTER_AREA);
    std::array<cv::Mat, 3> faces, photos, small_faces, small_photos;
    cv::split(face, faces.data());
    cv::split(seen, photos.data());
    cv::split(face_small, small_faces.data());
    cv::split(seen_small, small_photos.data());
    // White where it is as expected; three times the difference darker where it is not.
    cv::Mat worst = cv::Mat::zeros(seen.size(), CV_8U);
    for (std::size_t c = 0; c < 3; ++c) {
      const cv::Vec2d fit = fit_line(small_faces[c], small_photos[c]);
      cv::Mat as_seen, off;
      faces[c].convertTo(as_seen, CV_8U, fit[0], fit[1]);
      cv::absdiff(as_seen, photos[c], off);
      cv::max(worst, off, worst);
    }
    Image out(seen.cols, seen.rows, 1);
    cv::Mat picture(seen.size(), CV_8U, out.pixels.data());
    worst.convertTo(picture, CV_8U, -3, 255);
    return out;
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace ktp::inspection
