// SPDX-License-Identifier: Apache-2.0
#include "sim-camera/sensor.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>

#include "sim-world/random.hpp"

namespace sim {
namespace {

// The arithmetic is 16 bits wide: brightness in 16ths of a grey level, t = (v * lamp * light) >> 16.
constexpr int kLamp = 200;                           // one shot's light, nominal; a step is half a per cent
constexpr double kLightUnit = 65536.0 * 16 / kLamp;  // light_ of gain 1
constexpr double kMaxGain = 65535 / kLightUnit;
constexpr int kNoiseUnit = 30;  // so that four standard deviations fit 8 bits
constexpr std::size_t kNoiseTile = std::size_t{1} << 20;

struct Levels {
  int lamp, offset, dark_noise, shot_noise;
};

int to_pixel(int v, int light, int noise, const Levels& k) {
  const int t = (v * k.lamp * light) >> 16;
  const int spread = k.dark_noise + ((t * k.shot_noise) >> 16);
  return std::clamp((t + k.offset + ((noise * spread) >> 5) + 8) >> 4, 0, 255);
}

void expose_row(const std::uint8_t* in, const std::uint16_t* light, const std::int8_t* noise, int bytes,
                const Levels& k, std::uint8_t* out) {
  int i = 0;
#if CV_SIMD128
  const cv::v_uint16x8 lamp = cv::v_setall_u16(static_cast<ushort>(k.lamp));
  const cv::v_int16x8 offset = cv::v_setall_s16(static_cast<short>(k.offset + 8));
  const cv::v_int16x8 dark = cv::v_setall_s16(static_cast<short>(k.dark_noise));
  const cv::v_int16x8 shot = cv::v_setall_s16(static_cast<short>(k.shot_noise));
  const auto half = [&](const cv::v_uint16x8& v, const cv::v_uint16x8& l, const cv::v_int16x8& n) {
    const cv::v_int16x8 t = cv::v_reinterpret_as_s16(cv::v_mul_hi(cv::v_mul_wrap(v, lamp), l));
    const cv::v_int16x8 spread = dark + cv::v_mul_hi(t, shot);
    return (t + offset + (cv::v_mul_wrap(n, spread) >> 5)) >> 4;
  };
  for (; i + 16 <= bytes; i += 16) {
    cv::v_uint16x8 v0, v1;
    cv::v_int16x8 n0, n1;
    cv::v_expand(cv::v_load(in + i), v0, v1);
    cv::v_expand(cv::v_load(reinterpret_cast<const schar*>(noise + i)), n0, n1);
    cv::v_store(out + i,
                cv::v_pack_u(half(v0, cv::v_load(light + i), n0), half(v1, cv::v_load(light + i + 8), n1)));
  }
#endif
  for (; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(to_pixel(in[i], light[i], noise[i], k));
}

}  // namespace

Sensor::Sensor(const Exposure& e) : exposure_(e) {
  Random random(mix_all({e.seed, word("light")}));
  const double side = random.between(0, 2 * std::numbers::pi);
  const double corner = std::hypot(e.width / 2.0, e.height / 2.0);
  cv::Mat light(e.height, e.width, CV_32F);
  for (int y = 0; y < e.height; ++y) {
    for (int x = 0; x < e.width; ++x) {
      const double u = (x + 0.5 - e.width / 2.0) / corner, v = (y + 0.5 - e.height / 2.0) / corner;
      const double slope = (std::cos(side) * u + std::sin(side) * v + 1) / 2;  // a lamp nearer to one side
      light.at<float>(y, x) = static_cast<float>(1 - e.light * (0.6 * slope + 0.4 * (u * u + v * v)));
    }
  }
  add_specks(light);
  light_.reserve(static_cast<std::size_t>(e.width) * static_cast<std::size_t>(e.height) * 3);
  for (int y = 0; y < e.height; ++y)
    for (int x = 0; x < e.width; ++x) {
      const double gain = std::clamp(e.gain * light.at<float>(y, x), 0.0, kMaxGain);
      light_.insert(light_.end(), 3, static_cast<std::uint16_t>(std::lround(gain * kLightUnit)));
    }
  noise_.resize(kNoiseTile + static_cast<std::size_t>(e.width) * 3);
  Random grain(mix_all({e.seed, word("noise")}));
  for (std::int8_t& n : noise_)
    n = static_cast<std::int8_t>(std::clamp(std::lround(grain.normal() * kNoiseUnit), -127L, 127L));
}

// Faint on purpose: a speck of 2 to 4 % is below what anybody sees on a print, and the station must not care.
void Sensor::add_specks(cv::Mat& light) const {
  Random random(mix_all({exposure_.seed, word("specks")}));
  for (int i = 0; i < exposure_.specks; ++i) {
    const double x = random.between(0, exposure_.width), y = random.between(0, exposure_.height);
    const double r = random.between(0.05, 0.15) * exposure_.scale;
    const double depth = random.between(0.02, 0.04);
    for (int v = std::max(0, static_cast<int>(y - 3 * r));
         v < std::min(exposure_.height, static_cast<int>(y + 3 * r) + 1); ++v)
      for (int u = std::max(0, static_cast<int>(x - 3 * r));
           u < std::min(exposure_.width, static_cast<int>(x + 3 * r) + 1); ++u) {
        const double d = std::hypot(u - x, v - y) / r;
        light.at<float>(v, u) *= static_cast<float>(1 - depth * std::exp(-d * d));
      }
  }
}

void Sensor::expose(cv::Mat& picture, std::uint64_t shot, std::uint8_t* out) {
  if (exposure_.blur > 0) {
    const int size = 2 * static_cast<int>(std::ceil(2.5 * exposure_.blur)) + 1;
    cv::GaussianBlur(picture, picture, {size, size}, exposure_.blur, exposure_.blur, cv::BORDER_REPLICATE);
  }
  Random random(mix_all({exposure_.seed, shot, word("shot")}));
  const double flicker = exposure_.flicker * random.between(-1, 1);
  const Levels k{
      static_cast<int>(std::lround(kLamp * (1 + flicker))),
      static_cast<int>(std::lround(exposure_.offset * 16)),
      // noise_ * spread / 32 is in 16ths: kNoiseUnit of noise_ are one standard deviation.
      static_cast<int>(std::lround(exposure_.noise / 3 * 16 * 32 / kNoiseUnit)),
      static_cast<int>(std::lround(exposure_.noise * 2 / 3 * 16 * 32 / kNoiseUnit * 65536 / (255 * 16)))};
  const int bytes = exposure_.width * 3;
  for (int y = 0; y < exposure_.height; ++y) {
    const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(bytes);
    // A random place in the tile for every row: no pattern repeats from row to row or from shot to shot.
    const std::int8_t* noise = noise_.data() + random.below(kNoiseTile);
    expose_row(picture.ptr(y), light_.data() + row, noise, bytes, k, out + row);
  }
}

}  // namespace sim
