// SPDX-License-Identifier: Apache-2.0
#include "bench/inspection/optics.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace judge {
namespace {

constexpr double kReachMm = 45;  // of table drawn round the card

double between(cv::RNG& rng, double a, double b) {
  return rng.uniform(a, b);
}

// Table texture at 4 px/mm, linear, mean 1.
cv::Mat texture(Table kind, const cv::Size& size, cv::RNG& rng) {
  cv::Mat coarse(size.height / 24 + 3, size.width / 24 + 3, CV_32F), soft, fine(size, CV_32F);
  rng.fill(coarse, cv::RNG::NORMAL, 1, 0.02);
  cv::resize(coarse, soft, size, 0, 0, cv::INTER_CUBIC);
  rng.fill(fine, cv::RNG::NORMAL, 0, kind == Table::pattern ? 0.02 : 0.04);
  cv::GaussianBlur(fine, fine, {0, 0}, 0.7);
  soft += fine;
  if (kind == Table::wood) {
    const double turn = between(rng, -0.2, 0.2), period = between(rng, 8, 30), phase = between(rng, 0, 6);
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        const double v = y + turn * x + 6 * std::sin(x / 170.0 + phase);
        soft.at<float>(y, x) *= static_cast<float>(1 + 0.12 * std::sin(CV_2PI * v / period) +
                                                   0.06 * std::sin(CV_2PI * v / (0.37 * period) + phase));
      }
    }
  } else if (kind == Table::pattern) {
    const int pitch = rng.uniform(10, 28);
    const float low = static_cast<float>(between(rng, 0.6, 0.85));
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        if ((x / pitch + y / pitch) % 2) soft.at<float>(y, x) *= low;
      }
    }
  }
  return soft;
}

// Table and shadows in the card's frame at `s` px/mm, CV_16UC3 linear; the card's corner at kReachMm.
cv::Mat lay_table(const Optics& o, double s, const cv::Mat& body, cv::RNG& rng) {
  const cv::Size size(cvRound((ktp::kCardWidthMm + 2 * kReachMm) * s),
                      cvRound((ktp::kCardHeightMm + 2 * kReachMm) * s));
  const cv::Size small(size.width * 4 / cvRound(s), size.height * 4 / cvRound(s));
  cv::Mat level = texture(o.table, small, rng);
  if (!body.empty() && o.shadow > 0) {
    cv::Mat shade = cv::Mat::zeros(small, CV_32F), card;
    const double k = static_cast<double>(small.width) / size.width * s;
    const cv::Rect at(cvRound((kReachMm + 0.8 * o.slope_x * 4) * k),
                      cvRound((kReachMm + 0.8 * o.slope_y * 4) * k), cvRound(ktp::kCardWidthMm * k),
                      cvRound(ktp::kCardHeightMm * k));
    cv::resize(body, card, at.size(), 0, 0, cv::INTER_AREA);
    card.convertTo(card, CV_32F, o.shadow / 255);
    card.copyTo(shade(at));
    cv::GaussianBlur(shade, shade, {0, 0}, 0.5 * k);
    cv::multiply(level, 1 - shade, level);
  }
  const double tint[3] = {o.table == Table::wood ? 1.35 : 1.0, 1.0, o.table == Table::wood ? 0.6 : 1.02};
  std::array<cv::Mat, 3> planes;
  for (std::size_t c = 0; c < 3; ++c) level.convertTo(planes[c], CV_16U, 65535 * o.table_level * tint[c]);
  cv::Mat table, out;
  cv::merge(planes, table);
  cv::resize(table, out, size, 0, 0, cv::INTER_LINEAR);
  return out;
}

struct Placed {
  const PrintedCard* card;
  double x_mm, y_mm;  // from the middle
};

cv::Mat scene_of(const Optics& o, double s, const std::vector<Placed>& cards, cv::RNG& rng) {
  cv::Mat body_small;
  cv::Mat scene = lay_table(o, s, cards.size() == 1 ? cards[0].card->body : cv::Mat(), rng);
  for (const Placed& p : cards) {
    cv::Mat face, body;
    const cv::Size size(cvRound(ktp::kCardWidthMm * s), cvRound(ktp::kCardHeightMm * s));
    cv::resize(p.card->reflectance, face, size, 0, 0, cv::INTER_AREA);
    cv::resize(p.card->body, body, size, 0, 0, cv::INTER_AREA);
    if (!p.card->shine.empty()) {
      cv::Mat shine;
      cv::resize(p.card->shine, shine, size, 0, 0, cv::INTER_AREA);
      shine.convertTo(shine, CV_16U, 257);
      cv::cvtColor(shine, shine, cv::COLOR_GRAY2RGB);
      face += shine;
    }
    const cv::Point corner(cvRound((kReachMm + p.x_mm) * s), cvRound((kReachMm + p.y_mm) * s));
    const cv::Rect all(corner, size), at = all & cv::Rect({0, 0}, scene.size());
    for (int y = at.y; y < at.br().y; ++y) {
      const auto* f = face.ptr<cv::Vec3w>(y - corner.y);
      const auto* m = body.ptr<std::uint8_t>(y - corner.y);
      auto* out = scene.ptr<cv::Vec3w>(y);
      for (int x = at.x; x < at.br().x; ++x) {
        const int k = m[x - corner.x];
        for (int c = 0; c < 3; ++c)
          out[x][c] = static_cast<std::uint16_t>((out[x][c] * (255 - k) + f[x - corner.x][c] * k) / 255);
      }
    }
  }
  return scene;
}

