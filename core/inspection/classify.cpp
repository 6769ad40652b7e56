// SPDX-License-Identifier: Apache-2.0
#include "inspection/classify.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace ktp::inspection {
namespace {

bool is_content(std::string_view kind) {
  return kind == "missing-text" || kind == "wrong-digit" || kind == "wrong-portrait" ||
         kind == "wrong-text" || kind == "wrong-card" || kind == "wrong-side";
}

bool is_unclear(std::string_view kind) {
  return kind.starts_with("unclear-");
}

bool yields(const Candidate& c) {
  return c.yields || is_unclear(c.kind);
}

bool is_spot(std::string_view kind) {
  return kind == "stain" || kind == "void";
}

bool centre_inside(const cv::Rect& inner, const cv::Rect& outer, int margin = 0) {
  const cv::Point centre(inner.x + inner.width / 2, inner.y + inner.height / 2);
  return cv::Rect(outer.x - margin, outer.y - margin, outer.width + 2 * margin, outer.height + 2 * margin)
      .contains(centre);
}

double overlap(const cv::Rect& part, const cv::Rect& of) {
  return part.area() > 0 ? static_cast<double>((part & of).area()) / part.area() : 0;
}

// Does `cause` explain `effect`?
bool explains(const Candidate& cause, const Candidate& effect, double px_per_mm) {
  if (cause.yields) return false;
  const int near = cvRound(px_per_mm);
  if (cause.kind == "half-print") {
    if (effect.kind == "half-print" || effect.kind == "wrong-portrait")
      return false;  // that one looks at what was printed
    const cv::Rect grown(cause.box.x - 2 * near, cause.box.y - 2 * near, cause.box.width + 4 * near,
                         cause.box.height + 4 * near);
    // A digit through which the print stops looks like another one.
    return is_content(effect.kind) ? (effect.box & grown).area() > 0 : overlap(effect.box, grown) > 0.5;
  }
  if (cause.kind == "ghosting") {
    return ((is_spot(effect.kind) || effect.kind == "scratch" || effect.kind == "missing-line" ||
             yields(effect)) &&
            overlap(effect.box, cause.box) > 0.4 && effect.score < 3.75 * cause.score) ||
           // A letter with another's ghost on it can look like a third one; hardly ever clearly so.
           (effect.kind == "wrong-text" && effect.score < std::min(2.0, cause.score) &&
            (effect.box & cause.box).area() > 0);
  }
  if (cause.kind == "missing-panel" || cause.kind == "wrong-panel")
    // Other colours make another's portrait of the right one. Two faults at once are rejected all the same.
    return (!is_content(effect.kind) || (effect.kind == "wrong-portrait" && cause.score > 1.2)) &&
           effect.kind != "missing-panel" && effect.kind != "wrong-panel" &&
           (effect.kind != "half-print" || cause.kind == "missing-panel");
  if (cause.kind == "misregister")
    return is_spot(effect.kind) || effect.kind == "scratch" || effect.kind == "missing-line" ||
           effect.kind == "ghosting" || yields(effect);
  if (cause.kind == "edge-chip" || cause.kind == "bent-corner") {
    const cv::Rect grown(cause.box.x - near, cause.box.y - near, cause.box.width + 2 * near,
                         cause.box.height + 2 * near);
    return (is_spot(effect.kind) || effect.kind == "scratch") && overlap(effect.box, grown) > 0.3;
  }
  if (cause.kind == "wrong-portrait" || cause.kind == "wrong-digit")
    return (!is_content(effect.kind) || yields(effect)) &&
           (centre_inside(effect.box, cause.box, near / 2) || overlap(effect.box, cause.box) > 0.5);
  if (cause.kind == "wrong-card" || cause.kind == "wrong-side") return true;
  if (cause.kind == "wrong-text")
    return (!is_content(effect.kind) || yields(effect)) && overlap(effect.box, cause.box) > 0.3;
  if (cause.kind == "scratch")
    return (is_spot(effect.kind) && overlap(effect.box, cause.box) > 0.5 && effect.size_mm < cause.size_mm) ||
           (yields(effect) && (effect.box & cause.box).area() > 0);
  if (is_spot(cause.kind)) {
    // Found at more than one scale: said once, by the one that stands out most.
    if (is_spot(effect.kind))
      return (effect.box & cause.box).area() > 0 &&
             (cause.score > effect.score ||
              (cause.score == effect.score && cause.box.area() > effect.box.area()));
    return yields(effect) && !(cause.fine && is_content(effect.kind)) && (effect.box & cause.box).area() > 0;
  }
  if (cause.kind == "missing-line")
    // A line along the whole card is about as strong in any part of it; a scratch is much stronger in its
    // own.
    return (effect.kind == "scratch" ? effect.score < 2 * cause.score
                                     : is_spot(effect.kind) || yields(effect)) &&
           overlap(effect.box, cause.box) > 0.3;
  return false;
}

// A compact stain answers to the line detector along its rim, a line's blob is long and thin.
bool stain_looks_like_line(const Candidate& stain, const Candidate& line) {
  if (!is_spot(stain.kind) || line.kind != "scratch" || (stain.box & line.box).area() == 0) return false;
  const double aspect = static_cast<double>(std::max(stain.box.width, stain.box.height)) /
                        std::max(1, std::min(stain.box.width, stain.box.height));
  return !(aspect < 2.5 && stain.fill > (stain.size_mm > 3 ? 0.35 : 0.55));
}

std::string field_at(const Reference& reference, const cv::Rect& box) {
  std::string name;
  int smallest = 0;
  for (const auto& [zone_name, zone] : reference.zones) {
    if (!centre_inside(box, zone)) continue;
    if (name.empty() || zone.area() < smallest) name = zone_name, smallest = zone.area();
  }
  return name;
}

Finding to_finding(const Reference& reference, const Candidate& c) {
  const double kx = static_cast<double>(reference.face_size.width) / reference.size.width;
  const double ky = static_cast<double>(reference.face_size.height) / reference.size.height;
  const cv::Rect box = c.box & cv::Rect({0, 0}, reference.size);
  Finding f;
  f.kind = c.kind;
  f.side = reference.side;
  f.box = {cvFloor(box.x * kx), cvFloor(box.y * ky), std::max(1, cvRound(box.width * kx)),
           std::max(1, cvRound(box.height * ky))};
  f.score = c.score;
  f.limit = 1;
  f.size_mm = c.size_mm;
  f.confidence = c.score / (1 + c.score);
  f.field = c.field.empty() ? field_at(reference, c.box) : c.field;
  return f;
}

int rank(const Candidate& c) {
  if (c.kind == "wrong-card" || c.kind == "wrong-side") return 0;
  if (is_content(c.kind)) return 1;
  if (is_unclear(c.kind)) return 3;
  return 2;
}

}  // namespace

