// SPDX-License-Identifier: Apache-2.0
// The order of the stages, and what is said when one of them cannot go on.
#include "inspection/inspect.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <opencv2/imgproc.hpp>

#include "inspection/align.hpp"
#include "inspection/block_means.hpp"
#include "inspection/capture_facts.hpp"
#include "inspection/classify.hpp"
#include "inspection/compare.hpp"
#include "inspection/defects.hpp"
#include "inspection/place.hpp"
#include "inspection/rim.hpp"
#include "inspection/sharpness.hpp"
#include "inspection/tone.hpp"
#include "inspection/variation.hpp"

namespace ktp::inspection {
namespace {

class Watch {
 public:
  explicit Watch(Trace* trace) : trace_(trace) {}
  void lap(const char* stage) {
    if (!trace_) return;
    const double now = cpu_ms();
    trace_->stages.push_back({stage, now - last_});
    last_ = now;
  }

 private:
  // The thread's own time: other work on the machine does not count.
  static double cpu_ms() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
  }
  Trace* trace_;
  double last_ = cpu_ms();
};

Image to_image(const cv::Mat& rgb, const cv::Size& size) {
  Image image(size.width, size.height);
  cv::Mat out(size, CV_8UC3, image.pixels.data());
  cv::resize(rgb, out, size, 0, 0, cv::INTER_LINEAR);
  return image;
}

// The card with a few mm of table, averaged down where it is much finer than the working frame, so that
// rectifying does not alias.
struct Region {
  cv::Mat pixels;
  cv::Point origin;  // in the photograph
  int factor = 1;    // photograph pixels a pixel
};

// `corners` become those of the result.
Region card_region(const cv::Mat& given, double px_per_mm, Corners& corners) {
  constexpr double kTableMm = 4;
  const double card_px = cv::norm(corners[1] - corners[0]) / kCardWidthMm;
  const int factor = std::max(1, static_cast<int>(card_px / px_per_mm + 0.35));
  const int rim = cvCeil(kTableMm * card_px);
  cv::Rect box = cv::boundingRect(std::vector<cv::Point2f>(corners.begin(), corners.end()));
  box = cv::Rect(box.x - rim, box.y - rim, box.width + 2 * rim, box.height + 2 * rim) &
        cv::Rect({0, 0}, given.size());
  box.width -= box.width % factor,
      box.height -= box.height % factor;  // whole means are several times as fast
  if (box.width < 16 * factor || box.height < 16 * factor) box = cv::Rect({0, 0}, given.size());
  for (cv::Point2f& p : corners) p = (p - cv::Point2f(box.tl())) * (1.0f / static_cast<float>(factor));
  if (factor == 1) return {given(box), box.tl(), 1};
  cv::Mat small;
  cv::resize(given(box), small, {box.width / factor, box.height / factor}, 0, 0, cv::INTER_AREA);
  return {small, box.tl(), factor};
}

// The whole print against the card: what the alignment would otherwise swallow.
void measure_placement(const Reference& reference, const Alignment& alignment, const RimFit& rim,
                       Detected& whole) {
  const double off_mm = std::max(std::abs(rim.print_offset_mm.x), std::abs(rim.print_offset_mm.y));
  const double score = alignment.tracked >= 12 ? off_mm / reference.profile->limits.placement_mm : 0;
  whole.highest = std::max(whole.highest, score);
  whole.note("placement_mm", score);
  if (score >= 1)
    whole.candidates.push_back({"misplaced-print", cv::Rect({0, 0}, reference.size), score, off_mm, "", 1});
}

double blank_share(const Reference& reference, const CellPresence& cells) {
  double blank = 0, all = 0;
  for (int y = 0; y < cells.blank.rows; ++y) {
    for (int x = 0; x < cells.blank.cols; ++x) {
      if (reference.cell_detail.at<float>(y, x) < 12) continue;
      blank += std::max(0.0f, cells.blank.at<float>(y, x));
      all += 1;
    }
  }
  return all > 0 ? blank / all : 0;
}

void run_detectors(const Reference& reference, const Evidence& evidence, double photo_px_per_working_px,
                   std::span<const Image> other_portraits, Detections& found, Watch& watch) {
  const cv::Rect missing =
      found.half_print.candidates.empty() ? cv::Rect() : found.half_print.candidates.front().box;
  found.ghosting = find_ghosting(reference, evidence);
  watch.lap("ghosting");
  found.lines = find_lines(reference, evidence);
  watch.lap("lines");
  found.blobs = find_blobs(reference, evidence);
  watch.lap("blobs");
  found.spots = find_spots(reference, evidence);
  watch.lap("spots");
  found.points = find_points(reference, evidence, photo_px_per_working_px);
  watch.lap("points");
  found.colours = check_register(reference, evidence);
  watch.lap("register");
  found.digits = check_digits(reference, evidence);
  found.portrait = check_portrait(reference, evidence, missing, other_portraits);
  found.texts = check_texts(reference, evidence);
  found.letters = check_letters(reference, evidence);
  watch.lap("content");
}

void inspect_card(const Reference& reference, const ImageView& photograph,
                  std::span<const Image> other_portraits, Report& report, Trace* trace) {
  Watch watch(trace);
  const cv::Mat given(photograph.height, photograph.width, CV_8UC3,
                      const_cast<std::uint8_t*>(photograph.data), photograph.stride);
  Placed placed = place_card(reference, given);
  watch.lap("locate");
  if (placed.state != Placed::State::found) {
    const char* kind = placed.state == Placed::State::cut_off     ? "card-cut-off"
                       : placed.state == Placed::State::two_cards ? "two-cards"
                                                                  : "no-card";
    return conclude(reference, kind, Verdict::review, 10, report);
  }
  Region region;
  cv::Mat& photo = region.pixels;
  cv::Mat grey;
  const Limits& limits = reference.profile->limits;
  const auto align_to = [&](Corners corners) {
    region = card_region(given, reference.px_per_mm, corners);
    placed.corners = corners;
    cv::cvtColor(photo, grey, cv::COLOR_RGB2GRAY);
    if (reference.track_step > 1) grey = block_means(grey, reference.track_step);
    return align(reference, grey, corners);
  };
  Alignment alignment = align_to(placed.corners);
  const bool speaks = alignment.features >= 40;  // a plain face has nothing to be recognised by
  if (speaks && alignment.match() < limits.content_match && !placed.by_details) {
    const Placed again = place_by_details(reference, given);
    if (again.state == Placed::State::found) {
      const Corners first = placed.corners;
      const Region first_region = std::move(region);
      const cv::Mat first_grey = std::move(grey);
      Alignment other = align_to(again.corners);
      if (other.match() > std::max(limits.content_match, alignment.match())) {
        alignment = std::move(other);
      } else {
        placed.corners = first, region = first_region, grey = first_grey;
      }
    }
  }
  watch.lap("align");
  cv::Mat seen;
  if (reference.size == reference.face_size) {
    report.rectified = Image(reference.size.width, reference.size.height);
    seen = cv::Mat(reference.size, CV_8UC3, report.rectified.pixels.data());
    rectify(photo, alignment.warp, 1, seen);
  } else {
    rectify(photo, alignment.warp, 1, seen);
    report.rectified = to_image(seen, reference.face_size);
  }
  report.align_residual_mm = alignment.residual_px / reference.px_per_mm;
  std::array<cv::Mat, 3> planes;
  cv::split(seen, planes.data());
  watch.lap("rectify");

  cv::Mat grey_half;
  cv::cvtColor(seen, grey_half, cv::COLOR_RGB2GRAY);
  grey_half = block_means(grey_half, 2);
  grey_half.convertTo(grey_half, CV_32F);
  CellPresence cells = presence(reference, grey_half);
  Detections found;
  if (trace) trace->match = alignment.match();
  if (speaks && alignment.match() < limits.content_match) {
    const double other = match_other_side(reference, grey, placed.corners);
    if (other > std::max(limits.content_match, alignment.match()))
      return conclude(reference, "wrong-side", Verdict::mismatch, 10, report);
    if (blank_share(reference, cells) < 0.5)
      return conclude(reference, "wrong-card", Verdict::mismatch, 10, report);
  }
  // Where the print is missing the tone must not be fitted, or it explains the blank by light.
  const Detected first = find_half_print(reference, cells);
  if (!first.candidates.empty()) {
    const cv::Rect box = first.candidates.front().box;
    const cv::Rect area(box.x / Reference::kCell, box.y / Reference::kCell, box.width / Reference::kCell,
                        box.height / Reference::kCell);
    cells.trust(area & cv::Rect({0, 0}, cells.trust.size())).setTo(0);
  }
  watch.lap("presence");
  const CellMeans means = cell_means(planes);
  const Tone start = fit_tone(reference, reference.bands[1], means, cells.trust);
  Tone tone = start;
  Evidence evidence;
  watch.lap("tone");
  normalise_samples(reference.bands[1], start, planes, evidence.planes);
  // How sharp a photograph is can be told when its tone is known, and its tone when its sharpness is. Whether
  // a lens blurred the light or a program the coded values looks much like a change of tone: fine dark print
  // comes out lighter. So either is fitted with a tone of its own, and the nearer one is it.
  const double share = edge_share(reference, evidence.planes);
  double nearest = -1;
  UsualBands& usual = *reference.profile->usual;
  for (const bool linear : {false, true}) {
    const Band* band = &band_as_sharp(reference, share, linear);
    Tone its = fit_tone(reference, *band, means, cells.trust, &start);
    normalise_samples(*band, its, planes, evidence.planes);
    (linear ? usual.linear : usual.coded) = band->index;
    band = &band_as_sharp(reference, edge_share(reference, evidence.planes), linear);
    const double off = distance(reference, *band, evidence.planes);
    if (nearest < 0 || off < nearest) nearest = off, tone = its, evidence.band = band;
  }
  normalise(*evidence.band, tone, planes, evidence.planes);
  evidence.band = &band_as_colourful(reference, *evidence.band, evidence.planes);
  usual.chosen = evidence.band->index, usual.soft = evidence.band->soft;
  watch.lap("normalise");
  compare(reference, evidence);
  if (trace && trace->variation) trace->variation->add(reference, evidence);
  const double photo_px_per_working_px =
      cv::norm(placed.corners[1] - placed.corners[0]) * region.factor / kCardWidthMm / reference.px_per_mm;
  if (trace) trace->photo_px_per_working_px = photo_px_per_working_px;
  if (trace) trace->blur_px = evidence.band->sigma_px;
  watch.lap("compare");
  const cv::Mat strip = rim_strip(reference, photo, alignment.warp);
  const RimFit rim = fit_rim(reference.rim, strip);
  measure_placement(reference, alignment, rim, found.whole);
  const Frame frame{region.origin, region.factor, given.size()};
  report.capture = capture_facts(reference, alignment, rim, tone, evidence, frame);
  if (alignment.match() >= limits.content_match) find_rim_damage(reference, strip, rim, tone, found.rim);
  watch.lap("rim");
  found.panels = check_panels(reference, *evidence.band, means);
  const auto lost = lost_density(reference, *evidence.band, tone, means);
  if (trace && trace->variation) trace->variation->add(lost);
  found.fade = find_fade(reference, *evidence.band, tone, means, lost);
  watch.lap("panels");
  cells = presence(reference, evidence.grey);
  add_colour(*evidence.band, cell_means(evidence.planes), cells);
  found.half_print = find_half_print(reference, cells);
  watch.lap("half-print");
  if (speaks && alignment.match() < limits.content_match) {
    // Too little print to align by: that it is missing is all that can be said.
    if (found.half_print.candidates.empty()) found.half_print = first;
    if (found.half_print.candidates.empty())
      return conclude(reference, "unreadable-picture", Verdict::review, 10, report);
    found.whole = found.panels = found.fade = {};
  } else {
    run_detectors(reference, evidence, photo_px_per_working_px, other_portraits, found, watch);
  }
  for (const auto& [limit, part] :
       std::initializer_list<std::pair<const char*, Detected*>>{{"half_print_mm2", &found.half_print},
                                                                {"ghosting_strength", &found.ghosting},
                                                                {"digit_margin", &found.digits},
                                                                {"portrait_disagreement", &found.portrait},
                                                                {"text_share", &found.texts},
                                                                {"letter_difference", &found.letters}})
    part->note(limit, part->highest);
  classify(reference, found, report);
  watch.lap("classify");
  if (trace) {
    trace->measures = {{"half-print", found.half_print.highest},
                       {"ghosting", found.ghosting.highest},
                       {"lines", found.lines.highest},
                       {"blobs", found.blobs.highest},
                       {"digits", found.digits.highest},
                       {"portrait", found.portrait.highest},
                       {"texts", found.texts.highest},
                       {"letters", found.letters.highest},
                       {"rim", found.rim.highest},
                       {"spots", found.spots.highest},
                       {"points", found.points.highest},
                       {"register", found.colours.highest},
                       {"panels", found.panels.highest},
                       {"fade", found.fade.highest},
                       {"whole", found.whole.highest}};
  }
}

}  // namespace

Report inspect_traced(const Reference& reference, const ImageView& photograph, Trace* trace,
                      std::span<const Image> other_portraits) {
  Report report;
  try {
    if (photograph.empty() || (photograph.channels != 1 && photograph.channels != 3)) {
      conclude(reference, "unreadable-picture", Verdict::review, 10, report);
    } else if (reference.profile->mode == Profile::Mode::aligned) {
      inspect_aligned(reference, photograph, report);
    } else if (photograph.channels != 3) {
      conclude(reference, "unreadable-picture", Verdict::review, 10, report);
    } else {
      inspect_card(reference, photograph, other_portraits, report, trace);
    }
  } catch (const std::exception&) {
    // Out of memory or a case OpenCV refuses: nobody has judged this card.
    report = Report{};
    conclude(reference, "unreadable-picture", Verdict::review, 10, report);
  }
  return report;
}

Report inspect(const Reference& reference, const ImageView& photograph,
               std::span<const Image> other_portraits) {
  return inspect_traced(reference, photograph, nullptr, other_portraits);
}

}  // namespace ktp::inspection
