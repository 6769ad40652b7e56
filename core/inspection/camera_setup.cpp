// SPDX-License-Identifier: Apache-2.0
#include "inspection/camera_setup.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "domain/face.hpp"
#include "inspection/locate.hpp"

namespace ktp::inspection {
namespace {

using Limits = SetupLimits;

std::string words(const char* format, double a, double b) {
  char text[240];
  std::snprintf(text, sizeof text, format, a, b);
  return text;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

float sample(const cv::Mat& grey, cv::Point2f at) {
  const int x = static_cast<int>(std::floor(at.x)), y = static_cast<int>(std::floor(at.y));
  if (x < 0 || y < 0 || x + 1 >= grey.cols || y + 1 >= grey.rows) return -1;
  const float fx = at.x - static_cast<float>(x), fy = at.y - static_cast<float>(y);
  const float upper = grey.at<float>(y, x) * (1 - fx) + grey.at<float>(y, x + 1) * fx;
  const float lower = grey.at<float>(y + 1, x) * (1 - fx) + grey.at<float>(y + 1, x + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

/// Where the profile first reaches `level`, in steps; nothing: nowhere.
std::optional<double> crossing(const std::vector<double>& profile, double level) {
  for (std::size_t i = 1; i < profile.size(); ++i)
    if (profile[i - 1] < level && profile[i] >= level)
      return static_cast<double>(i - 1) + (level - profile[i - 1]) / (profile[i] - profile[i - 1]);
  return std::nullopt;
}

/// Sigma of the step from table to card across one side of it, pixels: from a quarter to three quarters of
/// the step a Gaussian needs 1.349 sigma.
std::optional<double> blur_of(const cv::Mat& grey, cv::Point2f from, cv::Point2f to, cv::Point2f centre) {
  constexpr int kPlaces = 48;
  constexpr double kReachPx = 10, kStep = 0.1, kQuarters = 1.349;
  const cv::Point2f along = to - from;
  cv::Point2f inward(-along.y, along.x);
  inward *= 1 / static_cast<float>(cv::norm(inward));
  if (inward.dot(centre - from) < 0) inward = -inward;
  std::vector<double> widths;
  for (int i = 0; i < kPlaces; ++i) {
    const float share = 0.15f + 0.7f * static_cast<float>(i) / (kPlaces - 1);
    const cv::Point2f at = from + along * share;
    std::vector<double> profile;
    for (double d = -kReachPx; d <= kReachPx; d += kStep)
      profile.push_back(sample(grey, at + inward * static_cast<float>(d)));
    if (std::ranges::min(profile) < 0) continue;
    const auto third = static_cast<std::ptrdiff_t>(profile.size() / 3);
    const double low = median({profile.begin(), profile.begin() + third});
    const double high = median({profile.end() - third, profile.end()});
    constexpr double kLeastStep = 25;  // levels; less is no edge to measure at
    if (high - low < kLeastStep) continue;
    const auto quarter = crossing(profile, low + 0.25 * (high - low)),
               three = crossing(profile, low + 0.75 * (high - low));
    if (quarter && three && *three > *quarter) widths.push_back((*three - *quarter) * kStep / kQuarters);
  }
  if (widths.size() < kPlaces / 3) return std::nullopt;
  return median(widths);
}

/// The card brought upright, ten pixels a millimetre, without its rim.
cv::Mat inside(const cv::Mat& photo, const Corners& corners) {
  constexpr double kPxPerMm = 10, kRimMm = 4;
  const auto w = static_cast<float>(kCardWidthMm * kPxPerMm),
             h = static_cast<float>(kCardHeightMm * kPxPerMm);
  const std::array<cv::Point2f, 4> to{cv::Point2f(0, 0), {w, 0}, {w, h}, {0, h}};
  cv::Mat card;
  cv::warpPerspective(photo, card, cv::getPerspectiveTransform(corners.data(), to.data()),
                      cv::Size(cvRound(w), cvRound(h)), cv::INTER_LINEAR);
  const int rim = cvRound(kRimMm * kPxPerMm);
  return card(cv::Rect(rim, rim, card.cols - 2 * rim, card.rows - 2 * rim));
}

/// What is left of a card's levels when a smooth light (a surface of second order) is taken out: standard
/// deviation, a pixel a millimetre.
double print_on(const cv::Mat& levels) {
  cv::Mat coarse;
  cv::resize(levels, coarse, {levels.cols / 10, levels.rows / 10}, 0, 0, cv::INTER_AREA);
  const int n = static_cast<int>(coarse.total());
  cv::Mat terms(n, 6, CV_64F), values(n, 1, CV_64F), light;
  for (int i = 0; i < n; ++i) {
    const int row = i / coarse.cols, column = i % coarse.cols;
    const double x = 2.0 * column / coarse.cols - 1, y = 2.0 * row / coarse.rows - 1;
    const double of_place[] = {1, x, y, x * x, x * y, y * y};
    for (int k = 0; k < 6; ++k) terms.at<double>(i, k) = of_place[k];
    values.at<double>(i) = coarse.at<std::uint8_t>(row, column);
  }
  cv::solve(terms, values, light, cv::DECOMP_SVD);
  cv::Scalar mean, deviation;
  cv::meanStdDev(values - terms * light, mean, deviation);
  return deviation[0];
}

void look_at_light(const cv::Mat& card, CameraSetup& setup) {
  cv::Mat grey, levels;
  cv::cvtColor(card, grey, cv::COLOR_RGB2GRAY);
  std::vector<double> all;
  int clipped = 0;
  for (int y = 0; y < card.rows; ++y)
    for (int x = 0; x < card.cols; ++x) {
      const auto& pixel = card.at<cv::Vec3b>(y, x);
      clipped += pixel[0] == 255 || pixel[1] == 255 || pixel[2] == 255 ? 1 : 0;
      if ((x + y) % 7 == 0) all.push_back(grey.at<std::uint8_t>(y, x));
    }
  setup.clipped = static_cast<double>(clipped) / static_cast<double>(card.total());
  setup.white = median(std::move(all));
  cv::GaussianBlur(grey, levels, {}, 3);  // noise apart from print
  for (int i = 0; i < 9; ++i) {
    const int column = i % 3, row = i / 3;
    const cv::Rect ninth(column * card.cols / 3, row * card.rows / 3, card.cols / 3, card.rows / 3);
    setup.ninths[static_cast<std::size_t>(i)] = cv::mean(levels(ninth))[0];
  }
  setup.plain = print_on(levels) <= Limits::kMostPrint;
  const auto [least, most] = std::ranges::minmax(setup.ninths);
  setup.even = most > 0 ? least / most : 0;
}

void judge(CameraSetup& setup) {
  const auto wrong = [&](std::string what) { setup.wrong.push_back(std::move(what)); };
  const double least = Limits::kPixelsAcross / Limits::kNarrowestMm;
  if (setup.px_per_mm < least) {
    wrong(words(
        "scale: %.1f px/mm, at least %.1f are needed for damage of 0.20 mm: bring the camera nearer, or take "
        "one with more pixels",
        setup.px_per_mm, least));
  }
  if (setup.blur_px <= 0) {
    wrong("focus: cannot be measured, the card does not stand out from the table: lay it on a dark one");
  } else if (setup.blur_mm() > Limits::kMostBlurMm) {
    wrong(words("focus: edges are %.2f mm soft, at most %.2f mm: turn the lens's focus ring", setup.blur_mm(),
                Limits::kMostBlurMm));
  }
  if (setup.white < Limits::kLeastWhite)
    wrong(words("exposure: white is %.0f of 255, at least %.0f: expose longer, or more light", setup.white,
                Limits::kLeastWhite));
  if (setup.white > Limits::kMostWhite)
    wrong(words("exposure: white is %.0f of 255, at most %.0f: expose shorter, or less gain", setup.white,
                Limits::kMostWhite));
  if (setup.clipped > Limits::kMostClipped)
    wrong(words(
        "exposure: %.1f %% of the card is blown out, at most %.1f %%: expose shorter, or move the lamp whose "
        "reflection is seen",
        setup.clipped * 100, Limits::kMostClipped * 100));
  if (!setup.plain) {
    wrong("light: cannot be measured on a printed card: lay a blank white one");
  } else if (setup.even < Limits::kLeastEven) {
    wrong(words(
        "light: the darkest ninth of the card has %.0f %% of the brightest, at least %.0f %%: move the lamps",
        setup.even * 100, Limits::kLeastEven * 100));
  }
}

}  // namespace

CameraSetup camera_setup(const ImageView& photograph) {
  CameraSetup setup;
  if (photograph.empty() || photograph.channels != 3) {
    setup.wrong.emplace_back("card: this is not a colour picture");
    return setup;
  }
  cv::setNumThreads(1);
  const cv::Mat photo(photograph.height, photograph.width, CV_8UC3,
                      const_cast<std::uint8_t*>(photograph.data), photograph.stride);
  setup.picture = Image(photo.cols, photo.rows);
  cv::Mat shown(photo.rows, photo.cols, CV_8UC3, setup.picture.pixels.data());
  photo.copyTo(shown);
  const Outline outline = locate(photo);
  if (outline.state != Outline::State::found) {
    setup.wrong.emplace_back(
        outline.state == Outline::State::cut_off
            ? "card: it is partly out of view: move the camera away, or the card to the middle"
            : "card: none is found: lay a blank white card on a dark table");
    return setup;
  }
  setup.card = true;
  const Corners& c = outline.corners;
  const cv::Point2f centre = (c[0] + c[1] + c[2] + c[3]) * 0.25f;
  setup.px_per_mm = 1e9;
  cv::Mat grey;
  cv::cvtColor(photo, grey, cv::COLOR_RGB2GRAY);
  grey.convertTo(grey, CV_32F);
  bool measured = true;
  for (std::size_t side = 0; side < 4; ++side) {
    const cv::Point2f from = c[side], to = c[(side + 1) % 4];
    setup.px_per_mm =
        std::min(setup.px_per_mm, cv::norm(to - from) / (side % 2 == 0 ? kCardWidthMm : kCardHeightMm));
    const auto blur = blur_of(grey, from, to, centre);
    measured = measured && blur.has_value();
    if (blur) setup.blur_px = std::max(setup.blur_px, *blur);
    cv::line(shown, from, to, cv::Scalar(255, 0, 160), 2, cv::LINE_AA);
  }
  if (!measured) setup.blur_px = 0;
  look_at_light(inside(photo, c), setup);
  judge(setup);
  return setup;
}

}  // namespace ktp::inspection