// Lens, exposure, sensor, colour.
ktp::Image expose(const Optics& o, double s, const cv::Mat& scene, cv::RNG& rng) {
  const double w_mm = ktp::kCardWidthMm + 2 * o.margin_mm, h_mm = ktp::kCardHeightMm + 2 * o.margin_mm;
  const int width = cvRound(w_mm * o.px_per_mm), height = cvRound(h_mm * o.px_per_mm);
  cv::Mat blurred = scene;
  // The pixel's own aperture, as a Gaussian of the same variance, and the lens.
  const double pixel = 0.29 / o.px_per_mm, sigma = std::sqrt(o.psf_mm * o.psf_mm + pixel * pixel) * s;
  cv::GaussianBlur(blurred, blurred, {0, 0}, sigma);
  if (o.motion_mm * s > 0.7) {
    const int n = 2 * static_cast<int>(o.motion_mm * s) + 3;
    cv::Mat kernel = cv::Mat::zeros(n, n, CV_32F);
    const cv::Point2d d(std::cos(o.motion_angle) * o.motion_mm * s / 2,
                        std::sin(o.motion_angle) * o.motion_mm * s / 2);
    for (int i = 0; i <= 40; ++i) {
      const double t = i / 20.0 - 1;
      kernel.at<float>(cvRound(n / 2 + t * d.y), cvRound(n / 2 + t * d.x)) += 1;
    }
    cv::filter2D(blurred, blurred, -1, kernel / 41.0);
  }
  cv::Mat map(height, width, CV_32FC2);
  const double turn = o.rotation_deg * CV_PI / 180, cs = std::cos(turn), sn = std::sin(turn);
  const double half = std::hypot(w_mm, h_mm) / 2;
  for (int v = 0; v < height; ++v) {
    auto* row = map.ptr<cv::Vec2f>(v);
    for (int u = 0; u < width; ++u) {
      double x = (u + 0.5) / o.px_per_mm - w_mm / 2, y = (v + 0.5) / o.px_per_mm - h_mm / 2;
      const double lens = 1 + o.k1 * (x * x + y * y) / (half * half);
      x *= lens, y *= lens;
      const double depth = 1 + o.tilt_x * x / 42.8 + o.tilt_y * y / 42.8;
      x = x / depth, y = y / depth;
      const double cx = cs * x - sn * y + o.shift_x_mm + ktp::kCardWidthMm / 2 + kReachMm,
                   cy = sn * x + cs * y + o.shift_y_mm + ktp::kCardHeightMm / 2 + kReachMm;
      row[u] = {static_cast<float>(cx * s - 0.5), static_cast<float>(cy * s - 0.5)};
    }
  }
  cv::Mat seen;
  cv::remap(blurred, seen, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::Mat noise(height, width, CV_32FC3);
  rng.fill(noise, cv::RNG::NORMAL, 0, 1);
  cv::Mat raw(height, width, CV_16UC3);
  const double sx = (o.sheen_x + 1) * width / 2, sy = (o.sheen_y + 1) * height / 2,
               sr = o.sheen_mm * o.px_per_mm;
  std::vector<float> across(static_cast<std::size_t>(width));
  for (int u = 0; u < width; ++u)
    across[static_cast<std::size_t>(u)] =
        static_cast<float>(std::exp(-0.5 * (u - sx) * (u - sx) / (sr * sr)));
  const auto well = static_cast<float>(o.full_well), read = static_cast<float>(o.read_noise);
  for (int v = 0; v < height; ++v) {
    const auto* in = seen.ptr<cv::Vec3w>(v);
    const auto* n = noise.ptr<cv::Vec3f>(v);
    auto* out = raw.ptr<cv::Vec3w>(v);
    const float y = 2.0f * static_cast<float>(v) / static_cast<float>(height) - 1;
    const auto sheen_y = static_cast<float>(o.sheen * std::exp(-0.5 * (v - sy) * (v - sy) / (sr * sr)));
    for (int u = 0; u < width; ++u) {
      const float x = 2.0f * static_cast<float>(u) / static_cast<float>(width) - 1;
      const float light = static_cast<float>(o.exposure) *
                          (1 + static_cast<float>(o.slope_x) * x + static_cast<float>(o.slope_y) * y) *
                          (1 - static_cast<float>(o.cos4) * (x * x + y * y) / 2);
      const float extra = static_cast<float>(o.haze) + sheen_y * across[static_cast<std::size_t>(u)];
      for (int c = 0; c < 3; ++c) {
        const float electrons =
            std::max(0.0f, (in[u][c] / 65535.0f * light * static_cast<float>(o.white[c]) + extra) * well);
        const float got = electrons + n[u][c] * std::sqrt(electrons + read * read);
        out[u][c] = cv::saturate_cast<std::uint16_t>(got / well * 65535);
      }
    }
  }
  if (o.bayer) {
    cv::Mat mosaic(height, width, CV_16U);
    for (int v = 0; v < height; ++v) {
      for (int u = 0; u < width; ++u)
        mosaic.at<std::uint16_t>(v, u) =
            raw.at<cv::Vec3w>(v, u)[v % 2 == 0 ? (u % 2 == 0 ? 0 : 1) : (u % 2 == 0 ? 1 : 2)];
    }
    cv::demosaicing(mosaic, raw, cv::COLOR_BayerBG2RGB);  // OpenCV names the pattern by its second row
  }
  cv::Mat table(1, 65536, CV_8U);
  for (int i = 0; i < 65536; ++i) {
    const double v = i / 65535.0;
    const double coded = o.gamma > 0      ? std::pow(v, 1 / o.gamma)
                         : v <= 0.0031308 ? 12.92 * v
                                          : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    table.at<std::uint8_t>(0, i) = cv::saturate_cast<std::uint8_t>(255 * coded);
  }
  cv::Mat picture(height, width, CV_8UC3);
  for (int v = 0; v < height; ++v) {
    const auto* in = raw.ptr<std::uint16_t>(v);
    auto* out = picture.ptr<std::uint8_t>(v);
    for (int i = 0; i < 3 * width; ++i) out[i] = table.at<std::uint8_t>(0, in[i]);
  }
  if (o.sharpen > 0) {
    cv::Mat soft;
    cv::GaussianBlur(picture, soft, {0, 0}, 1.0);
    cv::addWeighted(picture, 1 + o.sharpen, soft, -o.sharpen, 0, picture);
  }
  if (o.quarter_turns % 4) cv::rotate(picture, picture, (o.quarter_turns % 4) - 1);
  if (o.jpeg > 0) {
    std::vector<std::uint8_t> bytes;
    cv::cvtColor(picture, picture, cv::COLOR_RGB2BGR);
    cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, o.jpeg});
    picture = cv::imdecode(bytes, cv::IMREAD_COLOR);
    cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  }
  ktp::Image image(picture.cols, picture.rows);
  picture.copyTo(cv::Mat(picture.rows, picture.cols, CV_8UC3, image.pixels.data()));
  return image;
}

