// SPDX-License-Identifier: Apache-2.0
// Wrong content, letter by letter. The expected character is fitted to what is seen in its cell by offset,
// gain, shift and sharpness, all linear (least squares on the face, its two derivatives and its Laplacian;
// Lucas and Kanade 1981 with one more term). What the fit leaves over, averaged over three by three pixels
// and measured in the ink's own contrast, says whether a stroke is there that should not be or is missing;
// then the other characters may try to explain the cell better. Only if one does it is other content; what
// nothing explains is left for damage to explain, or for a person.
#include "inspection/letters.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr int kRim = 2;    // working pixels round a character that belong to it
constexpr int kField = 6;  // working pixels round a field that are looked at as well
constexpr double kLeastContrast = 40;
constexpr double kExplained = 0.3;  // what another character may leave over and still be said to stand there
constexpr double kUnclear = 1.4;    // of the limit, for a letter that no other explains
constexpr double kSubstance =
    0.36;  // what the expected one has to leave over: a ghost of the print stays below
constexpr double kStranger = 0.35;  // what a character may leave over to be recognised where none is expected

// ---- before the card arrives

std::vector<cv::Rect> components(const cv::Mat& ink) {
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(ink, labels, stats, centres, 8, CV_32S);
  std::vector<cv::Rect> boxes;
  for (int i = 1; i < count; ++i) {
    if (stats.at<int>(i, cv::CC_STAT_AREA) < 3) continue;
    boxes.emplace_back(stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                       stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT));
  }
  return boxes;
}

// Parts that stand over each other in one line are one character: the dots of a colon.
void join_parts(std::vector<cv::Rect>& boxes, int cap_height) {
  for (bool joined = true; joined;) {
    joined = false;
    for (std::size_t a = 0; a < boxes.size() && !joined; ++a) {
      for (std::size_t b = a + 1; b < boxes.size() && !joined; ++b) {
        const cv::Rect &p = boxes[a], &q = boxes[b];
        const int across = std::min(p.br().x, q.br().x) - std::max(p.x, q.x);
        const int gap = std::max(p.y, q.y) - std::min(p.br().y, q.br().y);
        if (across < 1 || gap > cap_height * 2 / 5) continue;
        boxes[a] |= boxes[b];
        boxes.erase(boxes.begin() + static_cast<std::ptrdiff_t>(b));
        joined = true;
      }
    }
  }
}

int usual_height(const std::vector<cv::Rect>& boxes) {
  std::vector<int> heights;
  int most = 0;
  for (const cv::Rect& b : boxes) most = std::max(most, b.height);
  for (const cv::Rect& b : boxes)
    if (b.height > most / 2) heights.push_back(b.height);
  if (heights.empty()) return 0;
  std::ranges::nth_element(heights, heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2));
  return heights[heights.size() / 2];
}

bool same_line(const cv::Rect& a, const cv::Rect& b) {
  return std::min(a.br().y, b.br().y) - std::max(a.y, b.y) > 0;
}

void set_windows(LetterField& field, const cv::Rect& frame) {
  for (LetterCell& cell : field.cells) {
    int left = cell.ink.x - kRim, right = cell.ink.br().x + kRim;
    for (const LetterCell& other : field.cells) {
      if (&other == &cell || !same_line(cell.ink, other.ink)) continue;
      if (other.ink.br().x <= cell.ink.x) left = std::max(left, (other.ink.br().x + cell.ink.x) / 2);
      if (other.ink.x >= cell.ink.br().x) right = std::min(right, (cell.ink.br().x + other.ink.x + 1) / 2);
    }
    // Up and down as far as a tail or an accent would reach; lower marks get the height of a letter.
    const int low = cell.ink.br().y + kRim + 2,
              high = std::min(cell.ink.y - kRim, low - field.cap_height - 2 * kRim - 2);
    cell.window = cv::Rect(left, high, right - left, low - high) & frame;
  }
}

