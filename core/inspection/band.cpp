// SPDX-License-Identifier: Apache-2.0
#include "inspection/band.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/reference.hpp"
#include "inspection/tone.hpp"
#include "inspection/variation.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr std::array kBlurs{0.55, 0.8, 1.05, 1.3, 1.6};
// What register leaves of an edge in a spot's mean, and what sharpening and coding leave half a mm beside it,
// as shares of the range there.
constexpr double kSpotRange = 0.4, kSpotWideRange = 0.12, kSpotChroma = 0.5;
// The same for the smallest spots. The comparison with the photograph's own scatter does the rest.
constexpr double kPointRange = 0.2, kPointWideRange = 0.08, kPointChroma = 0.2;

// Share of the sharp face's steps along rows that is left after blurring: independent of noise, because the
// noise of the photograph does not correlate with the face (HALCON's and others' gradient energy does depend
// on it).
double edge_share(const cv::Mat& blurred, const cv::Mat& sharp) {
  double cross = 0, own = 0;
  for (int y = 0; y < sharp.rows; y += 2) {
    const std::uint8_t* b = blurred.ptr<std::uint8_t>(y);
    const std::uint8_t* s = sharp.ptr<std::uint8_t>(y);
    for (int x = 1; x < sharp.cols; ++x) {
      const int ds = s[x] - s[x - 1];
      cross += ds * (b[x] - b[x - 1]);
      own += ds * ds;
    }
  }
  return own > 0 ? cross / own : 1;
}

// Half frame: range of the colour differences about each place. Cameras' mosaics and JPEG keep colour at half
// the resolution of light: small coloured print comes out with paler colours.
cv::Mat chroma_range(const std::array<cv::Mat, 3>& middle) {
  const cv::Size half(middle[0].cols / 2, middle[0].rows / 2);
  std::array<cv::Mat, 3> small;
  for (std::size_t c = 0; c < 3; ++c)
    cv::resize(middle[c]({0, 0, half.width * 2, half.height * 2}), small[c], half, 0, 0, cv::INTER_AREA);
  const cv::Mat square = cv::Mat::ones(5, 5, CV_8U);
  cv::Mat out = cv::Mat::zeros(half, CV_8U);
  for (const std::size_t c : {std::size_t{0}, std::size_t{2}}) {
    cv::Mat tint, high, low;
    cv::addWeighted(small[c], 0.5, small[1], -0.5, 128, tint);
    cv::dilate(tint, high, square);
    cv::erode(tint, low, square);
    high -= low;
    cv::max(out, high, out);
  }
  return out;
}

// Half frame: 1024 / what the mean over a spot may differ by. `most` and `least`: within the register
// tolerance.
cv::Mat spot_scale(const cv::Mat& middle, const cv::Mat& most, const cv::Mat& least, const cv::Mat& chroma,
                   double levels) {
  const cv::Size half(middle.cols / 2, middle.rows / 2);
  cv::Mat high, low, value, wide_high, wide_low, out(half, CV_16S);
  const cv::Rect even(0, 0, half.width * 2, half.height * 2);
  cv::resize(most(even), high, half, 0, 0, cv::INTER_NEAREST);
  cv::resize(least(even), low, half, 0, 0, cv::INTER_NEAREST);
  cv::resize(middle(even), value, half, 0, 0, cv::INTER_NEAREST);
  const cv::Mat square = cv::Mat::ones(5, 5, CV_8U);
  cv::dilate(high, wide_high, square);
  cv::erode(low, wide_low, square);
  for (int y = 0; y < half.height; ++y) {
    const auto *a = high.ptr<std::uint8_t>(y), *b = low.ptr<std::uint8_t>(y), *m = value.ptr<std::uint8_t>(y);
    const auto *wa = wide_high.ptr<std::uint8_t>(y), *wb = wide_low.ptr<std::uint8_t>(y);
    const auto* tint = chroma.ptr<std::uint8_t>(y);
    auto* to = out.ptr<std::int16_t>(y);
    for (int x = 0; x < half.width; ++x) {
      const float width =
          static_cast<float>(kSpotChroma) * static_cast<float>(tint[x]) + static_cast<float>(0.9 * levels) +
          static_cast<float>(kSpotRange) * static_cast<float>(a[x] - b[x]) +
          static_cast<float>(kSpotWideRange) * static_cast<float>(wa[x] - wb[x]) + 5 * Tone::lift(m[x]);
      to[x] = static_cast<std::int16_t>(1024 / std::max(width, 8.0f));
    }
  }
  return out;
}

