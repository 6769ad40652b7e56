// SPDX-License-Identifier: Apache-2.0
#include "bench/inspection/hand_camera.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace judge {
namespace {

constexpr int kOver = 2;  // scene samples a sensor pixel, along either side

// Cloud noise: octaves of smooth noise, mean 0, about +-1.
cv::Mat clouds(const cv::Size& size, int coarsest, cv::RNG& rng) {
  cv::Mat sum = cv::Mat::zeros(size, CV_32F);
  double share = 0.5;
  for (int step = coarsest; step >= 2; step /= 3, share *= 0.6) {
    cv::Mat coarse(size.height / step + 3, size.width / step + 3, CV_32F), fine;
    rng.fill(coarse, cv::RNG::NORMAL, 0, 1);
    cv::resize(coarse, fine, size, 0, 0, cv::INTER_CUBIC);
    sum += share * fine;
  }
  return sum;
}

// The table in linear light, CV_32FC3, `s` samples a mm.
cv::Mat table_of(const HandCamera& o, const cv::Size& size, double s, cv::RNG& rng) {
  cv::Mat level = clouds(size, cvRound(6 * s), rng) * 0.05 + 1;
  std::array<double, 3> colour{rng.uniform(0.08, 0.4), rng.uniform(0.08, 0.4), rng.uniform(0.08, 0.4)};
  if (o.table == 0) {
    const double pitch = rng.uniform(0.5, 1.2) * s;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        level.at<float>(y, x) *= static_cast<float>(1 + 0.25 * std::sin(CV_2PI * x / pitch) *
                                                            std::sin(CV_2PI * (y + 0.1 * x) / pitch));
  } else if (o.table == 1) {
    colour = {0.75, 0.75, 0.7};
    for (int row = 0; row * 4 * s < size.height; ++row) {
      for (double x = rng.uniform(0.0, 8.0) * s; x < size.width;) {
        const double w = rng.uniform(2.0, 11.0) * s;
        cv::putText(level, "spesimen contoh teks", {cvRound(x), cvRound((row * 4 + 3) * s)},
                    cv::FONT_HERSHEY_SIMPLEX, 0.09 * s, 0.12, std::max(1, cvRound(0.2 * s)), cv::LINE_AA);
        x += 9 * w;
      }
    }
  } else if (o.table == 2) {
    colour = {0.38, 0.22, 0.11};
    cv::Mat grain, lines(size.height, size.width / 40 + 2, CV_32F);
    rng.fill(lines, cv::RNG::NORMAL, 1, 0.12);
    cv::resize(lines, grain, size, 0, 0, cv::INTER_CUBIC);
    level = level.mul(grain);
    const int plank = cvRound(rng.uniform(40.0, 90.0) * s);
    for (int y = rng.uniform(0, plank); y < size.height; y += plank)
      level.rowRange(y, std::min(size.height, y + cvRound(0.6 * s))) *= 0.25;
  } else {
    level += 0.16 * clouds(size, cvRound(20 * s), rng);
  }
  cv::max(level, 0.02, level);
  std::array<cv::Mat, 3> planes;
  for (std::size_t c = 0; c < 3; ++c) planes[c] = level * colour[c];
  cv::Mat out;
  cv::merge(planes, out);
  return out;
}

cv::Mat hand_path(double length, double bend) {
  const int reach = cvCeil(length / 2) + 1;
  cv::Mat kernel = cv::Mat::zeros(2 * reach + 1, 2 * reach + 1, CV_32F);
  for (int i = -60; i <= 60; ++i) {
    const double t = i / 60.0, x = t * length / 2, y = bend * length * (t * t - 0.33) / 2;
    const int u = cvFloor(x), v = cvFloor(y);
    for (int k = 0; k < 4; ++k) {
      const double w = (k & 1 ? x - u : 1 - x + u) * (k & 2 ? y - v : 1 - y + v);
      const int col = std::clamp(u + (k & 1) + reach, 0, kernel.cols - 1),
                row = std::clamp(v + (k >> 1) + reach, 0, kernel.rows - 1);
      kernel.at<float>(row, col) += static_cast<float>(w);
    }
  }
  return kernel / cv::sum(kernel)[0];
}

// Colour of a warm or cool lamp after an imperfect white balance.
std::array<double, 3> lamp_colour(double kelvin) {
  const double warm = (5000 - kelvin) / 5000;
  return {1 + 0.35 * warm, 1, 1 - 0.45 * warm};
}

void scatter(cv::Mat& light, const HandCamera& o) {
  cv::Mat core, soft, wide;
  cv::GaussianBlur(light, core, {0, 0}, o.core_px * kOver);
  if (o.field_px > 0.05) {
    cv::GaussianBlur(light, soft, {0, 0}, std::hypot(o.core_px, o.field_px) * kOver);
    for (int y = 0; y < light.rows; ++y) {
      for (int x = 0; x < light.cols; ++x) {
        const double u = 2.0 * x / light.cols - 1, v = 2.0 * y / light.rows - 1;
        const auto share = static_cast<float>(std::min(1.0, (u * u + v * v) / 1.6));
        core.at<cv::Vec3f>(y, x) = core.at<cv::Vec3f>(y, x) * (1 - share) + soft.at<cv::Vec3f>(y, x) * share;
      }
    }
  }
  cv::GaussianBlur(light, wide, {0, 0}, o.halo_px * kOver);
  cv::addWeighted(core, 1 - o.halo, wide, o.halo, 0, light);
  if (o.shake_px > 0.2)
    cv::filter2D(light, light, -1, hand_path(o.shake_px * kOver, o.shake_bend), {-1, -1}, 0,
                 cv::BORDER_REPLICATE);
}

// What the processor makes of the developed picture: colour noise, brightness, coding.
cv::Mat process(const cv::Mat& rgb, const HandCamera& o) {
  cv::Mat coded(rgb.size(), CV_32FC3), ycc, soft;
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* in = rgb.ptr<cv::Vec3f>(y);
    auto* out = coded.ptr<cv::Vec3f>(y);
    for (int x = 0; x < rgb.cols; ++x) {
      const float grey = 0.25f * in[x][0] + 0.6f * in[x][1] + 0.15f * in[x][2];
      for (int c = 0; c < 3; ++c) {
        const double v = std::clamp(grey + static_cast<float>(o.saturation) * (in[x][c] - grey), 0.0f, 1.0f);
        const double t = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
        out[x][c] = static_cast<float>(t + o.contrast * (t * t * (3 - 2 * t) - t));
      }
    }
  }
  cv::cvtColor(coded, ycc, cv::COLOR_RGB2YCrCb);
  std::array<cv::Mat, 3> planes;
  cv::split(ycc, planes.data());
  for (const std::size_t c : {std::size_t{1}, std::size_t{2}})
    cv::GaussianBlur(planes[c], planes[c], {0, 0}, o.chroma_px);
  const cv::Mat plain = planes[0].clone();
  if (o.sharpen > 0) {
    cv::GaussianBlur(plain, soft, {0, 0}, o.sharpen_px);
    planes[0] += o.sharpen * (plain - soft);
  }
  if (o.clarity > 0) {
    cv::GaussianBlur(plain, soft, {0, 0}, o.clarity_px);
    planes[0] += o.clarity * (plain - soft);
  }
  cv::merge(planes.data(), 3, ycc);
  cv::cvtColor(ycc, coded, cv::COLOR_YCrCb2BGR);
  coded.convertTo(coded, CV_8U, 255);
  return coded;
}

}  // namespace