// ---- the photograph

struct Fit {
  double gain = 0, missing = 0, extra = 0,
         energy = 0;  // missing and extra: shares of the contrast, at least 0
  bool whole = false;
  [[nodiscard]] double worst() const { return std::max(missing, extra); }
};

// What the fit of `face` (float, with a pixel of rim on every side of the window) to `seen` leaves over.
class Fitter {
 public:
  explicit Fitter(double contrast) : contrast_(contrast) {}

  Fit operator()(const cv::Mat& seen, const cv::Mat& face, const cv::Rect& window, cv::Point start = {}) {
    Fit fit;
    cv::Point by = start;
    const cv::Rect frame(1, 1, face.cols - 2, face.rows - 2);
    for (int round = 0; round < 3; ++round) {
      const cv::Rect from = window + by;
      if ((from & frame) != from || from.width > kWidest || from.empty()) return fit;
      const auto [dx, dy] = solve(seen(window), face, from);
      const cv::Point next =
          by + cv::Point(cvRound(std::clamp(dx, -2.0, 2.0)), cvRound(std::clamp(dy, -2.0, 2.0)));
      if (next == by || std::abs(next.x - start.x) > 3 || std::abs(next.y - start.y) > 3) break;
      if (round < 2) by = next;
    }
    measure(seen(window), face, window + by, fit);
    return fit;
  }

 private:
  static constexpr int kTerms = 5;
  static constexpr int kLanes = 8;
  static constexpr int kWidest = 256;  // pixels of a window; wider cells are no characters

  // One row of the five terms, filled up with zeros to whole lanes.
  struct Row {
    alignas(32) float t[kTerms][kWidest];
    alignas(32) float seen[kWidest];
    int padded = 0;
  };

  static void fill(const cv::Mat& seen, const cv::Mat& face, const cv::Rect& from, int y, Row& row) {
    const float* __restrict a = face.ptr<float>(from.y + y - 1) + from.x, * __restrict h = face.ptr<float>(from.y + y) + from.x, * __restrict b = face.ptr<float>(from.y + y + 1) + from.x, * __restrict s = seen.ptr<float>(y);
    const int width = from.width;
    for (int x = 0; x < width; ++x) {
      row.t[0][x] = 1;
      row.t[1][x] = h[x];
      row.t[2][x] = 0.5f * (h[x + 1] - h[x - 1]);
      row.t[3][x] = 0.5f * (b[x] - a[x]);
      row.t[4][x] = h[x + 1] + h[x - 1] + a[x] + b[x] - 4 * h[x];
      row.seen[x] = s[x];
    }
    row.padded = (width + kLanes - 1) / kLanes * kLanes;
    for (int x = width; x < row.padded; ++x) {
      for (auto& term : row.t) term[x] = 0;
      row.seen[x] = 0;
    }
  }

  std::pair<double, double> solve(const cv::Mat& seen, const cv::Mat& face, const cv::Rect& from) {
    // Sums in lanes, so that the compiler may use vectors without reordering additions.
    alignas(32) float sums[kTerms][kTerms][kLanes] = {};
    alignas(32) float right[kTerms][kLanes] = {};
    Row row;
    for (int y = 0; y < from.height; ++y) {
      fill(seen, face, from, y, row);
      for (int i = 0; i < kTerms; ++i) {
        for (int k = i; k < kTerms; ++k)
          for (int x = 0; x < row.padded; x += kLanes)
            for (int l = 0; l < kLanes; ++l) sums[i][k][l] += row.t[i][x + l] * row.t[k][x + l];
        for (int x = 0; x < row.padded; x += kLanes)
          for (int l = 0; l < kLanes; ++l) right[i][l] += row.t[i][x + l] * row.seen[x + l];
      }
    }
    cv::Matx<double, kTerms, kTerms> m;
    cv::Vec<double, kTerms> v;
    const auto total = [](const float* lanes) {
      double sum = 0;
      for (int l = 0; l < kLanes; ++l) sum += lanes[l];
      return sum;
    };
    for (int i = 0; i < kTerms; ++i) {
      for (int k = i; k < kTerms; ++k) m(i, k) = m(k, i) = total(sums[i][k]);
      v[i] = total(right[i]);
    }
    for (int i = 0; i < kTerms; ++i) m(i, i) += 1e-3 + 1e-5 * m(i, i);
    cv::solve(m, v, by_, cv::DECOMP_CHOLESKY);
    // A sharpness far off is a fit to something else than this character.
    by_[4] = std::clamp(by_[4], -0.3, 0.5);
    const double gain = std::max(by_[1], 0.3);
    return {by_[2] / gain, by_[3] / gain};
  }