// 1024 / what the mean over 3 x 3 pixels may differ by from its surroundings.
cv::Mat scale_of_points(const cv::Mat& middle, const cv::Mat& most, const cv::Mat& least,
                        const cv::Mat& chroma, double levels) {
  cv::Mat wide_high, wide_low, tints, out(middle.size(), CV_16S);
  const cv::Mat square = cv::Mat::ones(11, 11, CV_8U);
  cv::dilate(most, wide_high, square);
  cv::erode(least, wide_low, square);
  cv::resize(chroma, tints, middle.size(), 0, 0, cv::INTER_NEAREST);
  for (int y = 0; y < middle.rows; ++y) {
    const auto *a = most.ptr<std::uint8_t>(y), *b = least.ptr<std::uint8_t>(y),
               *m = middle.ptr<std::uint8_t>(y);
    const auto *wa = wide_high.ptr<std::uint8_t>(y), *wb = wide_low.ptr<std::uint8_t>(y);
    const auto* tint = tints.ptr<std::uint8_t>(y);
    auto* to = out.ptr<std::int16_t>(y);
    for (int x = 0; x < middle.cols; ++x) {
      const float width =
          static_cast<float>(kPointChroma) * static_cast<float>(tint[x]) + static_cast<float>(0.45 * levels) +
          static_cast<float>(kPointRange) * static_cast<float>(a[x] - b[x]) +
          static_cast<float>(kPointWideRange) * static_cast<float>(wa[x] - wb[x]) + 3 * Tone::lift(m[x]);
      to[x] = static_cast<std::int16_t>(1024 / std::max(width, 4.0f));
    }
  }
  return out;
}

// Lenses blur light, not coded values: a narrow gap between black bars comes out far brighter than the mean
// of the coded levels. sRGB's curve stands for all cameras'.
const cv::Mat& to_linear() {
  static const cv::Mat table = [] {
    cv::Mat t(1, 256, CV_16U);
    for (int i = 0; i < 256; ++i) {
      const double v = i / 255.0, light = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
      t.at<std::uint16_t>(0, i) = static_cast<std::uint16_t>(std::lround(65535 * light));
    }
    return t;
  }();
  return table;
}

const std::vector<std::uint8_t>& to_coded() {
  static const std::vector<std::uint8_t> table = [] {
    std::vector<std::uint8_t> t(65536);
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double light = static_cast<double>(i) / 65535,
                   v = light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
      t[i] = static_cast<std::uint8_t>(std::clamp(std::lround(255 * v), 0L, 255L));
    }
    return t;
  }();
  return table;
}

// `linear`: blurred as light is.
cv::Mat blurred(const cv::Mat& plane, double sigma_px, bool linear) {
  cv::Mat out;
  if (!linear) {
    cv::GaussianBlur(plane, out, {0, 0}, sigma_px, sigma_px, cv::BORDER_REPLICATE);
    return out;
  }
  const auto& coded = to_coded();
  cv::Mat light;
  cv::LUT(plane, to_linear(), light);
  cv::GaussianBlur(light, light, {0, 0}, sigma_px, sigma_px, cv::BORDER_REPLICATE);
  out.create(light.size(), CV_8U);
  for (int y = 0; y < light.rows; ++y) {
    const auto* from = light.ptr<std::uint16_t>(y);
    auto* to = out.ptr<std::uint8_t>(y);
    for (int x = 0; x < light.cols; ++x) to[x] = coded[from[x]];
  }
  return out;
}

