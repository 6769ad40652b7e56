// SPDX-License-Identifier: Apache-2.0
#include "bench/inspection/press.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace judge {
namespace {

constexpr int kUnit = 10000;     // of density
constexpr int kDeepest = 22000;  // a black of density 2.2

double between(cv::RNG& rng, double a, double b) {
  return rng.uniform(a, b);
}

const std::vector<std::uint16_t>& transmittance() {
  static const std::vector<std::uint16_t> table = [] {
    std::vector<std::uint16_t> t(kDeepest + 1);
    for (int i = 0; i <= kDeepest; ++i)
      t[static_cast<std::size_t>(i)] =
          static_cast<std::uint16_t>(std::lround(65535 * std::pow(10.0, -static_cast<double>(i) / kUnit)));
    return t;
  }();
  return table;
}

// Density of the dye that gives an sRGB value on white.
cv::Mat density_table() {
  cv::Mat table(1, 256, CV_16S);
  for (int i = 0; i < 256; ++i) {
    const double s = i / 255.0, linear = s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
    table.at<std::int16_t>(0, i) = static_cast<std::int16_t>(
        std::min(std::lround(-kUnit * std::log10(std::max(linear, 0.0065))), 21800L));
  }
  return table;
}

// Noise of unit variance in 1/1000, made once; a card takes its own corner of it.
const cv::Mat& noise_sheet() {
  static const cv::Mat sheet = [] {
    cv::RNG rng(20);
    cv::Mat m(2048, 3072, CV_16S);
    rng.fill(m, cv::RNG::NORMAL, 0, 1000);
    return m;
  }();
  return sheet;
}

cv::Rect px(const ktp::BoxMm& b, const cv::Size& size) {
  return cv::Rect(cvRound(b.x * kPerMm), cvRound(b.y * kPerMm), cvRound(b.w * kPerMm),
                  cvRound(b.h * kPerMm)) &
         cv::Rect({0, 0}, size);
}

ktp::BoxMm box_of(const cv::Mat& mask) {
  const cv::Rect r = cv::boundingRect(mask);
  return {r.x / kPerMm, r.y / kPerMm, r.width / kPerMm, r.height / kPerMm};
}

cv::Point2d place(cv::RNG& rng, double rim) {
  return {between(rng, rim, ktp::kCardWidthMm - rim), between(rng, rim, ktp::kCardHeightMm - rim)};
}

// A wandering stroke of the given width, drawn with sub-pixel shift.
cv::Mat stroke(const cv::Size& size, cv::Point2d from, double angle, double length_mm, double width_mm,
               double wander, cv::RNG& rng) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8U);
  constexpr int kShift = 4;
  std::vector<cv::Point> path;
  cv::Point2d at = from;
  const int steps = std::max(4, cvRound(length_mm / 0.6));
  for (int i = 0; i <= steps; ++i) {
    path.emplace_back(cvRound(at.x * kPerMm * (1 << kShift)), cvRound(at.y * kPerMm * (1 << kShift)));
    at += cv::Point2d(std::cos(angle), std::sin(angle)) * (length_mm / steps);
    angle += rng.gaussian(wander);
  }
  // Line widths are whole pixels: the next wider one, and the depth takes the rest.
  const double px_wide = width_mm * kPerMm;
  cv::polylines(mask, path, false, 255, std::max(1, cvRound(px_wide)), cv::LINE_AA, kShift);
  return mask;
}

// A round thing with an uneven rim.
cv::Mat blob(const cv::Size& size, cv::Point2d at, double diameter_mm, double unevenness, cv::RNG& rng) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8U);
  constexpr int kShift = 4, kPoints = 28;
  const double a = between(rng, 0, CV_2PI), b = between(rng, 0, CV_2PI), stretch = between(rng, 1.0, 1.15);
  std::vector<cv::Point> rim;
  for (int i = 0; i < kPoints; ++i) {
    const double t = CV_2PI * i / kPoints,
                 r = 0.5 * diameter_mm * (1 + unevenness * (std::sin(2 * t + a) + 0.6 * std::sin(3 * t + b)));
    rim.emplace_back(cvRound((at.x + stretch * r * std::cos(t)) * kPerMm * (1 << kShift)),
                     cvRound((at.y + r / stretch * std::sin(t)) * kPerMm * (1 << kShift)));
  }
  cv::fillPoly(mask, std::vector<std::vector<cv::Point>>{rim}, 255, cv::LINE_AA, kShift);
  return mask;
}