  void measure(const cv::Mat& seen, const cv::Mat& face, const cv::Rect& from, Fit& fit) const {
    fit.whole = true;
    fit.gain = by_[1];
    // Pale print is found elsewhere; a gain far off would explain a missing or a doubled stroke away.
    const double gain = std::clamp(by_[1], 0.7, 1.3);
    double paper_face = 0, paper_seen = 0;
    if (gain != by_[1]) {  // then the offset is the paper's
      cv::minMaxLoc(face(from), nullptr, &paper_face);
      cv::minMaxLoc(seen, nullptr, &paper_seen);
    }
    const double offset = gain == by_[1] ? by_[0] : paper_seen - gain * paper_face;
    const std::array<float, kTerms> k{static_cast<float>(offset), static_cast<float>(gain),
                                      static_cast<float>(by_[2]), static_cast<float>(by_[3]),
                                      static_cast<float>(by_[4])};
    cv::Mat rest(from.size(), CV_32F);
    Row row;
    for (int y = 0; y < from.height; ++y) {
      fill(seen, face, from, y, row);
      float* __restrict r = rest.ptr<float>(y);
      for (int x = 0; x < from.width; ++x)
        r[x] = row.seen[x] -
               (k[0] + k[1] * row.t[1][x] + k[2] * row.t[2][x] + k[3] * row.t[3][x] + k[4] * row.t[4][x]);
    }
    fit.energy = rest.dot(rest);
    cv::blur(rest, rest, {3, 3}, {-1, -1}, cv::BORDER_REPLICATE);
    double most_extra = 0, most_missing = 0;
    cv::minMaxLoc(rest, &most_extra, &most_missing);
    fit.missing = std::max(0.0, most_missing / contrast_);
    fit.extra = std::max(0.0, -most_extra / contrast_);
  }

  double contrast_;
  cv::Vec<double, kTerms> by_{};
};

// Where cells of a field are otherwise than expected in one way.
struct Place {
  cv::Rect box;
  double score = 0;
  void add(const cv::Rect& cell, double cell_score) {
    box = score > 0 ? box | cell : cell;
    score = std::max(score, cell_score);
  }
};

cv::Mat grey_of(const std::array<cv::Mat, 3>& planes, const cv::Rect& box) {
  cv::Mat grey(box.size(), CV_32F);
  for (int y = 0; y < box.height; ++y) {
    const auto* r = planes[0].ptr<std::uint8_t>(box.y + y) + box.x;
    const auto* g = planes[1].ptr<std::uint8_t>(box.y + y) + box.x;
    const auto* b = planes[2].ptr<std::uint8_t>(box.y + y) + box.x;
    float* to = grey.ptr<float>(y);
    for (int x = 0; x < box.width; ++x)
      to[x] = 0.299f * static_cast<float>(r[x]) + 0.587f * static_cast<float>(g[x]) +
              0.114f * static_cast<float>(b[x]);
  }
  return grey;
}

// The atlas's letters at a field's size and the photograph's sharpness: 0 paper .. 1 ink, with the row of the
// base line.
struct Alphabet {
  std::vector<cv::Mat> shapes;  // trimmed to the ink across, whole height
  int baseline = 0;
};

