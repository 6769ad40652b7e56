// SPDX-License-Identifier: Apache-2.0
#include "inspection/reference.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "inspection/inspection.hpp"
#include "inspection/variation.hpp"

namespace ktp::inspection {

cv::Mat without_light(const cv::Mat& grey, int window_px) {
  cv::Mat local, out;
  cv::boxFilter(grey, local, CV_8U, {window_px, window_px}, {-1, -1}, true, cv::BORDER_REPLICATE);
  cv::Mat difference;
  cv::subtract(grey, local, difference, cv::noArray(), CV_16S);
  cv::Scalar mean, deviation;
  cv::meanStdDev(difference, mean, deviation);
  // A plain face has no detail to bring out: do not blow its noise up without bound.
  const double gain = 32.0 / std::max(deviation[0], 4.0);
  difference.convertTo(out, CV_8U, gain, 128);
  return out;
}

namespace {

constexpr std::array kBlurs{0.55, 0.8, 1.05, 1.3, 1.6};
constexpr std::array kGreyWeights{0.299, 0.587, 0.114};
constexpr std::size_t kMaxFeatures = 220;

cv::Mat as_mat(const ImageView& view) {
  return {view.height, view.width, view.channels == 3 ? CV_8UC3 : CV_8UC1,
          const_cast<std::uint8_t*>(view.data), view.stride};
}

cv::Rect to_px(const BoxMm& box, double px_per_mm, const cv::Size& size) {
  const int x0 = static_cast<int>(std::lround(box.x * px_per_mm)),
            y0 = static_cast<int>(std::lround(box.y * px_per_mm));
  const int x1 = static_cast<int>(std::lround((box.x + box.w) * px_per_mm));
  const int y1 = static_cast<int>(std::lround((box.y + box.h) * px_per_mm));
  return cv::Rect(x0, y0, x1 - x0, y1 - y0) & cv::Rect({0, 0}, size);
}

cv::Mat to_working(const Image& image, const cv::Size& size) {
  const cv::Mat whole = as_mat(image.view());
  if (whole.size() == size) return whole.clone();
  cv::Mat out;
  cv::resize(whole, out, size, 0, 0, cv::INTER_AREA);
  return out;
}

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

// Direct variation model (HALCON's variation_model, mode "direct"): the limits at a pixel are the values the
// face takes within the register tolerance, widened by a share of that range (blur, raster) and by the noise
// levels.
void blur_band(const std::array<cv::Mat, 3>& planes, double sigma_px, Band& band) {
  band.sigma_px = sigma_px;
  for (std::size_t c = 0; c < 3; ++c)
    cv::GaussianBlur(planes[c], band.middle[c], {0, 0}, sigma_px, sigma_px, cv::BORDER_REPLICATE);
  band.edge_share = edge_share(band.middle[1], planes[1]);
}

Band::Limits make_limits(const std::array<cv::Mat, 3>& middle, const Profile& profile, double px_per_mm) {
  Band::Limits limits;
  const double reach = profile.register_tolerance_mm * px_per_mm;
  const int radius = std::max(1, static_cast<int>(std::ceil(reach)));
  const cv::Mat kernel = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
  const double share = reach / radius;  // The window is whole pixels, the tolerance is not
  // What depends on the local range alone has 256 values: looked up, in fixed point, instead of divided out
  // for each pixel.
  constexpr int kShift = 8, kOne = 1 << kShift, kHalf = kOne / 2;
  struct ByRange {
    int extra;
    std::int16_t scale;
  };
  std::array<ByRange, 256> table{};
  for (int range = 0; range < 256; ++range) {
    const double extra = profile.band_levels + profile.band_range_share * range;
    table[static_cast<std::size_t>(range)] = {
        static_cast<int>(std::lround(extra * kOne)),
        static_cast<std::int16_t>(1024.0 / std::max(extra + 0.5 * share * range, 8.0))};
  }
  const int share_fixed = static_cast<int>(std::lround(share * kOne));
  std::optional<LearnedBand> learned;
  if (profile.variation) learned.emplace(*profile.variation, middle[0].size(), share);
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat most, least;
    cv::dilate(middle[c], most, kernel);
    cv::erode(middle[c], least, kernel);
    limits.low[c].create(middle[c].size(), CV_8U);
    limits.high[c].create(middle[c].size(), CV_8U);
    limits.scale[c].create(middle[c].size(), CV_16S);
    for (int y = 0; y < most.rows; ++y) {
      const auto* m = middle[c].ptr<std::uint8_t>(y);
      const auto* a = most.ptr<std::uint8_t>(y);
      const auto* b = least.ptr<std::uint8_t>(y);
      auto* lo = limits.low[c].ptr<std::uint8_t>(y);
      auto* hi = limits.high[c].ptr<std::uint8_t>(y);
      auto* scale = limits.scale[c].ptr<std::int16_t>(y);
      for (int x = 0; x < most.cols; ++x) {
        ByRange by = table[static_cast<std::size_t>(a[x] - b[x])];
        if (learned) learned->widen(m[x], a[x] - b[x], x, y, by.extra, by.scale);
        hi[x] = cv::saturate_cast<std::uint8_t>(
            (m[x] * kOne + (a[x] - m[x]) * share_fixed + by.extra + kHalf) >> kShift);
        lo[x] = cv::saturate_cast<std::uint8_t>(
            (m[x] * kOne - (m[x] - b[x]) * share_fixed - by.extra + kHalf) >> kShift);
        scale[x] = by.scale;
      }
    }
  }
  return limits;
}

// Corners spread over the card: at most a few a cell, so that a busy portrait does not outvote the rest.
std::vector<cv::Point2f> find_features(const cv::Mat& grey_half, const cv::Rect& inner) {
  cv::Mat response;
  cv::cornerMinEigenVal(grey_half, response, 7, 3);
  struct Candidate {
    float strength;
    cv::Point2f at;
  };
  std::vector<Candidate> all;
  const int step = 16;
  for (int y = inner.y / 2; y + step <= (inner.y + inner.height) / 2; y += step) {
    for (int x = inner.x / 2; x + step <= (inner.x + inner.width) / 2; x += step) {
      double most = 0;
      cv::Point at;
      cv::minMaxLoc(response({x, y, step, step}), nullptr, &most, nullptr, &at);
      const auto px =
          cv::Point2f(static_cast<float>(2 * (x + at.x)) + 0.5f, static_cast<float>(2 * (y + at.y)) + 0.5f);
      if (most > 2e-4) all.push_back({static_cast<float>(most), px});
    }
  }
  std::ranges::sort(all, [](const Candidate& a, const Candidate& b) { return a.strength > b.strength; });
  if (all.size() > kMaxFeatures) all.resize(kMaxFeatures);
  std::vector<cv::Point2f> points;
  points.reserve(all.size());
  for (const Candidate& c : all) points.push_back(c.at);
  return points;
}

void prepare_tracking(const cv::Mat& rgb, const cv::Rect& inner, std::vector<cv::Mat>* half,
                      std::vector<cv::Mat>* full, std::vector<cv::Point2f>* features) {
  cv::Mat grey, grey_half;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  cv::GaussianBlur(grey, grey, {0, 0}, 0.8);
  cv::resize(grey, grey_half, {grey.cols / 2, grey.rows / 2}, 0, 0, cv::INTER_AREA);
  const cv::Mat plain_half = without_light(grey_half, kLightWindowHalf);
  *features = find_features(plain_half, inner);
  cv::buildOpticalFlowPyramid(plain_half, *half, {kTrackWindow, kTrackWindow}, 3, true);
  if (full)
    cv::buildOpticalFlowPyramid(without_light(grey, kLightWindowFull), *full, {kTrackWindow, kTrackWindow}, 0,
                                true);
}

void prepare_cells(Reference& r, const cv::Mat& grey) {
  const cv::Size cells(r.size.width / Reference::kCell, r.size.height / Reference::kCell);
  const cv::Rect covered(0, 0, cells.width * Reference::kCell, cells.height * Reference::kCell);
  for (std::size_t c = 0; c < 3; ++c) {
    cv::Mat small;
    cv::resize(r.bands[1].middle[c](covered), small, cells, 0, 0, cv::INTER_AREA);
    small.convertTo(r.cell_means[c], CV_32F);
  }
  r.cell_detail.create(cells, CV_32F);
  for (int y = 0; y < cells.height; ++y) {
    for (int x = 0; x < cells.width; ++x) {
      cv::Scalar mean, deviation;
      cv::meanStdDev(grey({x * Reference::kCell, y * Reference::kCell, Reference::kCell, Reference::kCell}),
                     mean, deviation);
      r.cell_detail.at<float>(y, x) = static_cast<float>(deviation[0]);
    }
  }
}

void prepare_detail(Reference& r, const cv::Mat& grey) {
  cv::Mat small;
  cv::resize(grey, small, {r.size.width / 2, r.size.height / 2}, 0, 0, cv::INTER_AREA);
  small.convertTo(r.grey_half_blurred, CV_32F);
  r.ghosts = plan_ghosts(r.grey_half_blurred, r.px_per_mm);
}

// Zero mean and unit norm, so that a dot product is the correlation; empty for a patch without detail.
cv::Mat unit(cv::Mat patch) {
  patch -= cv::mean(patch)[0];
  const double norm = cv::norm(patch);
  return norm < 1e-3 ? cv::Mat() : cv::Mat(patch / norm);
}

void prepare_digits(Reference& r, const Face& face) {
  if (!face.atlas || face.atlas->digits.size() != 10) return;
  const double half_per_mm = r.px_per_mm / 2;
  for (const GlyphCell& glyph : face.glyphs) {
    if (glyph.character < '0' || glyph.character > '9') continue;
    DigitCell cell;
    cell.cell = to_px(glyph.cell, half_per_mm, {r.size.width / 2, r.size.height / 2});
    if (cell.cell.width < 4 || cell.cell.height < 4) continue;
    cell.expected = glyph.character - '0';
    for (std::size_t d = 0; d < 10; ++d) {
      const Image& picture = face.atlas->digits[d];
      if (picture.empty()) return;
      cv::Mat grey = as_mat(picture.view()), small;
      if (picture.channels == 3) cv::cvtColor(grey, grey, cv::COLOR_RGB2GRAY);
      cv::resize(grey, small, cell.cell.size(), 0, 0, cv::INTER_AREA);
      small.convertTo(small, CV_32F);
      cv::GaussianBlur(small, small, {3, 3}, 0.6, 0.6, cv::BORDER_REPLICATE);
      cell.templates[d] = unit(small);
      if (cell.templates[d].empty()) return;
    }
    r.digits.push_back(std::move(cell));
  }
}

// A bare picture of an expected front says nothing of its digits, but shows them: the 16 equal cells of the
// zone "nik" are sorted into shapes, and each cell has to look more like its own shape than like any other
// one on the card. A digit that is nowhere else in the NIK is left to the text check.
void learn_digits(Reference& r) {
  const auto zone = r.zones.find("nik");
  if (!r.digits.empty() || zone == r.zones.end()) return;
  constexpr int kDigits = 16;
  constexpr double kSame = 0.92;
  const cv::Rect half(zone->second.x / 2, zone->second.y / 2, zone->second.width / 2,
                      zone->second.height / 2);
  if (half.width < 6 * kDigits || half.height < 8) return;
  const int width = half.width / kDigits;
  std::array<cv::Mat, 10> shapes;
  std::size_t known = 0;
  std::vector<DigitCell> cells;
  for (int i = 0; i < kDigits; ++i) {
    DigitCell cell;
    cell.cell = {half.x + static_cast<int>(std::lround(static_cast<double>(i) * half.width / kDigits)),
                 half.y, width, half.height};
    cell.cell &= cv::Rect(0, 0, r.size.width / 2, r.size.height / 2);
    if (cell.cell.width != width) return;
    cv::Scalar mean, deviation;
    cv::meanStdDev(r.grey_half_blurred(cell.cell), mean, deviation);
    if (deviation[0] < 12) return;  // no digit stands here: this is not a line of 16
    const cv::Mat own = unit(r.grey_half_blurred(cell.cell).clone());
    std::size_t shape = 0;
    double best = -1;
    for (std::size_t k = 0; k < known; ++k) {
      for (int dx = -1; dx <= 1; ++dx) {
        const cv::Mat moved = unit(
            r.grey_half_blurred((cell.cell + cv::Point(dx, 0)) & cv::Rect({0, 0}, r.grey_half_blurred.size()))
                .clone());
        if (moved.size() != own.size()) continue;
        const double match = moved.dot(shapes[k]);
        if (match > best) best = match, shape = k;
      }
    }
    if (best < kSame) {
      if (known == shapes.size()) return;  // more than ten shapes: these are not digits
      shape = known;
      shapes[known++] = own;
    }
    cell.expected = static_cast<int>(shape);
    cells.push_back(cell);
  }
  for (DigitCell& cell : cells) {
    cell.templates = shapes;
    r.digits.push_back(std::move(cell));
  }
}

void prepare_texts(Reference& r, const cv::Mat& grey, bool nik_too) {
  const int reach =
      std::max(1, static_cast<int>(std::lround(1.2 * r.profile->register_tolerance_mm * r.px_per_mm)));
  const cv::Mat grow = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1});
  const int gap = 2 * static_cast<int>(1.3 * r.px_per_mm / 2) + 1;
  for (const auto& [name, box] : r.zones) {
    if (name == "portrait" || name == "signature" || (name == "nik" && !nik_too) || box.width < 8 ||
        box.height < 8)
      continue;
    TextField field;
    field.name = name;
    field.box = box;
    cv::morphologyEx(grey, field.paper, cv::MORPH_CLOSE, cv::Mat::ones(gap, gap, CV_8U));
    field.paper = field.paper(box).clone();
    cv::Mat depth;
    cv::subtract(field.paper, grey(box), depth);
    double deepest = 0;
    cv::minMaxLoc(depth, nullptr, &deepest);
    if (deepest < 40) continue;  // no text stands here
    field.ink = depth > 0.6 * deepest;
    cv::dilate(depth > 0.35 * deepest, field.near_ink, grow);
    field.ink_px = cv::countNonZero(field.ink);
    for (const Band& band : r.bands) {  // a blurred photograph has paler strokes
      double sum = 0;
      for (std::size_t c = 0; c < 3; ++c)
        sum += kGreyWeights[c] *
               (cv::mean(field.paper, field.ink)[0] - cv::mean(band.middle[c](box), field.ink)[0]);
      field.contrast.push_back(std::max(sum, 1.0));
    }
    r.texts.push_back(std::move(field));
  }
}

