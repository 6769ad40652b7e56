// SPDX-License-Identifier: Apache-2.0
#include "other_camera.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "artwork/picture.hpp"
#include "domain/face.hpp"

namespace bench {
namespace {

const std::array<float, 256>& to_linear() {
  static const auto table = [] {
    std::array<float, 256> t{};
    for (std::size_t i = 0; i < 256; ++i) {
      const double v = static_cast<double>(i) / 255;
      t[i] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return t;
  }();
  return table;
}

std::uint8_t encoded(double linear, double gamma) {
  return cv::saturate_cast<std::uint8_t>(255 * std::pow(std::clamp(linear, 0.0, 1.0), 1 / gamma));
}

cv::Mat disk(double radius) {
  const int reach = static_cast<int>(std::ceil(radius + 0.5));
  cv::Mat kernel(2 * reach + 1, 2 * reach + 1, CV_32F);
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      kernel.at<float>(y + reach, x + reach) =
          static_cast<float>(std::clamp(radius + 0.5 - std::hypot(x, y), 0.0, 1.0));
  return kernel / cv::sum(kernel)[0];
}

cv::Mat streak(double length, double angle) {
  const int reach = static_cast<int>(std::ceil(length / 2 + 0.5));
  cv::Mat kernel = cv::Mat::zeros(2 * reach + 1, 2 * reach + 1, CV_32F);
  for (int i = -20; i <= 20; ++i) {
    const double x = reach + std::cos(angle) * length / 2 * i / 20,
                 y = reach + std::sin(angle) * length / 2 * i / 20;
    const int x0 = cvFloor(x), y0 = cvFloor(y);
    for (int k = 0; k < 4; ++k) {
      const int u = x0 + k % 2, v = y0 + k / 2;
      const double w = (k % 2 ? x - x0 : 1 - x + x0) * (k / 2 ? y - y0 : 1 - y + y0);
      if (u >= 0 && v >= 0 && u < kernel.cols && v < kernel.rows)
        kernel.at<float>(v, u) += static_cast<float>(w);
    }
  }
  return kernel / cv::sum(kernel)[0];
}

// One colour a pixel (RGGB), the others from the neighbours.
void through_mosaic(cv::Mat& linear) {
  cv::Mat raw(linear.size(), CV_16U);
  for (int y = 0; y < linear.rows; ++y) {
    for (int x = 0; x < linear.cols; ++x) {
      const int c = (y % 2 == 0) ? (x % 2 == 0 ? 0 : 1) : (x % 2 == 0 ? 1 : 2);
      raw.at<std::uint16_t>(y, x) =
          cv::saturate_cast<std::uint16_t>(60000 * linear.at<cv::Vec3f>(y, x)[c] + 2000);
    }
  }
  cv::Mat full;
  cv::cvtColor(raw, full, cv::COLOR_BayerBG2RGB);  // OpenCV names the pattern by its second row
  full.convertTo(linear, CV_32F, 1.0 / 60000, -2000.0 / 60000);
}

}  // namespace

cv::Mat printed(const cv::Mat& picture, double s, cv::RNG& rng) {
  const double dx = rng.uniform(-0.3, 0.3) * s, dy = rng.uniform(-0.3, 0.3) * s;
  const double density = rng.uniform(0.95, 1.05), spread = rng.uniform(0.015, 0.045) * s;
  const double stretch = rng.uniform(-6e-4, 6e-4);
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  cv::Mat elements(1, picture.rows, CV_32F);
  for (cv::Mat& plane : planes) {
    const cv::Matx23d m(1 + stretch, 0, dx + rng.uniform(-0.04, 0.04) * s, 0, 1,
                        dy + rng.uniform(-0.04, 0.04) * s);
    cv::warpAffine(plane, plane, m, plane.size(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
    if (spread > 0.15) cv::GaussianBlur(plane, plane, {0, 0}, spread);
    rng.fill(elements, cv::RNG::NORMAL, 1.0, 0.006);
    const double band = rng.uniform(0.0, 0.008), period = rng.uniform(8.0, 40.0) * s;
    for (int y = 0; y < plane.rows; ++y) {
      auto* row = plane.ptr<std::uint8_t>(y);
      for (int x = 0; x < plane.cols; ++x) {
        // Density is what the head varies: D = -log10 of the reflectance.
        const double reflectance = std::max(0.004f, to_linear()[row[x]]);
        const double d =
            -std::log10(reflectance) * density * elements.at<float>(0, y) * (1 + band * std::sin(x / period));
        const double v = std::pow(10.0, -d);
        row[x] = cv::saturate_cast<std::uint8_t>(
            255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055));
      }
    }
  }
  cv::Mat out;
  cv::merge(planes, out);
  return out;
}

Exposure any_exposure(cv::RNG& rng) {
  Exposure e;
  e.defocus_px = rng.uniform(0.3, 1.3);
  e.motion_px = rng.uniform(0, 3) == 0 ? rng.uniform(0.0, 1.5) : 0;
  e.motion_angle = rng.uniform(0.0, CV_PI);
  e.lens_px = rng.uniform(0.35, 0.7);
  e.white = rng.uniform(0.6, 0.92);
  e.flare = rng.uniform(0.0, 0.01);
  for (int c = 0; c < 3; ++c) e.balance[c] = rng.uniform(0.93, 1.07);
  e.slope_x = rng.uniform(-0.12, 0.12);
  e.slope_y = rng.uniform(-0.12, 0.12);
  e.spot = rng.uniform(0.0, 0.15);
  e.spot_x = rng.uniform(-1.0, 1.0);
  e.spot_y = rng.uniform(-1.0, 1.0);
  e.electrons = rng.uniform(6000.0, 25000.0);
  e.read_noise = rng.uniform(3.0, 12.0);
  e.gamma = rng.uniform(2.0, 2.4);
  e.mosaic = rng.uniform(0, 2) == 0;
  e.jpeg = rng.uniform(0, 2) == 0 ? rng.uniform(82, 98) : 0;
  return e;
}

ktp::Image expose(const cv::Mat& scene, const cv::Mat& map, const Exposure& e, cv::RNG& rng) {
  cv::Mat linear(scene.size(), CV_32FC3), seen;
  for (int y = 0; y < scene.rows; ++y) {
    const auto* from = scene.ptr<cv::Vec3b>(y);
    auto* to = linear.ptr<cv::Vec3f>(y);
    for (int x = 0; x < scene.cols; ++x)
      for (int c = 0; c < 3; ++c) to[x][c] = to_linear()[from[x][c]];
  }
  cv::remap(linear, seen, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::filter2D(seen, seen, -1, disk(e.defocus_px), {-1, -1}, 0, cv::BORDER_REPLICATE);
  if (e.motion_px > 0.2)
    cv::filter2D(seen, seen, -1, streak(e.motion_px, e.motion_angle), {-1, -1}, 0, cv::BORDER_REPLICATE);
  cv::GaussianBlur(seen, seen, {0, 0}, e.lens_px);
  cv::Mat noise(seen.size(), CV_32FC3);
  rng.fill(noise, cv::RNG::NORMAL, 0, 1);
  for (int v = 0; v < seen.rows; ++v) {
    for (int u = 0; u < seen.cols; ++u) {
      const double x = 2.0 * u / seen.cols - 1, y = 2.0 * v / seen.rows - 1;
      const double q = (x - e.spot_x) * (x - e.spot_x) + (y - e.spot_y) * (y - e.spot_y);
      const double light =
          e.white * (1 + e.slope_x * x + e.slope_y * y) * (1 + e.spot * (std::exp(-q) - 0.5));
      auto& p = seen.at<cv::Vec3f>(v, u);
      const auto& n = noise.at<cv::Vec3f>(v, u);
      for (int c = 0; c < 3; ++c) {
        const double clean = (p[c] + e.flare) * light * e.balance[c];
        const double electrons = clean * e.electrons;
        p[c] = static_cast<float>(
            clean + n[c] * std::sqrt(std::max(electrons, 0.0) + e.read_noise * e.read_noise) / e.electrons);
      }
    }
  }
  if (e.mosaic) through_mosaic(seen);
  ktp::Image out(seen.cols, seen.rows);
  std::array<std::uint8_t, 4097> encode{};
  for (std::size_t i = 0; i < encode.size(); ++i) encode[i] = encoded(static_cast<double>(i) / 4096, e.gamma);
  for (int v = 0; v < seen.rows; ++v) {
    for (int u = 0; u < seen.cols; ++u) {
      const auto& p = seen.at<cv::Vec3f>(v, u);
      for (int c = 0; c < 3; ++c)
        out.row(v)[3 * u + c] = encode[static_cast<std::size_t>(std::clamp(cvRound(p[c] * 4096), 0, 4096))];
    }
  }
  if (e.jpeg > 0) {
    if (auto bytes = ktp::artwork::encode_jpeg(out.view(), e.jpeg))
      if (auto again = ktp::artwork::decode_picture(*bytes)) return std::move(*again);
  }
  return out;
}

ktp::Image photograph(const cv::Mat& card, double s, double sensor, const Exposure& exposure, cv::RNG& rng) {
  const int margin = cvRound(22 * s);
  const cv::Size size(card.cols + 2 * margin, card.rows + 2 * margin);
  // A table: dark, with a grain along one direction, some colour of its own.
  cv::Mat scene(size, CV_8UC3), grain(size.height / 3, std::max(4, size.width / 60), CV_8UC3), wide;
  const cv::Scalar colour(rng.uniform(20, 90), rng.uniform(20, 90), rng.uniform(20, 90));
  rng.fill(grain, cv::RNG::NORMAL, colour, cv::Scalar::all(rng.uniform(1.0, 5.0)));
  cv::resize(grain, wide, size, 0, 0, cv::INTER_CUBIC);
  if (rng.uniform(0, 2)) {
    cv::Mat turned;
    cv::flip(wide, turned, 1);
    wide = turned;
  }
  wide.copyTo(scene);
  cv::Mat outline = cv::Mat::zeros(card.size(), CV_8U);
  const int r = cvRound(3.18 * s);
  cv::rectangle(outline, {r, 0, card.cols - 2 * r, card.rows}, 255, cv::FILLED);
  cv::rectangle(outline, {0, r, card.cols, card.rows - 2 * r}, 255, cv::FILLED);
  for (const cv::Point c : {cv::Point(r, r), cv::Point(card.cols - r - 1, r), cv::Point(r, card.rows - r - 1),
                            cv::Point(card.cols - r - 1, card.rows - r - 1)})
    cv::circle(outline, c, r, 255, cv::FILLED, cv::LINE_AA);
  card.copyTo(scene(cv::Rect(margin, margin, card.cols, card.rows)), outline);

  const int width = cvRound((ktp::kCardWidthMm + 18) * sensor),
            height = cvRound((ktp::kCardHeightMm + 18) * sensor);
  const double turn = rng.uniform(-5.0, 5.0) * CV_PI / 180, c = std::cos(turn), sn = std::sin(turn);
  const double tilt_x = rng.uniform(-0.025, 0.025), tilt_y = rng.uniform(-0.025, 0.025),
               k1 = rng.uniform(-0.012, 0.012);
  const double shift_x = rng.uniform(-1.5, 1.5), shift_y = rng.uniform(-1.5, 1.5);
  const double corner = std::hypot(width, height) / 2 / sensor;
  cv::Mat map(height, width, CV_32FC2);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      double x = (u + 0.5 - width / 2.0) / sensor, y = (v + 0.5 - height / 2.0) / sensor;
      const double q = (x * x + y * y) / (corner * corner), lens = 1 + k1 * q;
      x *= lens, y *= lens;
      const double depth = 1 + (tilt_x * x + tilt_y * y) / 43;
      map.at<cv::Vec2f>(v, u) = {
          static_cast<float>(((c * x - sn * y) / depth + shift_x) * s + scene.cols / 2.0 - 0.5),
          static_cast<float>(((sn * x + c * y) / depth + shift_y) * s + scene.rows / 2.0 - 0.5)};
    }
  }
  return expose(scene, map, exposure, rng);
}

Interval wilson(int hits, int n) {
  if (n == 0) return {0, 1};
  const double z = 1.96, p = static_cast<double>(hits) / n, d = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / d,
               half = z * std::sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / d;
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

}  // namespace bench