Alphabet alphabet_for(const LetterAtlas& atlas, double cap_height, double sigma) {
  Alphabet made;
  const double scale = cap_height / std::max(1, atlas.cap_height_px);
  int foot = 0;
  for (const auto& [letter, picture] : atlas.letters) {
    const cv::Mat whole(picture.height, picture.width, CV_8U,
                        const_cast<std::uint8_t*>(picture.pixels.data()));
    cv::Mat ink, small;
    cv::subtract(cv::Scalar(255), whole, ink);
    ink.convertTo(ink, CV_32F, 1.0 / 255);
    cv::resize(ink, small, {std::max(2, cvRound(ink.cols * scale)), std::max(2, cvRound(ink.rows * scale))},
               0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    cv::Mat columns, rows;
    cv::reduce(small, columns, 0, cv::REDUCE_MAX);
    int left = 0, right = small.cols - 1;
    while (left < right && columns.at<float>(left) < 0.3f) ++left;
    while (right > left && columns.at<float>(right) < 0.3f) --right;
    if (letter == 'H') {
      cv::reduce(small, rows, 1, cv::REDUCE_MAX);
      foot = small.rows - 1;
      while (foot > 0 && rows.at<float>(foot) < 0.5f) --foot;
      ++foot;
    }
    cv::Mat shape = small.colRange(left, right + 1).clone();
    cv::copyMakeBorder(shape, shape, 0, 0, 4, 4, cv::BORDER_CONSTANT, 0);
    cv::GaussianBlur(shape, shape, {0, 0}, sigma);
    made.shapes.push_back(shape);
  }
  made.baseline = foot;
  return made;
}

// The height of a field's capitals is known to whole pixels only: a little more and less are tried as well.
std::vector<Alphabet> alphabets_for(const Reference& reference, const LetterField& field, double sigma) {
  std::vector<Alphabet> made;
  for (const double off : {0.0, -0.4, 0.4})
    made.push_back(alphabet_for(*reference.letters.atlas, field.cap_height + off, sigma));
  return made;
}

// How well the best other character explains the window; energy -1 without any.
Fit best_other(const std::vector<Alphabet>& alphabets, const cv::Mat& seen, const cv::Mat& expected,
               const cv::Rect& window, const cv::Rect& ink, double contrast, double cap_height) {
  Fit best;
  best.energy = -1;
  double paper = 0;
  cv::minMaxLoc(expected(window), nullptr, &paper);
  // A mark may hang below the base line (comma) or stand above it (dash): the line's foot, not the cell's.
  const int foot = ink.height > 0.8 * cap_height ? ink.br().y : window.br().y - kRim - 2;
  Fitter fitter(contrast);
  for (const Alphabet& alphabet : alphabets) {
    for (const cv::Mat& shape : alphabet.shapes) {
      cv::Mat drawn(seen.size(), CV_32F, cv::Scalar(paper));
      const int width = shape.cols - 8;
      const int x = ink.x + (ink.width - width) / 2 - 4, y = foot - alphabet.baseline;
      const cv::Rect to = cv::Rect(x, y, shape.cols, shape.rows) & cv::Rect({0, 0}, drawn.size());
      if (to.empty()) continue;
      drawn(to) -= contrast * shape(to - cv::Point(x, y));
      // The expected character itself is no other.
      const cv::Mat a = drawn(window), b = expected(window);
      cv::Scalar ma, mb, sa, sb;
      cv::meanStdDev(a, ma, sa);
      cv::meanStdDev(b, mb, sb);
      const double n = static_cast<double>(a.total());
      const double like = sa[0] * sb[0] > 1e-6 ? (a.dot(b) / n - ma[0] * mb[0]) / (sa[0] * sb[0]) : 0;
      if (like > 0.985) continue;
      for (const int dx : {-2, 2}) {
        const Fit fit = fitter(seen, drawn, window, {dx, 0});
        if (fit.whole && (best.energy < 0 || fit.energy < best.energy)) best = fit;
      }
    }
  }
  return best;
}

// Characters where the field has none: ink of a letter's height on one of the field's lines, clear of its
// cells.
std::vector<cv::Rect> strangers(const LetterField& field, const cv::Mat& seen, const cv::Mat& expected,
                                cv::Point corner, double contrast) {
  // Full ink only: a ghost of the print is paler.
  cv::Mat extra = expected - seen > 0.55 * contrast;
  for (const LetterCell& cell : field.cells) extra(cell.window - corner).setTo(0);
  std::vector<cv::Rect> found;
  if (cv::countNonZero(extra) < 0.6 * field.cap_height) return found;  // not even one stroke's height
  for (const cv::Rect& box : components(extra)) {
    const bool letter = box.height >= 0.6 * field.cap_height && box.height <= 1.4 * field.cap_height &&
                        box.width <= 1.5 * field.cap_height && box.width >= 1;
    const bool in_line = std::ranges::any_of(field.cells, [&](const LetterCell& cell) {
      return cell.ink.height > 0.8 * field.cap_height &&
             std::abs((cell.ink - corner).br().y - box.br().y) <= 2;
    });
    if (letter && in_line) found.push_back(box);
  }
  return found;
}

}  // namespace