// Direct variation model (HALCON's variation_model, mode "direct"): the limits at a pixel are the values the
// face takes within the register tolerance, widened by a share of that range (blur, raster) and by the noise
// levels.
struct BandRule {
  float share, levels, range_share;
};

KTP_ROW_KERNEL void limits_row(const std::uint8_t* __restrict middle, const std::uint8_t* __restrict most,
                               const std::uint8_t* __restrict least, const float* __restrict factor,
                               int width, const BandRule& rule, std::uint8_t* __restrict low,
                               std::uint8_t* __restrict high, std::int16_t* __restrict scale) {
  // What the glare's fit leaves over lifts black and hardly anything else.
  constexpr float kGlareLevels = 9;
  const float share = rule.share, levels = rule.levels, range_share = rule.range_share;
  for (int x = 0; x < width; ++x) {
    const auto m = static_cast<float>(middle[x]), a = static_cast<float>(most[x]),
               b = static_cast<float>(least[x]);
    const float range = a - b, extra = factor[x] * (levels + range_share * range);
    const float q = 1 / (1 + m * (1.0f / Tone::kLiftLevels)), lift = kGlareLevels * q * q;
    float up = m + (a - m) * share + extra + lift + 0.5f, down = m - (m - b) * share - extra + 0.5f;
    up = up > 255 ? 255 : up;
    down = down < 0 ? 0 : down;
    float half = extra + 0.5f * share * range;
    half = (half < 8 ? 8 : half) + lift;
    high[x] = static_cast<std::uint8_t>(static_cast<int>(up));
    low[x] = static_cast<std::uint8_t>(static_cast<int>(down));
    scale[x] = static_cast<std::int16_t>(static_cast<int>(1024 / half));
  }
}

// How far the print may lie beside its place.
struct RegisterWindow {
  RegisterWindow(const Profile& profile, double px_per_mm) {
    const double reach = profile.register_tolerance_mm * px_per_mm;
    const int radius = std::max(1, static_cast<int>(std::ceil(reach)));
    kernel = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
    share = reach / radius;  // the window is whole pixels, the tolerance is not
  }
  cv::Mat kernel;
  double share = 1;
};

Band::Limits make_limits(const std::array<cv::Mat, 3>& middle, const Profile& profile, double px_per_mm) {
  Band::Limits limits;
  const RegisterWindow window(profile, px_per_mm);
  const cv::Mat chroma = chroma_range(middle);
  const BandRule rule{static_cast<float>(window.share), static_cast<float>(profile.band_levels),
                      static_cast<float>(profile.band_range_share)};
  std::optional<LearnedBand> learned;
  if (profile.variation) learned.emplace(*profile.variation, middle[0].size());
  std::vector<float> factor(static_cast<std::size_t>(middle[0].cols), 1.0f);
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat most, least;
    cv::dilate(middle[c], most, window.kernel);
    cv::erode(middle[c], least, window.kernel);
    limits.low[c].create(middle[c].size(), CV_8U);
    limits.high[c].create(middle[c].size(), CV_8U);
    limits.scale[c].create(middle[c].size(), CV_16S);
    for (int y = 0; y < most.rows; ++y) {
      if (learned)
        learned->factors(middle[c].ptr<std::uint8_t>(y), most.ptr<std::uint8_t>(y),
                         least.ptr<std::uint8_t>(y), y, factor);
      limits_row(middle[c].ptr<std::uint8_t>(y), most.ptr<std::uint8_t>(y), least.ptr<std::uint8_t>(y),
                 factor.data(), most.cols, rule, limits.low[c].ptr<std::uint8_t>(y),
                 limits.high[c].ptr<std::uint8_t>(y), limits.scale[c].ptr<std::int16_t>(y));
    }
    limits.tight[c] = spot_scale(middle[c], most, least, chroma, profile.band_levels);
  }
  return limits;
}