// The scene is drawn finer than the sensor samples it, but no finer than the print.
double scene_scale(const Optics& o) {
  return std::clamp(1.6 * o.px_per_mm, 16.0, kPerMm);
}

ktp::Image take(const Optics& o, const std::vector<Placed>& cards) {
  cv::RNG rng(o.seed);
  const double s = scene_scale(o);
  return expose(o, s, scene_of(o, s, cards, rng), rng);
}

}  // namespace

Optics any_optics(cv::RNG& rng, double dpi) {
  Optics o;
  const bool fine = dpi > 450;
  const int size = rng.uniform(0, 10);
  o.px_per_mm = fine ? (size < 8 ? between(rng, 23.7, 28) : between(rng, 30, 36))
                     : (size < 7   ? between(rng, 11.85, 14)
                        : size < 9 ? between(rng, 14, 20)
                                   : between(rng, 24, 34));
  o.margin_mm = between(rng, 4, 16);
  const int q = rng.uniform(0, 10);
  o.quarter_turns = q < 6 ? 0 : q < 8 ? 2 : q - 8 == 0 ? 1 : 3;
  const double room = o.margin_mm - 1.5;
  const double angle = std::min(6.0, room / 3 / (ktp::kCardWidthMm / 2) * 180 / CV_PI);
  o.rotation_deg = between(rng, -angle, angle);
  o.shift_x_mm = between(rng, -room / 3, room / 3), o.shift_y_mm = between(rng, -room / 3, room / 3);
  o.tilt_x = between(rng, -0.015, 0.015), o.tilt_y = between(rng, -0.015, 0.015);
  o.k1 = between(rng, -0.012, 0.012);
  o.psf_mm = fine ? between(rng, 0.012, 0.035) : between(rng, 0.015, 0.06);
  if (rng.uniform(0, 4) == 0)
    o.motion_mm = between(rng, 0, fine ? 0.05 : 0.1), o.motion_angle = between(rng, 0, CV_PI);
  o.slope_x = between(rng, -0.15, 0.15), o.slope_y = between(rng, -0.15, 0.15),
  o.cos4 = between(rng, 0, 0.25);
  const double warm = between(rng, -0.12, 0.12);
  o.white[0] = 1 + warm, o.white[2] = 1 - warm;
  o.exposure = between(rng, 0.5, 0.95);
  o.haze = rng.uniform(0, 2) ? between(rng, 0, 0.012) : between(rng, 0, 0.003);
  if (rng.uniform(0, 3) == 0) {
    o.sheen = between(rng, 0.002, 0.02);
    o.sheen_x = between(rng, -0.8, 0.8), o.sheen_y = between(rng, -0.8, 0.8),
    o.sheen_mm = between(rng, 18, 45);
  }
  o.full_well = between(rng, 4000, 20000), o.read_noise = between(rng, 3, 12);
  o.bayer = rng.uniform(0, 2) == 0;
  o.sharpen = rng.uniform(0, 3) == 0 ? between(rng, 0, 0.5) : 0;
  o.gamma = rng.uniform(0, 4) == 0 ? between(rng, 2.0, 2.4) : 0;
  o.jpeg = rng.uniform(0, 2) ? rng.uniform(75, 96) : 0;
  o.table = static_cast<Table>(rng.uniform(0, 5));
  o.table_level = o.table == Table::bright ? between(rng, 0.85, 0.97)
                  : o.table == Table::dark ? between(rng, 0.01, 0.05)
                  : o.table == Table::grey ? between(rng, 0.12, 0.3)
                                           : between(rng, 0.1, 0.35);
  o.shadow = between(rng, 0.15, 0.5);
  o.seed = static_cast<std::uint64_t>(rng.next()) << 20 | rng.next() % 1000003;
  return o;
}