LetterPlan plan_letters(const std::vector<std::pair<std::string, cv::Rect>>& zones, const cv::Mat& grey,
                        const std::vector<cv::Rect>& nik_cells, std::shared_ptr<const LetterAtlas> atlas) {
  LetterPlan plan;
  plan.atlas = std::move(atlas);
  const cv::Rect frame({0, 0}, grey.size());
  for (const auto& [name, zone] : zones) {
    if (name == "portrait" || name == "signature" || zone.width < 8 || zone.height < 8) continue;
    LetterField field;
    field.name = name;
    field.box =
        cv::Rect(zone.x - kField, zone.y - kField, zone.width + 2 * kField, zone.height + 2 * kField) & frame;
    cv::Mat paper, depth;
    const int gap = 2 * (zone.height / 5) + 7;
    cv::morphologyEx(grey(field.box), paper, cv::MORPH_CLOSE, cv::Mat::ones(gap, gap, CV_8U));
    cv::subtract(paper, grey(field.box), depth);
    double deepest = 0;
    const cv::Point corner = field.box.tl();
    const cv::Rect inside = zone - corner;
    cv::minMaxLoc(depth(inside), nullptr, &deepest);
    if (deepest < kLeastContrast) continue;
    // Ink that begins outside the zone is a neighbour's.
    cv::Mat ink = cv::Mat::zeros(depth.size(), CV_8U);
    cv::Mat(depth(inside) > 0.5 * deepest).copyTo(ink(inside));
    std::vector<cv::Rect> boxes;
    if (name == "nik" && !nik_cells.empty()) {
      for (const cv::Rect& cell : nik_cells) {
        const cv::Rect at = (cell - corner) & inside;
        if (at.empty() || cv::countNonZero(ink(at)) < 4) continue;
        cv::Rect tight = cv::boundingRect(ink(at));
        boxes.push_back(tight + at.tl());
      }
    } else {
      boxes = components(ink);
      const int height = usual_height(boxes);
      join_parts(boxes, height);
    }
    if (boxes.empty()) continue;
    field.cap_height = usual_height(boxes);
    for (const cv::Rect& box : boxes) field.cells.push_back({box + corner, {}, deepest});
    set_windows(field, field.box);
    plan.fields.push_back(std::move(field));
  }
  return plan;
}

