// SPDX-License-Identifier: Apache-2.0
#include "inspection/simulated_photograph.hpp"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "domain/face.hpp"

namespace samples {
namespace {

constexpr double kMarginMm = 26;

cv::Mat lay_on_desk(const cv::Mat& card, double s, const Camera& camera, cv::RNG& rng) {
  const int margin = cvRound(kMarginMm * s);
  const cv::Size size(card.cols + 2 * margin, card.rows + 2 * margin);
  cv::Mat coarse(size.height / 40 + 2, size.width / 40 + 2, CV_32F), fine(size, CV_32F), grey;
  rng.fill(coarse, cv::RNG::NORMAL, camera.desk, 3);
  rng.fill(fine, cv::RNG::UNIFORM, -9, 9);
  cv::GaussianBlur(fine, fine, {0, 0}, 1.2);
  cv::resize(coarse, grey, size, 0, 0, cv::INTER_CUBIC);
  grey += fine;
  cv::Mat outline = cv::Mat::zeros(size, CV_8U);
  const int r = cvRound(3.18 * s);
  const cv::Rect at(margin, margin, card.cols, card.rows);
  cv::rectangle(outline, {at.x + r, at.y, at.width - 2 * r, at.height}, 255, cv::FILLED);
  cv::rectangle(outline, {at.x, at.y + r, at.width, at.height - 2 * r}, 255, cv::FILLED);
  for (const cv::Point c :
       {cv::Point(at.x + r, at.y + r), cv::Point(at.br().x - r - 1, at.y + r),
        cv::Point(at.x + r, at.br().y - r - 1), cv::Point(at.br().x - r - 1, at.br().y - r - 1)}) {
    cv::circle(outline, c, r, 255, cv::FILLED, cv::LINE_AA);
  }
  if (camera.shadow) {
    cv::Mat shade, moved;
    cv::warpAffine(outline, moved, cv::Matx23d(1, 0, 0.5 * s, 0, 1, 0.8 * s), size);
    cv::GaussianBlur(moved, moved, {0, 0}, 0.4 * s);
    moved.convertTo(shade, CV_32F, -0.4 / 255, 1);
    cv::multiply(grey, shade, grey);
  }
  cv::Mat scene;
  grey.convertTo(grey, CV_8U);
  cv::cvtColor(grey, scene, cv::COLOR_GRAY2RGB);
  card.copyTo(scene(at), outline(at));
  return scene;
}

}  // namespace

Camera any_camera(cv::RNG& rng) {
  const auto between = [&](double a, double b) { return rng.uniform(a, b); };
  Camera c;
  c.px_per_mm = between(11.2, 15);
  c.rotation_deg = between(-4, 4);
  c.tilt_x = between(-0.02, 0.02);
  c.tilt_y = between(-0.02, 0.02);
  c.k1 = between(-0.01, 0.01);
  c.shift_x_mm = between(-2, 2);
  c.shift_y_mm = between(-2, 2);
  c.slope_x = between(-0.1, 0.1);
  c.slope_y = between(-0.1, 0.1);
  c.vignette = between(0, 0.15);
  const double gain = between(0.8, 1.0);
  for (int k = 0; k < 3; ++k) c.gain[k] = gain * between(0.96, 1.04), c.offset[k] = between(0, 10);
  c.blur_px = between(0.5, 1.2);
  c.noise = between(0.8, 3);
  c.desk = between(25, 75);
  c.specks = rng.uniform(0, 25);
  c.hard_specks = rng.uniform(0, 3);
  return c;
}

ktp::Image photograph(const cv::Mat& card, double s, const Camera& camera, cv::RNG& rng) {
  const cv::Mat scene = lay_on_desk(card, s, camera, rng);
  const int width = cvRound((ktp::kCardWidthMm + 22) * camera.px_per_mm),
            height = cvRound((ktp::kCardHeightMm + 22) * camera.px_per_mm);
  cv::Mat map(height, width, CV_32FC2);
  const double turn = camera.rotation_deg * CV_PI / 180, c = std::cos(turn), sn = std::sin(turn);
  const double corner = std::hypot(width / 2.0, height / 2.0) / camera.px_per_mm;
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      double x = (u + 0.5 - width / 2.0) / camera.px_per_mm, y = (v + 0.5 - height / 2.0) / camera.px_per_mm;
      const double q = (x * x + y * y) / (corner * corner), lens = 1 + camera.k1 * q;
      x *= lens, y *= lens;
      const double depth = 1 + (camera.tilt_x * x + camera.tilt_y * y) / (ktp::kCardWidthMm / 2);
      const double cx = (c * x - sn * y) / depth + camera.shift_x_mm,
                   cy = (sn * x + c * y) / depth + camera.shift_y_mm;
      map.at<cv::Vec2f>(v, u) = {static_cast<float>(cx * s + scene.cols / 2.0 - 0.5),
                                 static_cast<float>(cy * s + scene.rows / 2.0 - 0.5)};
    }
  }
  cv::Mat seen;
  cv::remap(scene, seen, map, cv::noArray(), s > 1.5 * camera.px_per_mm ? cv::INTER_AREA : cv::INTER_CUBIC,
            cv::BORDER_REPLICATE);
  cv::GaussianBlur(seen, seen, {0, 0}, camera.blur_px);
  cv::Mat glass(height, width, CV_32F, cv::Scalar(1));
  for (int i = 0; i < camera.specks + camera.hard_specks; ++i) {
    const bool hard = i >= camera.specks;
    const double r = (hard ? rng.uniform(0.04, 0.09) : rng.uniform(0.05, 0.2)) * camera.px_per_mm,
                 depth = hard ? rng.uniform(0.2, 0.5) : rng.uniform(0.02, 0.06);
    const double x = rng.uniform(0.0, static_cast<double>(width)),
                 y = rng.uniform(0.0, static_cast<double>(height));
    for (int v = std::max(0, static_cast<int>(y - 4 * r));
         v < std::min(height, static_cast<int>(y + 4 * r) + 2); ++v) {
      for (int u = std::max(0, static_cast<int>(x - 4 * r));
           u < std::min(width, static_cast<int>(x + 4 * r) + 2); ++u) {
        const double d = ((u - x) * (u - x) + (v - y) * (v - y)) / (r * r);
        glass.at<float>(v, u) *= static_cast<float>(1 - depth * std::exp(-d));
      }
    }
  }
  ktp::Image out(width, height);
  cv::Mat noise(height, width, CV_32FC3);
  rng.fill(noise, cv::RNG::NORMAL, 0, 1);
  for (int v = 0; v < height; ++v) {
    std::uint8_t* row = out.row(v);
    for (int u = 0; u < width; ++u) {
      const double x = 2.0 * u / width - 1, y = 2.0 * v / height - 1;
      const double light = glass.at<float>(v, u) * (1 + camera.slope_x * x + camera.slope_y * y -
                                                    camera.vignette * (x * x + y * y) / 2);
      const auto& p = seen.at<cv::Vec3b>(v, u);
      const auto& n = noise.at<cv::Vec3f>(v, u);
      for (int k = 0; k < 3; ++k) {
        const double clean = p[k] * camera.gain[k] * light + camera.offset[k];
        row[3 * u + k] =
            cv::saturate_cast<std::uint8_t>(clean + n[k] * camera.noise * (0.35 + 0.65 * clean / 255));
      }
    }
  }
  return out;
}

}  // namespace samples
