// SPDX-License-Identifier: Apache-2.0
// The order of the stages, and what is said when one of them cannot go on.
#include "inspection/inspect.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <opencv2/imgproc.hpp>

#include "inspection/align.hpp"
#include "inspection/capture_facts.hpp"
#include "inspection/classify.hpp"
#include "inspection/compare.hpp"
#include "inspection/defects.hpp"
#include "inspection/locate.hpp"
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

// Much finer than the working frame: averaged first, so that rectifying does not alias.
cv::Mat shrink_to(const cv::Mat& photo, double px_per_mm, double card_px_per_mm) {
  const int factor = std::max(1, static_cast<int>(card_px_per_mm / px_per_mm + 0.35));
  if (factor == 1) return photo;
  cv::Mat small;
  cv::resize(photo, small, {photo.cols / factor, photo.rows / factor}, 0, 0, cv::INTER_AREA);
  return small;
}

// The whole print against the whole expectation: fading and misplacement, which the fits would otherwise
// swallow.
void measure_fits(const Reference& reference, const Alignment& alignment, const Tone& tone, Detected& whole) {
  const Limits& limits = reference.profile->limits;
  const cv::Rect all({0, 0}, reference.size);
  // Lost density d: paper stays, ink is d lighter. Black lies at offset, white at gain * 255 + offset.
  double lost = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    lost = std::max(
        lost, static_cast<double>(tone.offset[c]) / std::max(1.0f, tone.offset[c] + 255 * tone.gain[c]));
  }
  double detail = cv::mean(reference.cell_detail)[0];
  if (detail < 8) lost = 0;  // a plain face cannot tell fade from light
  const double faded = lost / limits.fade_share;
  const double offset_mm =
      std::hypot(alignment.print_offset.x, alignment.print_offset.y) / reference.px_per_mm;
  const double misplaced = alignment.tracked >= 12 ? offset_mm / limits.placement_mm : 0;
  whole.highest = std::max({whole.highest, faded, misplaced});
  whole.note("fade_share", faded);
  whole.note("placement_mm", misplaced);
  if (faded >= 1) whole.candidates.push_back({"fade", all, faded, kCardWidthMm, "", 1});
  if (misplaced >= 1) whole.candidates.push_back({"misplaced-print", all, misplaced, offset_mm, "", 1});
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

void run_detectors(const Reference& reference, const Evidence& evidence,
                   std::span<const Image> other_portraits, Detections& found, Watch& watch) {
  const cv::Rect missing =
      found.half_print.candidates.empty() ? cv::Rect() : found.half_print.candidates.front().box;
  found.ghosting = find_ghosting(reference, evidence);
  watch.lap("ghosting");
  found.lines = find_lines(reference, evidence);
  watch.lap("lines");
  found.blobs = find_blobs(reference, evidence);
  watch.lap("blobs");
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
  Outline outline = locate(given);
  watch.lap("locate");
  if (outline.state != Outline::State::found) {
    const bool cut = outline.state == Outline::State::cut_off;
    return conclude(reference, cut ? "card-cut-off" : "no-card", Verdict::review, 10, report);
  }
  const double card_px = cv::norm(outline.corners[1] - outline.corners[0]) / kCardWidthMm;
  const cv::Mat photo = shrink_to(given, reference.px_per_mm, card_px);
  for (cv::Point2f& p : outline.corners) {
    p.x *= static_cast<float>(photo.cols) / static_cast<float>(given.cols);
    p.y *= static_cast<float>(photo.rows) / static_cast<float>(given.rows);
  }
  cv::Mat grey;
  cv::cvtColor(photo, grey, cv::COLOR_RGB2GRAY);
  const Limits& limits = reference.profile->limits;
  Alignment alignment = align(reference, grey, outline.corners);
  const bool speaks = alignment.features >= 40;  // a plain face has nothing to be recognised by
  if (speaks && alignment.match() < limits.content_match) {
    std::array<cv::Point2f, 4> turned = outline.corners;
    std::rotate(turned.begin(), turned.begin() + 2, turned.end());
    Alignment other = align(reference, grey, turned);
    if (other.match() > std::max(limits.content_match, alignment.match())) {
      alignment = std::move(other);
      outline.corners = turned;
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
  cv::resize(seen, grey_half, {reference.size.width / 2, reference.size.height / 2}, 0, 0, cv::INTER_AREA);
  cv::cvtColor(grey_half, grey_half, cv::COLOR_RGB2GRAY);
  grey_half.convertTo(grey_half, CV_32F);
  CellPresence cells = presence(reference, grey_half);
  Detections found;
  if (trace) trace->match = alignment.match();
  if (speaks && alignment.match() < limits.content_match) {
    const double other = match_other_side(reference, grey, outline.corners);
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
  const Tone tone = fit_tone(reference, planes, cells.trust);
  Evidence evidence;
  watch.lap("tone");
  normalise(reference, tone, planes, evidence.planes);
  watch.lap("normalise");
  compare(reference, evidence);
  report.capture = capture_facts(reference, alignment, tone, evidence, photo.size());
  if (trace && trace->variation) trace->variation->add(reference, evidence);
  if (trace) trace->photo_px_per_working_px = card_px / reference.px_per_mm;
  if (trace) trace->blur_px = evidence.band->sigma_px;
  watch.lap("compare");
  measure_fits(reference, alignment, tone, found.whole);
  cells = presence(reference, evidence.grey);
  add_colour(reference, evidence.planes, cells);
  found.half_print = find_half_print(reference, cells);
  watch.lap("half-print");
  if (speaks && alignment.match() < limits.content_match) {
    // Too little print to align by: that it is missing is all that can be said.
    if (found.half_print.candidates.empty()) found.half_print = first;
    if (found.half_print.candidates.empty())
      return conclude(reference, "unreadable-picture", Verdict::review, 10, report);
    found.whole = {};
  } else {
    run_detectors(reference, evidence, other_portraits, found, watch);
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