ktp::Image photograph(const PrintedCard& card, const Optics& optics) {
  return take(optics, {{&card, 0, 0}});
}

ktp::Image empty_table(const Optics& optics) {
  return take(optics, {});
}

ktp::Image two_cards(const PrintedCard& card, const Optics& optics) {
  Optics o = optics;
  o.margin_mm = 34, o.shift_x_mm = o.shift_y_mm = 0;
  cv::RNG rng(o.seed + 1);
  const double y = rng.uniform(28.0, 31.0), x = rng.uniform(-2.0, 2.0);
  return take(o, {{&card, x, -y}, {&card, -x, y}});
}

ktp::Image half_in_view(const PrintedCard& card, const Optics& optics) {
  Optics o = optics;
  cv::RNG rng(o.seed + 1);
  if (rng.uniform(0, 2))
    o.shift_x_mm = (rng.uniform(0, 2) ? 1 : -1) * rng.uniform(20.0, 44.0);
  else
    o.shift_y_mm = (rng.uniform(0, 2) ? 1 : -1) * rng.uniform(15.0, 35.0);
  return take(o, {{&card, 0, 0}});
}

ktp::Image no_card(const Optics& optics) {
  // A sheet, a box, a phone: another outline, plain or with some stripes.
  PrintedCard thing;
  cv::RNG rng(optics.seed + 2);
  const cv::Size size(cvRound(ktp::kCardWidthMm * kPerMm), cvRound(ktp::kCardHeightMm * kPerMm));
  const int level = rng.uniform(3000, 60000);
  thing.reflectance = cv::Mat(
      size, CV_16UC3, cv::Scalar(level, level * rng.uniform(0.7, 1.0), level * rng.uniform(0.6, 1.0)));
  thing.body = cv::Mat::zeros(size, CV_8U);
  if (rng.uniform(0, 2)) {
    cv::circle(thing.body, {size.width / 2, size.height / 2}, size.height * 45 / 100, 255, cv::FILLED,
               cv::LINE_AA);
  } else {
    const int side = size.height * 9 / 10;
    cv::rectangle(thing.body, {(size.width - side) / 2, (size.height - side) / 2, side, side}, 255,
                  cv::FILLED);
  }
  for (int i = 0; i < 6; ++i)
    cv::line(thing.reflectance, {rng.uniform(0, size.width), 0}, {rng.uniform(0, size.width), size.height},
             cv::Scalar::all(rng.uniform(1000, 40000)), 12);
  return take(optics, {{&thing, 0, 0}});
}

}  // namespace judge
