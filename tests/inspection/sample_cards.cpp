// SPDX-License-Identifier: Apache-2.0
#include "inspection/sample_cards.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace samples {
namespace {

double between(cv::RNG& rng, double least, double most) {
  return rng.uniform(least, most);
}

std::string words(cv::RNG& rng, int least, int most) {
  static constexpr std::array kSyllables{"BU",  "DI",  "SA",  "RI", "WA",  "TI", "NUR", "HA",  "YA",  "TO",
                                         "KAR", "LES", "MAN", "PU", "TRA", "GU", "NA",  "WAN", "SRI", "DE"};
  std::string text;
  const int count = rng.uniform(least, most + 1);
  for (int i = 0; i < count; ++i) {
    if (i) text += ' ';
    for (int k = rng.uniform(2, 4); k > 0; --k)
      text += kSyllables[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(kSyllables.size())))];
  }
  return text;
}

std::string two(int n) {
  return (n < 10 ? "0" : "") + std::to_string(n);
}

cv::Rect px(const ktp::BoxMm& box, double s, const cv::Size& size) {
  return cv::Rect(cvRound(box.x * s), cvRound(box.y * s), cvRound(box.w * s), cvRound(box.h * s)) &
         cv::Rect({0, 0}, size);
}

// Lays `colour` over the picture where `mask` (8 bit) says.
void cover(cv::Mat& picture, const cv::Mat& mask, const cv::Vec3b& colour, double depth) {
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      const double k = mask.at<std::uint8_t>(y, x) / 255.0 * depth;
      if (k <= 0) continue;
      auto& p = picture.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) p[c] = cv::saturate_cast<std::uint8_t>(p[c] + (colour[c] - p[c]) * k);
    }
  }
}

ktp::BoxMm scratch(cv::Mat& picture, double s, double length, double width, cv::RNG& rng) {
  const double angle = between(rng, 0, CV_2PI), dx = std::cos(angle) * length / 2,
               dy = std::sin(angle) * length / 2;
  // Wholly on the card, clear of the rim that is not compared.
  const double rim = 3;
  const double mx = between(rng, rim + std::abs(dx), ktp::kCardWidthMm - rim - std::abs(dx));
  const double my = between(rng, rim + std::min(std::abs(dy), 23.0),
                            ktp::kCardHeightMm - rim - std::min(std::abs(dy), 23.0));
  const double bend = between(rng, -0.02, 0.02) * length;
  // Drawn four times as large and averaged down, so that the width is right to a tenth of a pixel.
  cv::Mat mask = cv::Mat::zeros(picture.rows * 4, picture.cols * 4, CV_8U), small;
  std::vector<cv::Point> path;
  for (int i = 0; i <= 16; ++i) {
    const double t = i / 8.0 - 1, off = bend * (1 - t * t);
    path.emplace_back(cvRound((mx + t * dx - off * std::sin(angle)) * s * 4),
                      cvRound((my + t * dy + off * std::cos(angle)) * s * 4));
  }
  cv::polylines(mask, path, false, 255, std::max(1, cvRound(width * s * 4)), cv::LINE_8);
  cv::resize(mask, small, picture.size(), 0, 0, cv::INTER_AREA);
  const bool light = rng.uniform(0, 2) == 0;
  cover(picture, small, light ? cv::Vec3b(246, 246, 244) : cv::Vec3b(60, 58, 56), between(rng, 0.7, 0.95));
  return {mx - std::abs(dx) - 0.3, my - std::abs(dy) - 0.3, 2 * std::abs(dx) + 0.6, 2 * std::abs(dy) + 0.6};
}

