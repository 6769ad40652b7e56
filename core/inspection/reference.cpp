// SPDX-License-Identifier: Apache-2.0
#include "inspection/reference.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "inspection/colours.hpp"
#include "inspection/inspection.hpp"

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

// Corners spread over the card: at most a few a cell, so that a busy portrait does not outvote the rest.
// Working pixels, by the convention that a pixel's centre is half a pixel from its corner.
std::vector<cv::Point2f> find_features(const cv::Mat& grey, const cv::Rect& inner, int track_step) {
  cv::Mat response;
  cv::cornerMinEigenVal(grey, response, 7, 3);
  struct Candidate {
    float strength;
    cv::Point2f at;
  };
  std::vector<Candidate> all;
  const int step = 16;
  const auto scale = static_cast<float>(track_step);
  for (int y = inner.y / track_step; y + step <= (inner.y + inner.height) / track_step; y += step) {
    for (int x = inner.x / track_step; x + step <= (inner.x + inner.width) / track_step; x += step) {
      double most = 0;
      cv::Point at;
      cv::minMaxLoc(response({x, y, step, step}), nullptr, &most, nullptr, &at);
      const cv::Point2f px((static_cast<float>(x + at.x) + 0.5f) * scale,
                           (static_cast<float>(y + at.y) + 0.5f) * scale);
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

void prepare_tracking(const cv::Mat& rgb, const cv::Rect& inner, int track_step,
                      std::vector<cv::Mat>* pyramid, std::vector<cv::Point2f>* features) {
  cv::Mat grey, small;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  cv::GaussianBlur(grey, grey, {0, 0}, 0.4 * track_step);
  cv::resize(grey({0, 0, grey.cols / track_step * track_step, grey.rows / track_step * track_step}), small,
             {grey.cols / track_step, grey.rows / track_step}, 0, 0, cv::INTER_AREA);
  const cv::Mat plain = without_light(small, kLightWindow);
  *features = find_features(plain, inner, track_step);
  cv::buildOpticalFlowPyramid(plain, *pyramid, {kTrackWindow, kTrackWindow}, 3, true);
}

void prepare_cells(Reference& r, const cv::Mat& grey) {
  const cv::Size cells(r.size.width / Reference::kCell, r.size.height / Reference::kCell);
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

void prepare_colours(Reference& r) {
  constexpr int kSide = 8, kPlain = 24;  // levels within a cell of one colour
  const cv::Size half(r.size.width / 2, r.size.height / 2), cells(half.width / 4, half.height / 4);
  r.colours = cv::Mat::zeros(cells, CV_16U);
  for (int c = 0; c < 3; ++c) {
    const cv::Mat& plane = r.bands[1].middle()[static_cast<std::size_t>(c)];
    for (int y = 0; y < cells.height; ++y) {
      for (int x = 0; x < cells.width; ++x) {
        // Where the comparison's own averaging down puts the cell.
        const cv::Rect at(x * r.size.width / cells.width, y * r.size.height / cells.height, kSide, kSide);
        const cv::Mat cell = plane(at & cv::Rect({0, 0}, r.size));
        double least = 0, most = 0;
        cv::minMaxLoc(cell, &least, &most);
        auto& colour = r.colours.at<std::uint16_t>(y, x);
        if (most - least > kPlain || colour == kColourClasses) {
          colour = kColourClasses;
        } else {
          colour = static_cast<std::uint16_t>(colour * 8 + static_cast<int>(cv::mean(cell)[0]) / 32);
        }
      }
    }
  }
}

// ID-1 corners are round: a rectangle without the edge margin still leaves the card at its corners.
void prepare_clean(Reference& r) {
  constexpr double kRadiusMm = 3.18;
  const double s = r.px_per_mm / 2, margin = r.profile->edge_margin_mm;
  const auto w = static_cast<double>(r.size.width) / 2, h = static_cast<double>(r.size.height) / 2,
             radius = kRadiusMm * s;
  r.clean = cv::Mat::zeros(r.size.height / 2, r.size.width / 2, CV_8U);
  for (int y = 0; y < r.clean.rows; ++y) {
    for (int x = 0; x < r.clean.cols; ++x) {
      const double u = x + 0.5, v = y + 0.5;
      const double dx = u - std::clamp(u, radius, w - radius), dy = v - std::clamp(v, radius, h - radius);
      const double inside = dx != 0 && dy != 0 ? radius - std::hypot(dx, dy) : std::min({u, v, w - u, h - v});
      if (inside > margin * s) r.clean.at<std::uint8_t>(y, x) = 255;
    }
  }
}

void prepare_detail(Reference& r, const cv::Mat& grey) {
  cv::Mat small;
  cv::resize(grey, small, {r.size.width / 2, r.size.height / 2}, 0, 0, cv::INTER_AREA);
  small.convertTo(r.grey_half_blurred, CV_32F);
  const cv::Size quarter(r.size.width / 4, r.size.height / 4);
  for (std::size_t c = 0; c < 3; ++c)
    cv::resize(r.bands[1].middle()[c]({0, 0, quarter.width * 4, quarter.height * 4}), r.register_planes[c],
               quarter, 0, 0, cv::INTER_AREA);
  constexpr double kEdge = 28;  // levels of one colour within 1 mm
  cv::Mat range = cv::Mat::zeros(quarter, CV_8U);
  const cv::Mat square = cv::Mat::ones(3, 3, CV_8U);
  for (const cv::Mat& plane : r.register_planes) {
    cv::Mat most, least;
    cv::dilate(plane, most, square);
    cv::erode(plane, least, square);
    cv::max(range, most - least, range);
  }
  r.colours_quarter = cv::Mat::zeros(quarter, CV_16U);
  for (int y = 0; y < quarter.height; ++y)
    for (const cv::Mat& plane : r.register_planes)
      for (int x = 0; x < quarter.width; ++x) {
        auto& colour = r.colours_quarter.at<std::uint16_t>(y, x);
        colour = static_cast<std::uint16_t>(colour * 8 + plane.at<std::uint8_t>(y, x) / 32);
      }
  const cv::Mat plain = range < kEdge;
  plain.convertTo(r.plain, CV_16S, -1.0 / 255.0);
  cv::Mat numbers;
  const int count = cv::connectedComponents(plain, numbers, 4, CV_16U) - 1;
  r.plain_parts = Parts(numbers, count, streak_length(r.px_per_mm) | 1);
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
  r->bands = bands_of(r->planes);
  r->track_step = std::max(1, cvRound(r->px_per_mm / (150 / kMmPerInch)));
  prepare_tracking(rgb, r->inner, r->track_step, &r->pyramid, &r->features);
  r->sign = sign_of(rgb);
  r->rim = plan_rim(r->planes, r->px_per_mm);
  if (other_side && !other_side->image.empty() && other_side->image.channels == 3) {
    r->sign_other = sign_of(to_working(other_side->image, r->size));
    prepare_tracking(to_working(other_side->image, r->size), r->inner, r->track_step, &r->pyramid_other,
                     &r->features_other);
  }
  cv::Mat grey;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  cv::GaussianBlur(grey, grey, {0, 0}, 0.8);
  prepare_cells(*r, grey);
  prepare_colours(*r);
  prepare_clean(*r);
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
  r->make_usual_bands();
  return r;
}

}  // namespace

void Reference::make_usual_bands() const {
  const UsualBands& usual = *profile->usual;
  const auto count = static_cast<int>(bands.size());
  for (const int i : {usual.coded.load(), usual.linear.load()})
    if (i >= 0 && i < count) (void)bands[static_cast<std::size_t>(i)].cells();
  const int chosen = usual.chosen, soft = usual.soft;
  if (chosen < 0 || chosen >= count) return;
  const Band& band = bands[static_cast<std::size_t>(chosen)];
  for (int k = 0; k <= soft + 1 && soft >= 0 && k < static_cast<int>(Band::kSoft.size()); ++k)
    (void)band.soft_colour(static_cast<std::size_t>(k));
  const Band& last = soft >= 0 && soft < static_cast<int>(Band::kSoft.size())
                         ? band.soft_colour(static_cast<std::size_t>(soft))
                         : band;
  (void)last.cells();
  (void)last.limits(*profile, px_per_mm);
  if (usual.points) (void)last.point_scale(*profile, px_per_mm);
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