Band::Cells average(const std::array<cv::Mat, 3>& middle) {
  const cv::Size cells(middle[0].cols / Reference::kCell, middle[0].rows / Reference::kCell);
  const cv::Rect covered(0, 0, cells.width * Reference::kCell, cells.height * Reference::kCell);
  cv::Mat table(1, 256, CV_32F);
  for (int v = 0; v < 256; ++v) table.at<float>(0, v) = Tone::lift(static_cast<float>(v));
  Band::Cells out;
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat small, lift;
    cv::resize(middle[c](covered), small, cells, 0, 0, cv::INTER_AREA);
    small.convertTo(out.means[c], CV_32F);
    cv::LUT(middle[c](covered), table, lift);
    cv::resize(lift, out.lift[c], cells, 0, 0, cv::INTER_AREA);
  }
  return out;
}

}  // namespace

std::vector<Band> bands_of(const std::array<cv::Mat, 3>& planes) {
  std::vector<Band> bands(2 * kBlurs.size());
  for (std::size_t i = 0; i < bands.size(); ++i) {
    Band& band = bands[i];
    band.index = static_cast<int>(i);
    band.sharp = planes;
    band.sigma_px = kBlurs[i % kBlurs.size()];
    band.linear = i >= kBlurs.size();
    band.edge_share = edge_share(blurred(planes[1], band.sigma_px, band.linear), planes[1]);
  }
  return bands;
}

const std::array<cv::Mat, 3>& Band::middle() const {
  std::call_once(middle_once_, [&] {
    for (std::size_t c = 0; c < 3; ++c) middle_[c] = blurred(sharp[c], sigma_px, linear);
  });
  return middle_;
}

const Band::Cells& Band::cells() const {
  std::call_once(cells_once_, [&] { cells_ = average(middle()); });
  return cells_;
}

const Band& Band::soft_colour(std::size_t k) const {
  std::call_once(soft_once_[k], [&] {
    auto softer = std::make_unique<Band>();
    softer->index = index, softer->soft = static_cast<int>(k);
    softer->sigma_px = sigma_px, softer->linear = linear, softer->edge_share = edge_share;
    const std::array<cv::Mat, 3>& own = middle();
    cv::Mat grey(own[0].size(), CV_8U), detail;
    for (int y = 0; y < grey.rows; ++y) {
      const std::uint8_t *r = own[0].ptr<std::uint8_t>(y), *g = own[1].ptr<std::uint8_t>(y),
                         *b = own[2].ptr<std::uint8_t>(y);
      auto* to = grey.ptr<std::uint8_t>(y);
      for (int x = 0; x < grey.cols; ++x)
        to[x] = static_cast<std::uint8_t>((77 * r[x] + 150 * g[x] + 29 * b[x] + 128) >> 8);
    }
    cv::subtract(grey, blurred(grey, kSoft[k], false), detail, cv::noArray(), CV_16S);
    std::call_once(softer->middle_once_, [&] {
      for (std::size_t c = 0; c < 3; ++c)
        cv::add(blurred(own[c], kSoft[k], false), detail, softer->middle_[c], cv::noArray(), CV_8U);
    });
    soft_[k] = std::move(softer);
  });
  return *soft_[k];
}

const Band::Limits& Band::limits(const Profile& profile, double px_per_mm) const {
  std::call_once(once_, [&] { limits_ = make_limits(middle(), profile, px_per_mm); });
  return limits_;
}

const std::array<cv::Mat, 3>& Band::point_scale(const Profile& profile, double px_per_mm) const {
  std::call_once(point_once_, [&] {
    const RegisterWindow window(profile, px_per_mm);
    const cv::Mat chroma = chroma_range(middle());
    for (std::size_t c = 0; c < 3; ++c) {
      cv::Mat most, least;
      cv::dilate(middle()[c], most, window.kernel);
      cv::erode(middle()[c], least, window.kernel);
      point_scale_[c] = scale_of_points(middle()[c], most, least, chroma, profile.band_levels);
    }
  });
  return point_scale_;
}

}  // namespace ktp::inspection