void print_again(cv::Mat& picture, const cv::Rect& where, double dx, double dy, double strength) {
  cv::Mat moved;
  const cv::Matx23d m(1, 0, dx, 0, 1, dy);
  cv::warpAffine(picture, moved, m, picture.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, {255, 255, 255});
  for (int y = where.y; y < where.y + where.height; ++y) {
    for (int x = where.x; x < where.x + where.width; ++x) {
      auto& p = picture.at<cv::Vec3b>(y, x);
      const auto& q = moved.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c)
        p[c] = cv::saturate_cast<std::uint8_t>(p[c] * (1 - strength * (255 - q[c]) / 255.0));
    }
  }
}

ktp::BoxMm blot(cv::Mat& picture, double s, double diameter, double x, double y, cv::RNG& rng) {
  cv::Mat mask = cv::Mat::zeros(picture.size(), CV_8U);
  const cv::RotatedRect ellipse(
      {static_cast<float>(x * s), static_cast<float>(y * s)},
      {static_cast<float>(diameter * s), static_cast<float>(diameter * s * between(rng, 0.8, 1.0))},
      static_cast<float>(between(rng, 0, 180)));
  cv::ellipse(mask, ellipse, 255, cv::FILLED, cv::LINE_AA);
  cover(picture, mask,
        {static_cast<std::uint8_t>(rng.uniform(60, 120)), static_cast<std::uint8_t>(rng.uniform(50, 90)), 40},
        between(rng, 0.45, 0.85));
  return {x - diameter / 2, y - diameter / 2, diameter, diameter};
}

ktp::BoxMm half_print(cv::Mat& picture, double s, cv::RNG& rng) {
  const int edge = rng.uniform(0, 4);
  const bool across = edge < 2;  // along the feed, which is x
  const double whole = across ? ktp::kCardWidthMm : ktp::kCardHeightMm;
  const double missing = between(rng, 6, whole - 5);
  ktp::BoxMm box{0, 0, ktp::kCardWidthMm, ktp::kCardHeightMm};
  (across ? box.w : box.h) = missing;
  if (edge % 2) (across ? box.x : box.y) = whole - missing;
  picture(px(box, s, picture.size())).setTo(cv::Scalar(255, 255, 255));
  return box;
}

}  // namespace

cv::Mat to_mat(const ktp::Image& image) {
  return {image.height, image.width, image.channels == 3 ? CV_8UC3 : CV_8UC1,
          const_cast<std::uint8_t*>(image.pixels.data())};
}

ktp::Order invented_order(std::uint64_t seed) {
  cv::RNG rng(seed * 7919 + 17);
  const int day = rng.uniform(1, 29), month = rng.uniform(1, 13), year = rng.uniform(1950, 2004);
  const bool woman = rng.uniform(0, 2) == 1;
  std::string serial = std::to_string(rng.uniform(1, 10000));
  serial.insert(0, 4 - serial.size(), '0');
  ktp::Order o;
  o.field("order_id") = "T" + std::to_string(seed);
  o.field("nik") = "321699" + two(day + (woman ? 40 : 0)) + two(month) + two(year % 100) + serial;
  o.field("nama") = words(rng, 2, 3);
  o.field("tempat_lahir") = "BEKASI";
  o.field("tanggal_lahir") = two(day) + "-" + two(month) + "-" + std::to_string(year);
  o.field("jenis_kelamin") = woman ? "PEREMPUAN" : "LAKI-LAKI";
  static constexpr std::array kBlood{"A", "B", "AB", "O"};
  o.field("gol_darah") = kBlood[static_cast<std::size_t>(rng.uniform(0, 4))];
  o.field("alamat") = "KP " + words(rng, 1, 2);
  o.field("rt") = "0" + two(rng.uniform(1, 30));
  o.field("rw") = "0" + two(rng.uniform(1, 20));
  o.field("kel_desa") = words(rng, 1, 1);
  o.field("kecamatan") = words(rng, 1, 1);
  o.field("agama") = "ISLAM";
  o.field("status_perkawinan") = rng.uniform(0, 2) ? "KAWIN" : "BELUM KAWIN";
  o.field("pekerjaan") = rng.uniform(0, 2) ? "KARYAWAN SWASTA" : "PELAJAR/MAHASISWA";
  o.field("kewarganegaraan") = "WNI";
  o.field("berlaku_hingga") = "SEUMUR HIDUP";
  o.field("kode_wilayah") = "32.16.01.2001";
  o.field("kode_pos") = "17510";
  o.field("tempat_terbit") = "KABUPATEN BEKASI";
  o.field("tanggal_terbit") = two(rng.uniform(1, 29)) + "-06-2024";
  o.field("foto") = "foto.png";
  o.field("tanda_tangan") = "ttd.png";
  o.field("status") = "PRR";
  return o;
}