struct Work {
  std::array<cv::Mat, 3> density;  // absorbing red, green, blue: the panels cyan, magenta, yellow
  std::array<cv::Mat, 3> own;      // as the face wants it
  cv::Size size;
  PrintedCard card;
};

void shift_panel(cv::Mat& panel, double dx, double dy, double stretch) {
  const cv::Matx23d m(1 + stretch, 0, dx - stretch * panel.cols / 2, 0, 1, dy);
  cv::warpAffine(panel, panel, m, panel.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, 0);
}

// Panels hit by damage that belongs to one ribbon panel or to all.
std::vector<std::size_t> some_panels(cv::RNG& rng) {
  if (rng.uniform(0, 2)) return {0, 1, 2};
  return {static_cast<std::size_t>(rng.uniform(0, 3))};
}

// What happens in the printer. Answers whether it knew the kind.
bool damage_print(Work& w, const Damage& d, const Press& press, cv::RNG& rng) {
  const ktp::BoxMm all{0, 0, ktp::kCardWidthMm, ktp::kCardHeightMm};
  const auto seen = [&](const cv::Mat& mask) { w.card.truth.push_back(box_of(mask)); };
  // Dye can only be missing where there is some: looks for a place that shows it.
  const auto inked_place = [&](double rim) {
    cv::Point2d at = place(rng, rim);
    for (int i = 0; i < 60; ++i, at = place(rng, rim)) {
      const cv::Point p(cvRound(at.x * kPerMm), cvRound(at.y * kPerMm));
      if (w.density[0].at<std::int16_t>(p) + w.density[1].at<std::int16_t>(p) +
              w.density[2].at<std::int16_t>(p) >
          4500)
        break;
    }
    return at;
  };
  if (d.kind == "void") {
    const cv::Mat mask = blob(w.size, inked_place(3), d.size, 0.06, rng);
    for (cv::Mat& panel : w.density) panel.setTo(0, mask > 127);
    seen(mask);
  } else if (d.kind == "dead-element") {
    const int element = cvRound(kDpi / 300), wide = std::max(1, cvRound(d.size * element));
    const int y = rng.uniform(cvRound(3 * kPerMm), w.size.height - cvRound(3 * kPerMm));
    for (const std::size_t c : some_panels(rng)) w.density[c].rowRange(y, y + wide).setTo(0);
    w.card.truth.push_back({0, y / kPerMm, ktp::kCardWidthMm, wide / kPerMm});
  } else if (d.kind == "wrinkle") {
    const std::size_t c = static_cast<std::size_t>(rng.uniform(0, 3));
    const double angle = between(rng, 0.15, 0.7) * (rng.uniform(0, 2) ? 1 : -1);
    const cv::Mat mask = stroke(w.size, {between(rng, 5, 45), between(rng, 18, 36)}, angle,
                                between(rng, 15, 35), d.size, 0.01, rng);
    cv::Mat weak;
    w.density[c].convertTo(weak, CV_16S, between(rng, 0.0, 0.35));
    weak.copyTo(w.density[c], mask > 127);
    seen(mask);
  } else if (d.kind == "fade") {
    cv::Rect where({0, 0}, w.size);
    if (rng.uniform(0, 2)) {  // from some line of the feed on
      const int x = cvRound(between(rng, 10, 60) * kPerMm);
      where = rng.uniform(0, 2) ? cv::Rect(x, 0, w.size.width - x, w.size.height)
                                : cv::Rect(0, 0, x, w.size.height);
    }
    for (cv::Mat& panel : w.density) {
      cv::Mat part = panel(where);
      part.convertTo(part, CV_16S, 1 - d.size);
    }
    w.card.truth.push_back({where.x / kPerMm, where.y / kPerMm, where.width / kPerMm, where.height / kPerMm});
  } else if (d.kind == "missing-panel") {
    w.density[static_cast<std::size_t>(rng.uniform(0, 3))].setTo(0);
    w.card.truth.push_back(all);
  } else if (d.kind == "wrong-panel") {
    const int turn = rng.uniform(1, 3);
    std::rotate(w.density.begin(), w.density.begin() + turn, w.density.end());
    w.card.truth.push_back(all);
  } else if (d.kind == "misregister") {
    const double angle = between(rng, 0, CV_2PI);
    shift_panel(w.density[static_cast<std::size_t>(rng.uniform(0, 3))], d.size * kPerMm * std::cos(angle),
                d.size * kPerMm * std::sin(angle), 0);
    w.card.truth.push_back(all);
  } else if (d.kind == "misplaced") {
    const double angle = CV_PI / 2 * rng.uniform(0, 4);
    // The size is the distance of print and card in the end: what the press is off by anyway is part of it.
    const double x = std::round(std::cos(angle)), y = std::round(std::sin(angle));
    for (cv::Mat& panel : w.density)
      shift_panel(panel, (d.size * x - press.place_x_mm * std::abs(x)) * kPerMm,
                  (d.size * y - press.place_y_mm * std::abs(y)) * kPerMm, 0);
    w.card.truth.push_back(all);
  } else if (d.kind == "half-print") {
    const bool along = rng.uniform(0, 4) > 0;  // the feed is x
    const int whole = along ? w.size.width : w.size.height, stop = cvRound(whole * (1 - d.size));
    for (cv::Mat& panel : w.density)
      (along ? panel.colRange(stop, whole) : panel.rowRange(stop, whole)).setTo(0);
    w.card.truth.push_back(
        along ? ktp::BoxMm{stop / kPerMm, 0, ktp::kCardWidthMm - stop / kPerMm, ktp::kCardHeightMm}
              : ktp::BoxMm{0, stop / kPerMm, ktp::kCardWidthMm, ktp::kCardHeightMm - stop / kPerMm});
  } else if (d.kind == "ghosting") {
    const double angle = between(rng, 0, CV_2PI), far = between(rng, 0.6, 2.2) * kPerMm;
    for (cv::Mat& panel : w.density) {
      cv::Mat copy = panel.clone();
      shift_panel(copy, far * std::cos(angle), far * std::sin(angle), 0);
      cv::addWeighted(panel, 1, copy, d.size, 0, panel);
    }
    w.card.truth.push_back(all);
  } else if (d.kind == "blank") {
    for (cv::Mat& panel : w.density) panel.setTo(0);
    w.card.truth.push_back(all);
  } else {
    return false;
  }
  return true;
}

