// SPDX-License-Identifier: Apache-2.0
#include "inspection/specimens.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <vector>

#include "domain/face.hpp"
#include "inspection/locate.hpp"

namespace ktp::inspection {
namespace {

constexpr std::array kMust{MustFind{"scratch", "0.20 mm wide, 6 mm long"},
                           MustFind{"crack", "0.25 mm wide, 8 mm long"},
                           MustFind{"stain", "0.8 mm"},
                           MustFind{"void", "0.4 mm"},
                           MustFind{"dust", "0.5 mm"},
                           MustFind{"dead-element", "2 elements, 0.17 mm"},
                           MustFind{"wrinkle", "0.35 mm wide, one colour"},
                           MustFind{"fade", "25 % of density"},
                           MustFind{"missing-panel", "yellow"},
                           MustFind{"misregister", "0.40 mm, one colour"},
                           MustFind{"chip", "1.2 mm deep"},
                           MustFind{"bent-corner", "3.0 mm"},
                           MustFind{"half-print", "a fifth of the card"},
                           MustFind{"ghosting", "30 %, 1.2 mm beside"}};
constexpr double kVisible = 14;  // levels

struct Place {
  double x, y, angle, sign;
};

// The photograph as something that can be drawn on in millimetres of the card.
class Canvas {
 public:
  Canvas(cv::Mat photo, const std::array<cv::Point2f, 4>& corners, double blur_px)
      : photo_(std::move(photo)), blur_px_(std::max(0.5, blur_px)) {
    const auto w = static_cast<float>(kCardWidthMm), h = static_cast<float>(kCardHeightMm);
    const std::array<cv::Point2f, 4> card{cv::Point2f{0, 0}, {w, 0}, {w, h}, {0, h}};
    to_photo_ = cv::getPerspectiveTransform(card.data(), corners.data());
    px_per_mm_ = cv::norm(corners[1] - corners[0]) / kCardWidthMm;
    learn_colours();
  }

  [[nodiscard]] cv::Mat& photo() { return photo_; }

  // A mask, 0..1, of a shape given by its outline in millimetres; blurred as the optics blur.
  [[nodiscard]] cv::Mat mask(const std::vector<cv::Point2f>& outline_mm, cv::Rect& area) const {
    std::vector<cv::Point2f> outline;
    cv::perspectiveTransform(outline_mm, outline, to_photo_);
    const int margin = cvCeil(3 * blur_px_) + 2;
    area = cv::boundingRect(outline);
    area = cv::Rect(area.x - margin, area.y - margin, area.width + 2 * margin, area.height + 2 * margin) &
           cv::Rect({0, 0}, photo_.size());
    if (area.empty()) return {};
    // Drawn four times as fine: a line thinner than a pixel has its true weight.
    constexpr int kFine = 4, kShift = 4;
    cv::Mat fine = cv::Mat::zeros(area.height * kFine, area.width * kFine, CV_8U), small;
    std::vector<cv::Point> points;
    for (const cv::Point2f& p : outline)
      points.emplace_back(cvRound((p.x - static_cast<float>(area.x)) * kFine * (1 << kShift)),
                          cvRound((p.y - static_cast<float>(area.y)) * kFine * (1 << kShift)));
    cv::fillPoly(fine, std::vector<std::vector<cv::Point>>{points}, 255, cv::LINE_8, kShift);
    cv::resize(fine, small, area.size(), 0, 0, cv::INTER_AREA);
    small.convertTo(small, CV_32F, 1 / 255.0);
    cv::GaussianBlur(small, small, {0, 0}, blur_px_, blur_px_, cv::BORDER_REPLICATE);
    return small;
  }

  // Moves what lies under the mask towards `to` by `share`, channel by channel. Answers how far, in levels,
  // the middle of the mask moved.
  double blend(const std::vector<cv::Point2f>& outline_mm, const cv::Vec3d& to, const cv::Vec3d& share) {
    cv::Rect area;
    const cv::Mat weight = mask(outline_mm, area);
    if (weight.empty()) return 0;
    double moved = 0, total = 1e-9;
    for (int y = 0; y < area.height; ++y) {
      for (int x = 0; x < area.width; ++x) {
        const double w = static_cast<double>(weight.at<float>(y, x));
        auto& p = photo_.at<cv::Vec3b>(area.y + y, area.x + x);
        double most = 0;
        for (int c = 0; c < 3; ++c) {
          const double step = w * share[c] * (to[c] - p[c]);
          most = std::max(most, std::abs(step));
          p[c] = cv::saturate_cast<std::uint8_t>(p[c] + step);
        }
        if (w > 0.5) moved += most, total += 1;
      }
    }
    // Of a shape narrower than the blur nothing reaches a half: what little there is counts whole.
    return total > 0.5 ? moved / total : kVisible;
  }