ktp::Image signature(std::uint64_t seed) {
  cv::RNG rng(seed * 31 + 5);
  ktp::Image image(360, 110, 3, 255);
  cv::Mat canvas = to_mat(image);
  cv::Point at(30, 60);
  for (int i = 0; i < 9; ++i) {
    const cv::Point next(at.x + rng.uniform(10, 50), rng.uniform(20, 90));
    cv::line(canvas, at, next, {20, 20, 60}, 3, cv::LINE_AA);
    at = next;
  }
  return image;
}

ktp::Image portrait(std::uint64_t seed) {
  cv::RNG rng(seed * 104729 + 3);
  ktp::Image image(390, 520);
  cv::Mat canvas = to_mat(image);
  const auto colour = [&](int r, int g, int b, int spread) {
    return cv::Scalar(r + rng.uniform(-spread, spread), g + rng.uniform(-spread, spread),
                      b + rng.uniform(-spread, spread));
  };
  // Born in an odd year red, in an even one blue: the two backgrounds of the card.
  canvas.setTo(rng.uniform(0, 2) ? cv::Scalar(178, 32, 38) : cv::Scalar(38, 72, 168));
  const cv::Scalar skin = colour(196, 152, 120, 22), hair = colour(36, 30, 28, 20),
                   cloth = colour(120, 120, 120, 100);
  const cv::Point c(195 + rng.uniform(-10, 11), 225 + rng.uniform(-12, 13));
  const int w = rng.uniform(88, 112), h = rng.uniform(118, 146);
  cv::ellipse(canvas, {c.x, 540}, {rng.uniform(165, 200), rng.uniform(140, 175)}, 0, 0, 360, cloth,
              cv::FILLED, cv::LINE_AA);
  cv::rectangle(canvas, cv::Rect(c.x - 42, c.y + 80, 84, 110), skin * 0.9, cv::FILLED);
  const int style = rng.uniform(0, 3);
  if (style > 0)
    cv::ellipse(canvas, {c.x, c.y - 12}, {w + 20 + 12 * style, h + 12 + 22 * style}, 0, 0, 360, hair,
                cv::FILLED, cv::LINE_AA);
  cv::ellipse(canvas, {c.x, c.y - h / 2}, {w + 8, h * 2 / 3}, 0, 180, 360, hair, cv::FILLED, cv::LINE_AA);
  cv::ellipse(canvas, c, {w, h}, 0, 0, 360, skin, cv::FILLED, cv::LINE_AA);
  cv::ellipse(canvas, {c.x, c.y - h * 3 / 4}, {w * 9 / 10, rng.uniform(28, 52)}, 0, 0, 360, hair, cv::FILLED,
              cv::LINE_AA);
  const int eye = rng.uniform(36, 48), eye_y = c.y - rng.uniform(8, 30);
  for (const int side : {-1, 1}) {
    cv::ellipse(canvas, {c.x + side * eye, eye_y}, {rng.uniform(13, 19), rng.uniform(6, 10)}, 0, 0, 360,
                {240, 238, 234}, cv::FILLED, cv::LINE_AA);
    cv::circle(canvas, {c.x + side * eye, eye_y}, 6, {30, 22, 18}, cv::FILLED, cv::LINE_AA);
    cv::ellipse(canvas, {c.x + side * eye, eye_y - rng.uniform(16, 26)},
                {rng.uniform(18, 26), rng.uniform(4, 9)}, side * rng.uniform(-6, 7), 180, 360, hair, 5,
                cv::LINE_AA);
  }
  cv::ellipse(canvas, {c.x, c.y + 26}, {rng.uniform(11, 20), rng.uniform(22, 32)}, 0, 20, 160, skin * 0.72, 4,
              cv::LINE_AA);
  cv::ellipse(canvas, {c.x, c.y + rng.uniform(62, 80)}, {rng.uniform(24, 40), rng.uniform(6, 13)}, 0, 0, 360,
              colour(150, 74, 70, 20), cv::FILLED, cv::LINE_AA);
  cv::GaussianBlur(canvas, canvas, {0, 0}, 2.0);
  cv::Mat grain(canvas.size(), CV_8UC3);
  rng.fill(grain, cv::RNG::NORMAL, 0, 5);
  canvas += grain;
  cv::GaussianBlur(canvas, canvas, {0, 0}, 0.8);
  return image;
}