Result<std::shared_ptr<const Reference>> prepare_card(const Face& face,
                                                      std::shared_ptr<const Profile> profile,
                                                      const Face* other_side) {
  const double aspect = static_cast<double>(face.image.width) / face.image.height;
  if (std::abs(aspect / (kCardWidthMm / kCardHeightMm) - 1) > 0.02 || face.image.width < 400) {
    return fail(ErrorCode::bad_data, std::string("expected ") + to_string(face.side) + ": " +
                                         std::to_string(face.image.width) + " x " +
                                         std::to_string(face.image.height) +
                                         " pixels is not a whole ID-1 card of at least 120 dpi");
  }
  auto r = std::make_shared<Reference>();
  r->side = face.side;
  r->face_size = {face.image.width, face.image.height};
  // The picture's own width tells its resolution; a Face made of a bare picture file may not know its dpi.
  const FaceSize working = face_size(profile->working_dpi);
  r->size = face.image.width > working.width ? cv::Size(working.width, working.height) : r->face_size;
  r->px_per_mm = r->size.width / kCardWidthMm;
  const int margin = static_cast<int>(std::ceil(profile->edge_margin_mm * r->px_per_mm));
  r->inner = {margin, margin, r->size.width - 2 * margin, r->size.height - 2 * margin};
  r->profile = std::move(profile);
  const auto& layout =
      face.layout.empty() ? r->profile->zones[face.side == Side::front ? 0 : 1] : face.layout;
  for (const auto& [name, box] : layout) r->zones[name] = to_px(box, r->px_per_mm, r->size);

  const cv::Mat rgb = to_working(face.image, r->size);
  cv::split(rgb, r->planes.data());
  r->bands = std::vector<Band>(kBlurs.size());
  for (std::size_t i = 0; i < kBlurs.size(); ++i) blur_band(r->planes, kBlurs[i], r->bands[i]);
  prepare_tracking(rgb, r->inner, &r->pyramid_half, &r->pyramid_full, &r->features);
  if (other_side && !other_side->image.empty() && other_side->image.channels == 3) {
    prepare_tracking(to_working(other_side->image, r->size), r->inner, &r->pyramid_other, nullptr,
                     &r->features_other);
  }
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  cv::GaussianBlur(grey, grey, {0, 0}, 0.8);
  prepare_cells(*r, grey);
  prepare_detail(*r, grey);
  prepare_digits(*r, face);
  const bool bare = r->digits.empty();
  if (bare) learn_digits(*r);
  prepare_texts(*r, grey, bare);
  std::vector<cv::Rect> nik_cells;
  for (const DigitCell& digit : r->digits)
    nik_cells.emplace_back(2 * digit.cell.x, 2 * digit.cell.y, 2 * digit.cell.width, 2 * digit.cell.height);
  cv::Mat sharp;
  cv::cvtColor(rgb, sharp, cv::COLOR_RGB2GRAY);
  r->letters = plan_letters({r->zones.begin(), r->zones.end()}, sharp, nik_cells, face.letters);
  return r;
}

}  // namespace