  [[nodiscard]] cv::Vec3d paper() const { return paper_; }
  [[nodiscard]] cv::Vec3d table() const { return table_; }
  [[nodiscard]] cv::Vec2d shift_px(double x_mm, double y_mm) const {
    const std::vector<cv::Point2f> from{{40, 27},
                                        {static_cast<float>(40 + x_mm), static_cast<float>(27 + y_mm)}};
    std::vector<cv::Point2f> to;
    cv::perspectiveTransform(from, to, to_photo_);
    return {static_cast<double>(to[1].x - to[0].x), static_cast<double>(to[1].y - to[0].y)};
  }
  // The whole photograph moved by so many pixels.
  [[nodiscard]] cv::Mat moved(const cv::Vec2d& px) const {
    const cv::Mat m = (cv::Mat_<double>(2, 3) << 1, 0, px[0], 0, 1, px[1]);
    cv::Mat out;
    cv::warpAffine(photo_, out, m, photo_.size(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    return out;
  }

 private:
  void learn_colours() {
    std::array<std::array<int, 256>, 3> counts{};
    int total = 0;
    cv::Vec3d outside(0, 0, 0);
    int around = 0;
    for (double y = -1.6; y < kCardHeightMm + 2; y += 0.5) {
      for (double x = -1.6; x < kCardWidthMm + 2; x += 0.5) {
        const cv::Vec3d at = to_photo_ * cv::Vec3d(x, y, 1);
        const int px = cvRound(at[0] / at[2]), py = cvRound(at[1] / at[2]);
        if (px < 0 || py < 0 || px >= photo_.cols || py >= photo_.rows) continue;
        const auto& p = photo_.at<cv::Vec3b>(py, px);
        if (x > 2 && y > 2 && x < kCardWidthMm - 2 && y < kCardHeightMm - 2) {
          for (std::size_t c = 0; c < 3; ++c) ++counts[c][p[static_cast<int>(c)]];
          ++total;
        } else if (x < -1 || y < -1 || x > kCardWidthMm + 1 || y > kCardHeightMm + 1) {
          outside += cv::Vec3d(p);
          ++around;
        }
      }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      int level = 255;
      for (int left = total / 50; level > 0 && left > 0; --level)
        left -= counts[c][static_cast<std::size_t>(level)];
      paper_[static_cast<int>(c)] = level;
    }
    table_ = around > 0 ? outside * (1.0 / around) : cv::Vec3d(60, 60, 60);
  }

  cv::Mat photo_;
  cv::Matx33d to_photo_;
  double px_per_mm_ = 0, blur_px_;
  cv::Vec3d paper_, table_;
};

std::vector<cv::Point2f> disc(double x, double y, double diameter) {
  std::vector<cv::Point2f> points;
  for (int i = 0; i < 24; ++i)
    points.emplace_back(static_cast<float>(x + diameter / 2 * std::cos(i * CV_PI / 12)),
                        static_cast<float>(y + diameter / 2 * std::sin(i * CV_PI / 12)));
  return points;
}

std::vector<cv::Point2f> bar(double x, double y, double angle, double length, double width) {
  const double dx = std::cos(angle), dy = std::sin(angle);
  std::vector<cv::Point2f> points;
  for (const auto& [a, b] :
       std::initializer_list<std::pair<double, double>>{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}})
    points.emplace_back(static_cast<float>(x + a * dx * length / 2 - b * dy * width / 2),
                        static_cast<float>(y + a * dy * length / 2 + b * dx * width / 2));
  return points;
}

std::vector<cv::Point2f> box(double x0, double y0, double x1, double y1) {
  return {{static_cast<float>(x0), static_cast<float>(y0)},
          {static_cast<float>(x1), static_cast<float>(y0)},
          {static_cast<float>(x1), static_cast<float>(y1)},
          {static_cast<float>(x0), static_cast<float>(y1)}};
}

const std::vector<cv::Point2f> kWholeCard = box(0.3, 0.3, kCardWidthMm - 0.3, kCardHeightMm - 0.3);

// One colour of the card replaced by another picture's, or mixed with it.
double replace(Canvas& canvas, const cv::Mat& other, const cv::Vec3d& share) {
  cv::Rect area;
  const cv::Mat weight = canvas.mask(kWholeCard, area);
  double most = 0;
  for (int y = 0; y < area.height; ++y) {
    for (int x = 0; x < area.width; ++x) {
      auto& p = canvas.photo().at<cv::Vec3b>(area.y + y, area.x + x);
      const auto& q = other.at<cv::Vec3b>(area.y + y, area.x + x);
      for (int c = 0; c < 3; ++c) {
        const double step = static_cast<double>(weight.at<float>(y, x)) * share[c] * (q[c] - p[c]);
        most = std::max(most, std::abs(step));
        p[c] = cv::saturate_cast<std::uint8_t>(p[c] + step);
      }
    }
  }
  return most;
}

// Answers by how many levels the damage shows.
double draw(Canvas& canvas, std::string_view kind, const Place& at, int colour) {
  const cv::Vec3d whole(1, 1, 1), paper = canvas.paper();
  cv::Vec3d one(0, 0, 0);
  one[colour] = 1;
  if (kind == "scratch") return canvas.blend(bar(at.x, at.y, at.angle, 6, 0.20), paper, whole * 0.9);
  if (kind == "crack") return canvas.blend(bar(at.x, at.y, at.angle, 8, 0.25), paper * 0.15, whole * 0.7);
  if (kind == "stain") return canvas.blend(disc(at.x, at.y, 0.8), {70, 55, 40}, whole * 0.5);
  if (kind == "void") return canvas.blend(disc(at.x, at.y, 0.4), paper, whole);
  if (kind == "dust")
    return canvas.blend(disc(at.x, at.y, 0.5), at.sign > 0 ? paper * 0.75 : cv::Vec3d(60, 58, 55),
                        whole * 0.8);
  if (kind == "dead-element")
    return canvas.blend(bar(kCardWidthMm / 2, at.y, 0, kCardWidthMm, 0.17), paper, whole);
  if (kind == "wrinkle") return canvas.blend(bar(at.x, at.y, 0.5 + at.angle / 6, 20, 0.35), paper, one * 0.8);
  if (kind == "fade") return canvas.blend(kWholeCard, paper, whole * 0.25), kVisible;
  if (kind == "missing-panel") return canvas.blend(kWholeCard, paper, {0, 0, 1}), kVisible;
  if (kind == "misregister")
    return replace(canvas, canvas.moved(canvas.shift_px(0.4 * std::cos(at.angle), 0.4 * std::sin(at.angle))),
                   one);
  if (kind == "chip") {
    const double y = at.sign > 0 ? 0 : kCardHeightMm;
    return canvas.blend(disc(at.x, y, 2.4), canvas.table(), whole);
  }
  if (kind == "bent-corner") {
    const float x = at.sign > 0 ? -0.3f : static_cast<float>(kCardWidthMm + 0.3),
                in = at.sign > 0 ? 3.0f : static_cast<float>(kCardWidthMm - 3.0);
    return canvas.blend({{x, -0.3f}, {in, -0.3f}, {x, 3.0f}}, canvas.table(), whole);
  }
  if (kind == "half-print") {
    const double from = at.sign > 0 ? 0.3 : kCardWidthMm * 0.8;
    return canvas.blend(box(from, 0.3, from + kCardWidthMm * 0.2 - 0.3, kCardHeightMm - 0.3), paper, whole),
           kVisible;
  }
  if (kind == "ghosting") {
    // Dye on dye: the copy takes away what it has less of light than the paper.
    cv::Mat copy = canvas.moved(canvas.shift_px(1.2 * std::cos(at.angle), 1.2 * std::sin(at.angle)));
    for (int y = 0; y < copy.rows; ++y)
      for (int x = 0; x < copy.cols; ++x) {
        auto& q = copy.at<cv::Vec3b>(y, x);
        const auto& p = canvas.photo().at<cv::Vec3b>(y, x);
        for (int c = 0; c < 3; ++c)
          q[c] =
              cv::saturate_cast<std::uint8_t>(p[c] - 0.3 * std::max(0.0, paper[c] - q[c]) * p[c] / paper[c]);
      }
    return replace(canvas, copy, whole);
  }
  return 0;
}

}  // namespace

std::span<const MustFind> must_find() {
  return kMust;
}

Result<Image> draw_specimen(const ImageView& photograph, std::size_t kind, std::uint64_t seed,
                            double blur_px) {
  if (kind >= kMust.size()) return fail(ErrorCode::internal, "no such kind of specimen");
  try {
    const cv::Mat given(photograph.height, photograph.width, CV_8UC3,
                        const_cast<std::uint8_t*>(photograph.data), photograph.stride);
    const Outline outline = locate(given);
    if (outline.state != Outline::State::found) return fail(ErrorCode::bad_data, "no card was found");
    cv::RNG random(seed * 2654435761u + kind * 97 + 1);
    for (int i = 0; i < 4; ++i) random.next();
    constexpr int kTries = 16;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      Canvas canvas(given.clone(), outline.corners, blur_px);
      const Place at{random.uniform(8.0, kCardWidthMm - 8), random.uniform(6.0, kCardHeightMm - 6),
                     random.uniform(0.0, 2 * CV_PI), random.uniform(0.0, 1.0) < 0.5 ? -1.0 : 1.0};
      const int colour = random.uniform(0, 3);
      if (draw(canvas, kMust[kind].kind, at, colour) < kVisible) continue;
      Image out(given.cols, given.rows);
      canvas.photo().copyTo(cv::Mat(given.size(), CV_8UC3, out.pixels.data()));
      return out;
    }
    return fail(ErrorCode::bad_data, "can be seen nowhere on this card");
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, std::string("specimen: ") + error.what());
  }
}

}  // namespace ktp::inspection