CardMaker::CardMaker(double dpi, const std::filesystem::path& layout) : dpi_(dpi) {
  auto loaded =
      ktp::artwork::Template::load(layout.empty() ? KTP_SOURCE_DIR "/config/templates/ektp.yaml" : layout);
  if (!loaded) throw std::runtime_error(loaded.error().message);
  template_ = *loaded;
}

Card CardMaker::make(std::uint64_t seed) const {
  return make(seed, portrait(seed));
}

Card CardMaker::make(std::uint64_t seed, const ktp::Image& portrait) const {
  const ktp::Order order = invented_order(seed);
  return {front(order, portrait, signature(seed)), back(order)};
}

ktp::Face CardMaker::front(const ktp::Order& order, const ktp::Image& portrait,
                           const ktp::Image& signature) const {
  auto drawn = template_->render(order, portrait, signature, ktp::Side::front, dpi_);
  if (!drawn) throw std::runtime_error(drawn.error().message);
  return std::move(*drawn);
}

ktp::Face CardMaker::back(const ktp::Order& order) const {
  auto drawn = template_->render(order, {}, {}, ktp::Side::back, dpi_);
  if (!drawn) throw std::runtime_error(drawn.error().message);
  return std::move(*drawn);
}

ktp::BoxMm damage(cv::Mat& picture, const std::string& kind, const ktp::Face& face, const ktp::Face& other,
                  cv::RNG& rng) {
  const double s = face.px_per_mm();
  const cv::Size size = picture.size();
  const ktp::BoxMm all{0, 0, ktp::kCardWidthMm, ktp::kCardHeightMm};
  if (kind == "half-print") return half_print(picture, s, rng);
  if (kind == "blank") {
    picture.setTo(cv::Scalar(255, 255, 255));
    return all;
  }
  if (kind == "ghosting") {
    const double shift = between(rng, 0.8, 2.0) * s, strength = between(rng, 0.2, 0.45);
    const double angle = rng.uniform(0, 2) ? (rng.uniform(0, 2) ? 0 : CV_PI) : between(rng, 0, CV_2PI);
    ktp::BoxMm box = all;
    if (rng.uniform(0, 3) == 0 && face.side == ktp::Side::front)
      box = {20, between(rng, 12, 26), 42, between(rng, 12, 22)};  // the text block
    print_again(picture, px(box, s, size), shift * std::cos(angle), shift * std::sin(angle), strength);
    return box;
  }
  if (kind == "scratch") return scratch(picture, s, between(rng, 10, 30), between(rng, 0.3, 0.5), rng);
  if (kind == "small-scratch") return scratch(picture, s, between(rng, 5, 7), 0.2, rng);
  if (kind == "stain") {
    const double d = between(rng, 0.9, 4);
    return blot(picture, s, d, between(rng, 4, ktp::kCardWidthMm - 4),
                between(rng, 4, ktp::kCardHeightMm - 4), rng);
  }
  if (kind == "dead-line") {
    const int elements = rng.uniform(1, 3),
              y = rng.uniform(static_cast<int>(4 * s), size.height - static_cast<int>(4 * s));
    const int px_wide = std::max(1, cvRound(elements * s / 11.811));
    picture.rowRange(y, y + px_wide).setTo(cv::Scalar(255, 255, 255));
    return {0, y / s, ktp::kCardWidthMm, px_wide / s};
  }
  if (kind == "missing-line") {
    static constexpr std::array kFields{"name",     "birth",   "address",   "village",
                                        "district", "marital", "occupation"};
    const auto zone =
        face.layout.at(kFields[static_cast<std::size_t>(rng.uniform(0, static_cast<int>(kFields.size())))]);
    // The line's ink is gone, its paper is not.
    cv::Mat part = picture(px(zone, s, size)), paper;
    cv::morphologyEx(part, paper, cv::MORPH_CLOSE, cv::Mat::ones(17, 17, CV_8U));
    paper.copyTo(part);
    return zone;
  }
  if (kind == "wrong-digit") {
    const auto n = face.glyphs.size();
    const auto i = static_cast<std::size_t>(rng.uniform(0, static_cast<int>(n)));
    std::size_t k = i;
    for (int tries = 0; tries < 200 && face.glyphs[k].character == face.glyphs[i].character; ++tries)
      k = static_cast<std::size_t>(rng.uniform(0, static_cast<int>(n)));
    const cv::Rect from = px(face.glyphs[k].cell, s, size);
    cv::Rect to = px(face.glyphs[i].cell, s, size);
    to.width = from.width, to.height = from.height;
    picture(from).clone().copyTo(picture(to & cv::Rect({0, 0}, size)));
    return face.glyphs[i].cell;
  }
  const cv::Mat foreign = to_mat(other.image);
  if (kind == "wrong-portrait" || kind == "wrong-text") {
    const ktp::BoxMm zone = face.layout.at(kind == "wrong-portrait" ? "portrait"
                                           : rng.uniform(0, 2)      ? "name"
                                                                    : "address");
    const cv::Rect at = px(zone, s, size);
    foreign(at).copyTo(picture(at));
    return zone;
  }
  if (kind == "wrong-card") {
    foreign.copyTo(picture);
    return all;
  }
  const ktp::BoxMm zone = face.layout.at("portrait");
  if (kind == "blank-portrait") {
    picture(px(zone, s, size)).setTo(cv::Scalar(252, 252, 252));
    return zone;
  }
  if (kind == "stained-portrait") {
    for (int i = rng.uniform(1, 4); i > 0; --i)
      blot(picture, s, between(rng, 3, 8), zone.x + between(rng, 4, zone.w - 4),
           zone.y + between(rng, 4, zone.h - 4), rng);
    return zone;
  }
  throw std::invalid_argument("no such defect: " + kind);
}

cv::Mat print(const cv::Mat& picture, double px_per_mm, cv::RNG& rng) {
  std::vector<cv::Mat> planes;
  cv::split(picture, planes);
  const double dx = between(rng, -0.3, 0.3) * px_per_mm, dy = between(rng, -0.3, 0.3) * px_per_mm;
  const double density = between(rng, 0.96, 1.04), blur = between(rng, 0.0, 0.5);
  for (cv::Mat& plane : planes) {
    const cv::Matx23d m(1 + between(rng, -4e-4, 4e-4), 0, dx + between(rng, -0.03, 0.03) * px_per_mm, 0, 1,
                        dy + between(rng, -0.03, 0.03) * px_per_mm);
    cv::warpAffine(plane, plane, m, plane.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, 255);
    plane.convertTo(plane, CV_8U, density, 255 * (1 - density));
    if (blur > 0.2) cv::GaussianBlur(plane, plane, {0, 0}, blur);
  }
  cv::Mat out;
  cv::merge(planes, out);
  return out;
}

}  // namespace samples