// Lays a layer of linear colour over the card, `mask` 0..255 as opacity.
void cover(cv::Mat& reflectance, const cv::Mat& mask, const cv::Vec3d& colour, double depth) {
  const cv::Rect box = cv::boundingRect(mask);
  for (int y = box.y; y < box.br().y; ++y) {
    const auto* m = mask.ptr<std::uint8_t>(y);
    auto* p = reflectance.ptr<cv::Vec3w>(y);
    for (int x = box.x; x < box.br().x; ++x) {
      const double k = m[x] / 255.0 * depth;
      for (int c = 0; c < 3; ++c)
        p[x][c] = cv::saturate_cast<std::uint16_t>(p[x][c] * (1 - k) + 65535 * colour[c] * k);
    }
  }
}

// A film that lets only part of the light through.
void tint(cv::Mat& reflectance, const cv::Mat& mask, const cv::Vec3d& through) {
  const cv::Rect box = cv::boundingRect(mask);
  for (int y = box.y; y < box.br().y; ++y) {
    const auto* m = mask.ptr<std::uint8_t>(y);
    auto* p = reflectance.ptr<cv::Vec3w>(y);
    for (int x = box.x; x < box.br().x; ++x) {
      for (int c = 0; c < 3; ++c)
        p[x][c] = cv::saturate_cast<std::uint16_t>(p[x][c] * (1 - m[x] / 255.0 * (1 - through[c])));
    }
  }
}

