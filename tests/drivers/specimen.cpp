// SPDX-License-Identifier: Apache-2.0
#include "drivers/specimen.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <opencv2/imgproc.hpp>

#include "sim-world/random.hpp"

namespace drivers_test {

sim::Picture specimen(std::uint64_t number, sim::Side side, int dpi) {
  sim::Picture face(sim::card_pixels(sim::kCardWidthMm, dpi), sim::card_pixels(sim::kCardHeightMm, dpi), 255);
  cv::Mat view(face.height, face.width, CV_8UC3, face.rgb.data());
  const double mm = face.scale();
  const auto at = [&](double x, double y) {
    return cv::Point(static_cast<int>(x * mm), static_cast<int>(y * mm));
  };
  for (int y = 0; y < face.height; ++y)
    for (int x = 0; x < face.width; ++x) {
      std::uint8_t* p = face.at(x, y);
      p[0] = static_cast<std::uint8_t>(170 + 20 * y / face.height);
      p[1] = static_cast<std::uint8_t>(205 + 15 * x / face.width);
      p[2] = 232;
    }
  const auto put = [&](const std::string& text, double x, double y, double height) {
    cv::putText(view, text, at(x, y), cv::FONT_HERSHEY_SIMPLEX, height * mm / 22.0, {25, 25, 30},
                std::max(1, static_cast<int>(0.25 * mm)), cv::LINE_AA);
  };
  sim::Random random(sim::mix_all({number, 77}));
  if (side == sim::Side::front) {
    put("PROVINSI CONTOH", 26, 6, 3.2);
    char digits[11];
    std::snprintf(digits, sizeof digits, "%010llu", static_cast<unsigned long long>(1234500000 + number));
    const std::string nik = std::string("321699") + digits;
    put("NIK :", 4, kNikLine[1] + 3.3, 3.4);
    for (int i = 0; i < 16; ++i)
      put(nik.substr(static_cast<std::size_t>(i), 1), kNikLine[0] + 0.3 + i * kNikLine[2] / 16,
          kNikLine[1] + 3.2, 2.3);
    const char* rows[] = {"Nama",  "Tempat/Tgl Lahir", "Jenis Kelamin", "Alamat",
                          "RT/RW", "Kel/Desa",         "Kecamatan",     "Agama"};
    for (int i = 0; i < 8; ++i)
      put(std::string(rows[i]) + " : ORANG CONTOH " + std::to_string(number), 4, 18 + 4 * i, 2.4);
    cv::rectangle(view, at(kPortrait[0], kPortrait[1]),
                  at(kPortrait[0] + kPortrait[2], kPortrait[1] + kPortrait[3]),
                  {random.between(120, 220), 60, random.between(30, 80)}, cv::FILLED);
    cv::ellipse(view, at(72.5, 27),
                {static_cast<int>(random.between(4.5, 7) * mm), static_cast<int>(random.between(7, 9) * mm)},
                0, 0, 360, {random.between(180, 220), random.between(140, 170), 120}, cv::FILLED,
                cv::LINE_AA);
    cv::circle(view, at(random.between(69, 71), 25), static_cast<int>(mm), {40, 30, 30}, cv::FILLED,
               cv::LINE_AA);
    cv::circle(view, at(random.between(74, 76), 25), static_cast<int>(mm), {40, 30, 30}, cv::FILLED,
               cv::LINE_AA);
  } else {
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x < 40; ++x)
        if (random.unit() < 0.5)
          cv::rectangle(view, at(20 + x, 20 + y), at(21 + x, 21 + y), {0, 0, 0}, cv::FILLED);
    put("KARTU TANDA PENDUDUK", 18, 10, 3.2);
  }
  cv::putText(view, "SPESIMEN", at(10, 50), cv::FONT_HERSHEY_SIMPLEX, 8 * mm / 22.0, {190, 120, 120},
              std::max(1, static_cast<int>(0.6 * mm)), cv::LINE_AA);
  return face;
}

double difference(const sim::Picture& a, const sim::Picture& b, const double (&zone)[4]) {
  const double s = a.scale();
  const int x0 = static_cast<int>(std::lround(zone[0] * s)), y0 = static_cast<int>(std::lround(zone[1] * s));
  const int x1 = std::min(a.width, x0 + static_cast<int>(std::lround(zone[2] * s)));
  const int y1 = std::min(a.height, y0 + static_cast<int>(std::lround(zone[3] * s)));
  double sum = 0;
  for (int y = y0; y < y1; ++y)
    for (int x = x0; x < x1; ++x)
      for (int c = 0; c < 3; ++c) sum += std::abs(a.at(x, y)[c] - b.at(x, y)[c]);
  return sum / (3.0 * (x1 - x0) * (y1 - y0));
}

}  // namespace drivers_test