void classify(const Reference& reference, const Detections& d, Report& report) {
  std::vector<Candidate> all;
  report.score = 0;
  for (const Detected* part :
       {&d.whole, &d.half_print, &d.ghosting, &d.digits, &d.portrait, &d.texts, &d.letters, &d.rim, &d.panels,
        &d.colours, &d.fade, &d.lines, &d.blobs, &d.spots, &d.points}) {
    report.score = std::max(report.score, part->highest);
    report.measures.insert(report.measures.end(), part->measured.begin(), part->measured.end());
    all.insert(all.end(), part->candidates.begin(), part->candidates.end());
  }
  std::vector<bool> gone(all.size(), false);
  // Lines along the rim of a compact stain, before scratches explain stains.
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (all[i].kind != "scratch" || !is_spot(all[k].kind) || (all[i].box & all[k].box).area() == 0)
        continue;
      const double rim_mm = all[i].streak ? 12 : 7;
      if (!stain_looks_like_line(all[k], all[i]) && all[i].size_mm < all[k].size_mm + rim_mm) gone[i] = true;
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (gone[i]) continue;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (i != k && !gone[k] && explains(all[i], all[k], reference.px_per_mm)) gone[k] = true;
    }
  }
  std::vector<Candidate> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(all[i]));
  }
  std::ranges::stable_sort(kept, [](const Candidate& a, const Candidate& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.score > b.score;
  });
  constexpr std::size_t kMost = 40;  // a wholly wrong card has no use for hundreds of boxes
  if (kept.size() > kMost) kept.resize(kMost);

  bool content = false, damage = false, unclear = false;
  for (const Candidate& c : kept) {
    (is_content(c.kind) ? content : is_unclear(c.kind) ? unclear : damage) = true;
    report.findings.push_back(to_finding(reference, c));
  }
  report.verdict = content   ? Verdict::mismatch
                   : damage  ? Verdict::damaged
                   : unclear ? Verdict::review
                             : Verdict::good;
}

void conclude(const Reference& reference, const char* kind, Verdict verdict, double score, Report& report) {
  Candidate c{kind, {0, 0, reference.size.width, reference.size.height}, score, kCardWidthMm, "", 1};
  report.findings = {to_finding(reference, c)};
  report.findings.front().field.clear();
  report.verdict = verdict;
  report.score = score;
}

}  // namespace ktp::inspection