HandCamera any_hand_camera(cv::RNG& rng, double dpi) {
  HandCamera o;
  const bool fine = dpi > 450;
  o.px_per_mm = fine ? rng.uniform(23.7, 29.0) : rng.uniform(11.9, 19.0);
  o.margin_mm = rng.uniform(6.0, 14.0);
  for (auto& corner : o.corners)
    for (double& v : corner) v = rng.uniform(-1.6, 1.6);
  o.barrel = rng.uniform(-0.03, 0.01);
  o.lateral = rng.uniform(-4e-4, 4e-4);
  o.core_px = rng.uniform(0.45, 0.8) * (fine ? 1.25 : 1);
  o.field_px = rng.uniform(0.0, 0.5);
  o.halo = rng.uniform(0.0, 0.06), o.halo_px = rng.uniform(3.0, 9.0);
  if (rng.uniform(0, 3) == 0) o.shake_px = rng.uniform(0.3, 1.4), o.shake_bend = rng.uniform(-0.6, 0.6);
  o.vignetting = rng.uniform(0.15, 0.5);
  o.lamp = rng.uniform(0.0, 0.2), o.lamp_x = rng.uniform(-1.3, 1.3), o.lamp_y = rng.uniform(-1.3, 1.3);
  o.kelvin = rng.uniform(4000.0, 6000.0), o.tint = rng.uniform(-0.015, 0.015);
  o.exposure = rng.uniform(0.45, 0.8);
  o.full_well = rng.uniform(3000.0, 9000.0), o.read_noise = rng.uniform(2.0, 6.0);
  o.saturation = rng.uniform(0.95, 1.2);
  o.chroma_px = rng.uniform(0.4, 1.4);
  o.contrast = rng.uniform(0.0, 0.35);
  o.sharpen = rng.uniform(0.1, 0.8), o.sharpen_px = rng.uniform(0.7, 1.5);
  o.clarity = rng.uniform(0, 4) == 0 ? rng.uniform(0.02, 0.1) : 0, o.clarity_px = rng.uniform(10.0, 30.0);
  o.jpeg = rng.uniform(70, 86);
  o.table = rng.uniform(0, 4);
  o.seed = static_cast<std::uint64_t>(rng.next()) << 16 | (rng.next() & 0xffff);
  return o;
}