const Band::Limits& Band::limits(const Profile& profile, double px_per_mm) const {
  std::call_once(once_, [&] { limits_ = make_limits(middle, profile, px_per_mm); });
  return limits_;
}

Result<std::shared_ptr<const Reference>> prepare(const Face& expected, std::shared_ptr<const Profile> profile,
                                                 const Face* other_side) {
  if (!profile) return fail(ErrorCode::internal, "prepare: no profile");
  if (expected.image.empty()) return fail(ErrorCode::bad_data, "the expected picture is empty");
  try {
    if (profile->mode == Profile::Mode::aligned) {
      auto r = std::make_shared<Reference>();
      r->side = expected.side;
      r->size = r->face_size = {expected.image.width, expected.image.height};
      r->profile = std::move(profile);
      const cv::Mat picture = as_mat(expected.image.view());
      if (picture.channels() == 3) {
        cv::cvtColor(picture, r->aligned_grey, cv::COLOR_RGB2GRAY);
      } else {
        r->aligned_grey = picture.clone();
      }
      return r;
    }
    if (expected.image.channels != 3)
      return fail(ErrorCode::bad_data, "the expected picture must have three channels");
    return prepare_card(expected, std::move(profile), other_side);
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, std::string("prepare: ") + error.what());
  }
}

}  // namespace ktp::inspection