Detected check_letters(const Reference& reference, const Evidence& evidence) {
  Detected out;
  const double limit = reference.profile->limits.letter_difference;
  for (const LetterField& field : reference.letters.fields) {
    // A pixel more on every side for the derivatives, where the frame has it.
    const cv::Rect frame({0, 0}, reference.size);
    const cv::Rect area =
        cv::Rect(field.box.x - 4, field.box.y - 4, field.box.width + 8, field.box.height + 8) & frame;
    const cv::Mat seen = grey_of(evidence.planes, area), expected = grey_of(evidence.band->middle(), area);
    std::vector<Alphabet> alphabets;
    Place wrong, exchanged, gone, unclear;
    double usual_contrast = 0;
    for (const LetterCell& cell : field.cells) {
      const cv::Rect window = cell.window - area.tl();
      // The contrast that this sharpness leaves.
      double darkest = 0, paper = 0;
      cv::minMaxLoc(expected(window), &darkest, &paper);
      const double contrast = std::max(paper - darkest, 0.4 * cell.contrast);
      usual_contrast = std::max(usual_contrast, contrast);
      const Fit fit = Fitter(contrast)(seen, expected, window);
      if (!fit.whole) continue;  // at the card's rim
      const double score = fit.worst() / limit;
      out.highest = std::max(out.highest, std::min(score, 0.99));
      if (score < 1) continue;
      // A stroke too many beside one too few: no single damage does that, but two may.
      const bool swapped = fit.missing > 0.5 && fit.extra > 0.5;
      double lightest = 0, deepest = 0;
      cv::Mat smooth;
      cv::blur(seen(window), smooth, {3, 3});
      cv::minMaxLoc(smooth, &deepest, &lightest);
      const bool blank = lightest - deepest < 0.5 * contrast;
      bool other = false;
      if (!blank && fit.worst() > kSubstance && reference.letters.atlas && field.cap_height >= 6) {
        if (alphabets.empty()) alphabets = alphabets_for(reference, field, evidence.band->sigma_px);
        const Fit best =
            best_other(alphabets, seen, expected, window, cell.ink - area.tl(), contrast, field.cap_height);
        other = best.energy >= 0 && best.energy < 0.5 * fit.energy && best.worst() < 0.65 * fit.worst() &&
                best.worst() < kExplained && best.gain > 0.6 && best.gain < 1.4;
      }
      Place& place = other ? wrong : blank ? gone : swapped ? exchanged : unclear;
      // What no other letter explains has to be further off before a person is asked: a soft lens does that
      // much.
      if (&place != &unclear)
        place.add(cell.window, score);
      else if (score >= kUnclear)
        place.add(cell.window, score / kUnclear);
    }
    if (reference.letters.atlas && field.cap_height >= 6 && field.name != "nik" && !field.cells.empty()) {
      const double contrast = usual_contrast;
      for (const cv::Rect& box : strangers(field, seen, expected, area.tl(), contrast)) {
        const cv::Rect window =
            cv::Rect(box.x - kRim, box.y - kRim, box.width + 2 * kRim, box.height + 2 * kRim) &
            cv::Rect(1, 1, seen.cols - 2, seen.rows - 2);
        if (alphabets.empty()) alphabets = alphabets_for(reference, field, evidence.band->sigma_px);
        const Fit best = best_other(alphabets, seen, expected, window, box, contrast, field.cap_height);
        if (best.energy < 0 || best.worst() > kStranger || best.gain < 0.75) continue;
        wrong.add(box + area.tl(), 1 / limit);
      }
    }
    const bool nik = field.name == "nik";
    const auto add = [&](const char* kind, const Place& place, bool yields) {
      if (place.score <= 0) return;
      out.highest = std::max(out.highest, place.score);
      out.candidates.push_back({kind, place.box, place.score,
                                std::max(place.box.width, place.box.height) / reference.px_per_mm, field.name,
                                1, yields});
    };
    add(nik ? "wrong-digit" : "wrong-text", wrong, false);
    add(nik ? "wrong-digit" : "wrong-text", exchanged, true);
    add("missing-text", gone, true);
    add(nik ? "unclear-digit" : "unclear-text", unclear, true);
  }
  return out;
}

}  // namespace ktp::inspection