double mean_light(const Work& w, const cv::Mat& mask) {
  const cv::Scalar m = cv::mean(w.card.reflectance, mask > 60);
  return (0.3 * m[0] + 0.59 * m[1] + 0.11 * m[2]) / 65535;
}

// What happens to the finished card.
bool damage_surface(Work& w, const Damage& d, cv::RNG& rng) {
  cv::Mat& surface = w.card.reflectance;
  if (d.kind == "scratch") {
    const cv::Mat mask =
        stroke(w.size, place(rng, 8), between(rng, 0, CV_2PI), between(rng, 3, 25), d.size, 0.02, rng);
    // Down to the white body, or filled with dirt: whichever can be seen there.
    const bool light = mean_light(w, mask) < 0.45 || rng.uniform(0, 4) == 0;
    if (light)
      cover(surface, mask, {0.86, 0.86, 0.84}, between(rng, 0.7, 1.0));
    else
      cover(surface, mask, {0.06, 0.06, 0.06}, between(rng, 0.5, 0.95));
    w.card.truth.push_back(box_of(mask));
  } else if (d.kind == "crack") {
    const bool across = rng.uniform(0, 2) == 0;  // begins at an edge
    const cv::Point2d from =
        across ? cv::Point2d(between(rng, 6, 80), 0) : cv::Point2d(0, between(rng, 6, 48));
    const cv::Mat mask = stroke(w.size, from, (across ? CV_PI / 2 : 0) + rng.gaussian(0.2),
                                between(rng, 6, 22), d.size, 0.09, rng);
    cover(surface, mask, {0.02, 0.02, 0.02}, 0.9);
    w.card.truth.push_back(box_of(mask));
  } else if (d.kind == "stain") {
    const cv::Mat mask = blob(w.size, place(rng, 3), d.size, 0.1, rng);
    cv::Vec3d through(between(rng, 0.15, 0.6), between(rng, 0.15, 0.6), between(rng, 0.1, 0.6));
    if (mean_light(w, mask) < 0.12)  // on black only a pale stain shows
      cover(surface, mask, {0.5, 0.45, 0.35}, 0.8);
    else
      tint(surface, mask, through);
    w.card.truth.push_back(box_of(mask));
  } else if (d.kind == "dust") {
    const cv::Mat mask = rng.uniform(0, 2) ? blob(w.size, place(rng, 3), d.size, 0.12, rng)
                                           : stroke(w.size, place(rng, 8), between(rng, 0, CV_2PI),
                                                    std::max(d.size, 0.3) * 4, 0.25 * d.size, 0.25, rng);
    const bool light = mean_light(w, mask) < 0.3;
    cover(surface, mask, light ? cv::Vec3d(0.7, 0.7, 0.72) : cv::Vec3d(0.12, 0.12, 0.11), 0.9);
    w.card.truth.push_back(box_of(mask));
  } else if (d.kind == "bubble") {
    // A low dome: a bright crescent on the lamp's side, a dim one on the other, nothing in the middle.
    const cv::Point2d at = place(rng, 5);
    const double lamp = between(rng, 0, CV_2PI), r = d.size / 2;
    w.card.shine = cv::Mat::zeros(w.size, CV_8U);
    cv::Mat dim = cv::Mat::zeros(w.size, CV_8U);
    const ktp::BoxMm box{at.x - r, at.y - r, 2 * r, 2 * r};
    const cv::Rect area = px(box, w.size);
    for (int y = area.y; y < area.br().y; ++y) {
      for (int x = area.x; x < area.br().x; ++x) {
        const double u = (x / kPerMm - at.x) / r, v = (y / kPerMm - at.y) / r, q = u * u + v * v;
        if (q >= 1) continue;
        const double slope =
            4 * q * (1 - q) * ((u * std::cos(lamp) + v * std::sin(lamp)) / std::sqrt(q + 1e-9));
        if (slope > 0)
          w.card.shine.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(70 * slope);
        else
          dim.at<std::uint8_t>(y, x) = cv::saturate_cast<std::uint8_t>(-110 * slope);
      }
    }
    tint(surface, dim, {0.3, 0.3, 0.3});
    w.card.truth.push_back(box);
  } else {
    return false;
  }
  return true;
}