ktp::Image photograph(const PrintedCard& card, const HandCamera& o) {
  cv::RNG rng(o.seed);
  const double s = o.px_per_mm * kOver;
  const cv::Size size(kOver * cvRound((ktp::kCardWidthMm + 2 * o.margin_mm) * o.px_per_mm),
                      kOver * cvRound((ktp::kCardHeightMm + 2 * o.margin_mm) * o.px_per_mm));
  cv::Mat scene = table_of(o, size, s, rng);
  // The card's picture to scene samples: where each corner comes to lie, then the lens.
  std::array<cv::Point2f, 4> from, to;
  for (std::size_t i = 0; i < 4; ++i) {
    const double x = i == 1 || i == 2 ? ktp::kCardWidthMm : 0, y = i > 1 ? ktp::kCardHeightMm : 0;
    from[i] = {static_cast<float>((o.margin_mm + x + o.corners[i][0]) * s),
               static_cast<float>((o.margin_mm + y + o.corners[i][1]) * s)};
    to[i] = {static_cast<float>(x * kPerMm), static_cast<float>(y * kPerMm)};
  }
  const cv::Matx33d h = cv::getPerspectiveTransform(from.data(), to.data());
  cv::Mat face, shine;
  card.reflectance.convertTo(face, CV_32F, 1 / 65535.0);
  if (!card.shine.empty()) {
    cv::cvtColor(card.shine, shine, cv::COLOR_GRAY2RGB);
    shine.convertTo(shine, CV_32F, 1 / 255.0);
    face += shine;
  }
  // Averaged to the scene's sampling, so that the print does not alias.
  const double finer = kPerMm / s;
  if (finer > 1) cv::GaussianBlur(face, face, {0, 0}, 0.4 * finer);
  cv::Mat card_planes[3];
  cv::split(face, card_planes);
  std::array<cv::Mat, 3> planes;
  cv::split(scene, planes.data());
  const double half = std::hypot(size.width, size.height) / 2;
  cv::Mat shadow(size, CV_32F, cv::Scalar(0)), body;
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat map(size, CV_32FC2);
    const double scale = 1 + (static_cast<double>(c) - 1) * o.lateral;
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        double u = (x - size.width / 2.0) * scale, v = (y - size.height / 2.0) * scale;
        const double lens = 1 + o.barrel * (u * u + v * v) / (half * half);
        u = u * lens + size.width / 2.0, v = v * lens + size.height / 2.0;
        const double w = h(2, 0) * u + h(2, 1) * v + h(2, 2);
        map.at<cv::Vec2f>(y, x) = {static_cast<float>((h(0, 0) * u + h(0, 1) * v + h(0, 2)) / w - 0.5),
                                   static_cast<float>((h(1, 0) * u + h(1, 1) * v + h(1, 2)) / w - 0.5)};
      }
    }
    cv::Mat print;
    cv::remap(card_planes[c], print, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    cv::remap(card.body, body, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, 0);
    cv::Mat there;
    body.convertTo(there, CV_32F, 1 / 255.0);
    if (c == 0) {
      const cv::Matx23d fall(1, 0, 0.5 * s * o.lamp_x, 0, 1, 0.5 * s * o.lamp_y);
      cv::warpAffine(there, shadow, fall, size);
      cv::GaussianBlur(shadow, shadow, {0, 0}, 0.5 * s);
    }
    planes[c] = planes[c].mul(1 - 0.45 * shadow).mul(1 - there) + print.mul(there);
  }
  cv::merge(planes.data(), 3, scene);
  scatter(scene, o);
  cv::Mat seen;
  cv::resize(scene, seen, {size.width / kOver, size.height / kOver}, 0, 0, cv::INTER_AREA);
  // Light and sensor, one colour a pixel. Colours mix in the filters; the matrix afterwards takes it back.
  const auto lamp = lamp_colour(o.kelvin);
  constexpr double kMix = 0.12;
  cv::Mat raw(seen.size(), CV_16U), noise(seen.size(), CV_32F);
  rng.fill(noise, cv::RNG::NORMAL, 0, 1);
  for (int y = 0; y < seen.rows; ++y) {
    for (int x = 0; x < seen.cols; ++x) {
      const double u = 2.0 * x / seen.cols - 1, v = 2.0 * y / seen.rows - 1, r2 = (u * u + v * v) / 2;
      const double spot = std::exp(-((u - o.lamp_x) * (u - o.lamp_x) + (v - o.lamp_y) * (v - o.lamp_y)));
      const double light =
          o.exposure * (1 - o.vignetting * r2 * (1 - 0.3 * r2)) * (1 - o.lamp + o.lamp * spot);
      const auto& p = seen.at<cv::Vec3f>(y, x);
      const int c = (y % 2 == 0) ? (x % 2 == 0 ? 0 : 1) : (x % 2 == 0 ? 1 : 2);
      const auto at = [&](int k) {
        return p[k] * lamp[static_cast<std::size_t>(k)] * (1 + (k - 1) * o.tint * u);
      };
      const double mixed = (1 - kMix) * at(c) + kMix * (at(0) + at(1) + at(2)) / 3;
      const double electrons = std::max(0.0, mixed * light * o.full_well);
      const double got =
          electrons + noise.at<float>(y, x) * std::sqrt(electrons + o.read_noise * o.read_noise);
      raw.at<std::uint16_t>(y, x) = cv::saturate_cast<std::uint16_t>(got / o.full_well * 60000 + 1000);
    }
  }
  cv::Mat developed, rgb;
  cv::demosaicing(raw, developed, cv::COLOR_BayerBG2RGB_EA);  // OpenCV names the pattern by its second row
  developed.convertTo(rgb, CV_32F, 1 / 60000.0, -1000 / 60000.0);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      auto& p = rgb.at<cv::Vec3f>(y, x);
      const float mean = (p[0] + p[1] + p[2]) / 3;
      for (int c = 0; c < 3; ++c)
        p[c] = (p[c] - static_cast<float>(kMix) * mean) / static_cast<float>(1 - kMix);
    }
  }
  const cv::Mat picture = process(rgb, o);
  std::vector<std::uint8_t> bytes;
  cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, o.jpeg});
  const cv::Mat again = cv::imdecode(bytes, cv::IMREAD_COLOR);
  ktp::Image image(again.cols, again.rows);
  cv::Mat out(again.size(), CV_8UC3, image.pixels.data());
  cv::cvtColor(again, out, cv::COLOR_BGR2RGB);
  return image;
}

}  // namespace judge