cv::Mat whole_body(const cv::Size& size) {
  cv::Mat body = cv::Mat::zeros(size, CV_8U);
  const int r = cvRound(3.18 * kPerMm);
  cv::rectangle(body, {r, 0, size.width - 2 * r, size.height}, 255, cv::FILLED);
  cv::rectangle(body, {0, r, size.width, size.height - 2 * r}, 255, cv::FILLED);
  for (const cv::Point c :
       {cv::Point(r, r), cv::Point(size.width - r - 1, r), cv::Point(r, size.height - r - 1),
        cv::Point(size.width - r - 1, size.height - r - 1)})
    cv::circle(body, c, r, 255, cv::FILLED, cv::LINE_AA);
  return body;
}

bool damage_outline(Work& w, const Damage& d, cv::RNG& rng) {
  const auto [width, height] = std::pair<double, double>(ktp::kCardWidthMm, ktp::kCardHeightMm);
  if (d.kind == "chip") {
    const int side = rng.uniform(0, 4);
    const double t = between(rng, 0.12, 0.88), wide = d.size * between(rng, 1.2, 2.4);
    const cv::Point2d edge = side == 0   ? cv::Point2d(t * width, 0)
                             : side == 1 ? cv::Point2d(width, t * height)
                             : side == 2 ? cv::Point2d(t * width, height)
                                         : cv::Point2d(0, t * height);
    const cv::Point2d in = side == 0   ? cv::Point2d(0, 1)
                           : side == 1 ? cv::Point2d(-1, 0)
                           : side == 2 ? cv::Point2d(0, -1)
                                       : cv::Point2d(1, 0);
    const cv::Point2d along(-in.y, in.x);
    std::vector<cv::Point> rim;
    const auto add = [&](double u, double v) {
      const cv::Point2d p = (edge + along * u + in * v) * kPerMm;
      rim.emplace_back(cvRound(p.x), cvRound(p.y));
    };
    add(-wide, -0.5), add(-wide, 0), add(-0.3 * wide, d.size * between(rng, 0.5, 0.9)),
        add(0.1 * wide, d.size);
    add(0.6 * wide, d.size * between(rng, 0.3, 0.7)), add(wide, 0), add(wide, -0.5);
    cv::fillPoly(w.card.body, std::vector<std::vector<cv::Point>>{rim}, 0, cv::LINE_AA);
    const cv::Point2d a = edge - along * wide, b = edge + along * wide + in * d.size;
    w.card.truth.push_back(
        {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)});
  } else if (d.kind == "bent-corner") {
    // Bent away from the glass: the triangle is darker, out of focus and a little shorter.
    const bool right = rng.uniform(0, 2), low = rng.uniform(0, 2);
    const double leg =
        d.size + 0.93;  // from the tip that a square corner would have; the round one begins 0.93 mm in
    cv::Mat mask = cv::Mat::zeros(w.size, CV_8U);
    const auto corner = [&](double u, double v) {
      return cv::Point(cvRound((right ? width - u : u) * kPerMm), cvRound((low ? height - v : v) * kPerMm));
    };
    const double lean = between(rng, 0.8, 1.25);
    const std::vector<cv::Point> flap{corner(0, 0), corner(leg * lean, 0), corner(0, leg / lean)};
    cv::fillConvexPoly(mask, flap, 255, cv::LINE_AA);
    const double k = between(rng, 0.35, 0.7);
    tint(w.card.reflectance, mask, {k, k, k});
    const double lost = 0.3;
    const std::vector<cv::Point> tip{corner(-0.2, -0.2), corner(leg * lean * lost * 1.6, -0.2),
                                     corner(-0.2, leg / lean * lost * 1.6)};
    cv::fillConvexPoly(w.card.body, tip, 0, cv::LINE_AA);
    w.card.truth.push_back(box_of(mask));
  } else {
    return false;
  }
  return true;
}

bool damage_content(cv::Mat& picture, const ktp::Face& face, const ktp::Face& other,
                    const ktp::Face& other_side, const Damage& d, cv::RNG& rng, PrintedCard& card) {
  const auto mat = [](const ktp::Face& f) {
    return cv::Mat(f.image.height, f.image.width, CV_8UC3, const_cast<std::uint8_t*>(f.image.pixels.data()));
  };
  const ktp::BoxMm all{0, 0, ktp::kCardWidthMm, ktp::kCardHeightMm};
  const auto take = [&](const ktp::BoxMm& box) {
    const cv::Rect at = px(box, picture.size());
    mat(other)(at).copyTo(picture(at));
    card.truth.push_back(box);
  };
  if (d.kind == "wrong-digit") {
    const auto n = static_cast<int>(face.glyphs.size());
    if (n == 0) throw std::invalid_argument("a face without digits");
    const auto i = static_cast<std::size_t>(rng.uniform(0, n));
    std::size_t k = i;
    for (int t = 0; t < 300 && face.glyphs[k].character == face.glyphs[i].character; ++t)
      k = static_cast<std::size_t>(rng.uniform(0, n));
    const cv::Rect from = px(face.glyphs[k].cell, picture.size());
    cv::Rect to = px(face.glyphs[i].cell, picture.size());
    to.width = from.width, to.height = from.height;
    picture(from).clone().copyTo(picture(to));
    card.truth.push_back(face.glyphs[i].cell);
  } else if (d.kind == "wrong-portrait") {
    take(face.layout.at("portrait"));
  } else if (d.kind == "wrong-name") {
    take(face.layout.at("name"));
  } else if (d.kind == "wrong-card") {
    take(all);
  } else if (d.kind == "wrong-side") {
    mat(other_side).copyTo(picture);
    card.truth.push_back(all);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Press any_press(cv::RNG& rng) {
  Press p;
  p.place_x_mm = between(rng, -0.25, 0.25), p.place_y_mm = between(rng, -0.25, 0.25);
  p.stretch = between(rng, -0.0015, 0.0015);
  for (auto& r : p.register_mm) r[0] = between(rng, -0.04, 0.04), r[1] = between(rng, -0.03, 0.03);
  const double common = between(rng, 0.97, 1.05);
  for (double& d : p.density) d = common * between(rng, 0.985, 1.015);
  p.banding = between(rng, 0, 0.012), p.grain = between(rng, 0.005, 0.03),
  p.spread_px = between(rng, 0.4, 1.1);
  const double white = between(rng, 0.8, 0.93);
  for (double& b : p.body) b = white * between(rng, 0.98, 1.0);
  p.seed = static_cast<std::uint64_t>(rng.next()) << 20 | rng.next() % 1000003;
  return p;
}

PrintedCard print(const ktp::Face& face, const ktp::Face& other, const ktp::Face& other_side,
                  const Press& press, const Damage& damage, cv::RNG& rng) {
  static const cv::Mat to_density = density_table();
  Work w;
  cv::Mat picture(face.image.height, face.image.width, CV_8UC3,
                  const_cast<std::uint8_t*>(face.image.pixels.data()));
  picture = picture.clone();
  w.size = picture.size();
  bool known = damage.kind == "good" || damage_content(picture, face, other, other_side, damage, rng, w.card);
  std::array<cv::Mat, 3> coded;
  cv::split(picture, coded.data());
  for (std::size_t c = 0; c < 3; ++c) {
    w.density[c].create(w.size, CV_16S);
    for (int y = 0; y < w.size.height; ++y) {
      const auto* in = coded[c].ptr<std::uint8_t>(y);
      auto* out = w.density[c].ptr<std::int16_t>(y);
      for (int x = 0; x < w.size.width; ++x) out[x] = to_density.at<std::int16_t>(0, in[x]);
    }
  }
  known = known || damage_print(w, damage, press, rng);
  cv::RNG noise(press.seed);
  for (std::size_t c = 0; c < 3; ++c) {
    shift_panel(w.density[c], (press.place_x_mm + press.register_mm[c][0]) * kPerMm,
                (press.place_y_mm + press.register_mm[c][1]) * kPerMm, press.stretch);
    cv::GaussianBlur(w.density[c], w.density[c], {0, 0}, press.spread_px);
  }
  // Grain and bands are multiplicative: no dye, no grain.
  w.card.reflectance.create(w.size, CV_16UC3);
  std::vector<float> bands(static_cast<std::size_t>(w.size.width));
  double drift = 0;
  for (float& b : bands)
    drift = 0.97 * drift + noise.gaussian(0.25), b = static_cast<float>(1 + press.banding * drift);
  std::array<cv::Mat, 3> grain;
  for (cv::Mat& g : grain)
    g = noise_sheet()(cv::Rect(noise.uniform(0, noise_sheet().cols - w.size.width),
                               noise.uniform(0, noise_sheet().rows - w.size.height), w.size.width,
                               w.size.height));
  const auto& through = transmittance();
  for (int y = 0; y < w.size.height; ++y) {
    auto* out = w.card.reflectance.ptr<std::uint16_t>(y);
    for (std::size_t c = 0; c < 3; ++c) {
      const auto* d = w.density[c].ptr<std::int16_t>(y);
      const auto* g = grain[c].ptr<std::int16_t>(y);
      const auto strength = static_cast<float>(press.density[c]),
                 rough = static_cast<float>(press.grain / 1000), body = static_cast<float>(press.body[c]);
      for (int x = 0; x < w.size.width; ++x) {
        const float dye = d[x] * strength * bands[static_cast<std::size_t>(x)] * (1 + rough * g[x]);
        const int at = std::clamp(static_cast<int>(dye), 0, kDeepest);
        out[3 * x + static_cast<int>(c)] =
            static_cast<std::uint16_t>(body * static_cast<float>(through[static_cast<std::size_t>(at)]));
      }
    }
  }
  w.card.body = whole_body(w.size);
  known = known || damage_surface(w, damage, rng) || damage_outline(w, damage, rng);
  if (!known) throw std::invalid_argument("no such damage: " + damage.kind);
  return std::move(w.card);
}

const std::vector<Grade>& catalogue() {
  static const std::vector<Grade> all{
      {"good", "good", 0, false},
      {"scratch", "may", 0.05, false},
      {"scratch", "should", 0.10, false},
      {"scratch", "must", 0.20, false},
      {"crack", "may", 0.06, false},
      {"crack", "should", 0.12, false},
      {"crack", "must", 0.25, false},
      {"stain", "may", 0.2, false},
      {"stain", "should", 0.4, false},
      {"stain", "must", 0.8, false},
      {"void", "may", 0.1, false},
      {"void", "should", 0.2, false},
      {"void", "must", 0.4, false},
      {"dust", "may", 0.1, false},
      {"dust", "should", 0.25, false},
      {"dust", "must", 0.5, false},
      {"dead-element", "should", 1, false},
      {"dead-element", "must", 2, false},
      {"wrinkle", "should", 0.15, false},
      {"wrinkle", "must", 0.35, false},
      {"fade", "may", 0.06, false},
      {"fade", "should", 0.12, false},
      {"fade", "must", 0.25, false},
      {"missing-panel", "must", 0, false},
      {"wrong-panel", "must", 0, false},
      {"misregister", "may", 0.10, false},
      {"misregister", "should", 0.20, false},
      {"misregister", "must", 0.40, false},
      {"misplaced", "may", 0.3, false},
      {"misplaced", "should", 0.5, false},
      {"misplaced", "must", 1.0, false},
      {"chip", "may", 0.3, false},
      {"chip", "should", 0.6, false},
      {"chip", "must", 1.2, false},
      {"bent-corner", "should", 1.5, false},
      {"bent-corner", "must", 3.0, false},
      {"bubble", "may", 0.5, false},
      {"bubble", "should", 1.0, false},
      {"bubble", "must", 2.0, false},
      {"half-print", "must", 0.2, false},
      {"half-print", "must", 0.6, false},
      {"ghosting", "should", 0.08, false},
      {"ghosting", "must", 0.2, false},
      {"blank", "must", 0, false},
      {"wrong-digit", "content", 0, true},
      {"wrong-name", "content", 0, true},
      {"wrong-portrait", "content", 0, true},
      {"wrong-card", "content", 0, true},
      {"wrong-side", "content", 0, false},
  };
  return all;
}

}  // namespace judge
