// SPDX-License-Identifier: Apache-2.0
#include "inspection/place.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace ktp::inspection {
namespace {

constexpr double kSure = 0.6;        // likeness from which on no other hypothesis is asked
constexpr double kLike = 0.38;       // likeness that makes a hypothesis the card
constexpr double kNearMm = 15;       // from which distance an outline corrects what the details say
constexpr float kLeastContrast = 8;  // levels between card and table that make an outline one
constexpr double kOutline = 0.55;    // support that makes an outline a card of which nothing else is known

Corners scaled(const Corners& corners, double by) {
  Corners out = corners;
  for (cv::Point2f& p : out) p *= static_cast<float>(by);
  return out;
}

Corners turned(Corners corners) {
  std::rotate(corners.begin(), corners.begin() + 2, corners.end());
  return corners;
}

cv::Point2f middle_of(const Corners& p) {
  return 0.25f * (p[0] + p[1] + p[2] + p[3]);
}

cv::Scalar mean_inside(const cv::Mat& small, const Corners& corners) {
  cv::Mat mask = cv::Mat::zeros(small.size(), CV_8U);
  std::vector<cv::Point> polygon;
  const cv::Point2f centre = middle_of(corners);
  for (const cv::Point2f& p : corners) polygon.emplace_back(centre + 0.9f * (p - centre));
  cv::fillConvexPoly(mask, polygon, 255);
  return cv::mean(small, mask);
}

// Along each of the four sides the picture is another inside than outside, on the average: lines of a table's
// pattern have the same on both sides.
bool stands_out(const cv::Mat& small, const Corners& p) {
  constexpr float kOffset = 4;  // pixels of `small` to both sides
  constexpr int kSamples = 24;
  const cv::Point2f centre = middle_of(p);
  for (std::size_t s = 0; s < 4; ++s) {
    const cv::Point2f along = p[(s + 1) % 4] - p[s];
    cv::Point2f inward(-along.y, along.x);
    inward /= static_cast<float>(cv::norm(inward));
    if (inward.dot(centre - p[s]) < 0) inward = -inward;
    cv::Vec3f off(0, 0, 0);
    for (int i = 0; i < kSamples; ++i) {
      const cv::Point2f at = p[s] + along * (0.1f + 0.8f * static_cast<float>(i) / (kSamples - 1));
      const auto value = [&](const cv::Point2f& q) {
        return cv::Vec3f(small.at<cv::Vec3b>(std::clamp(cvRound(q.y), 0, small.rows - 1),
                                             std::clamp(cvRound(q.x), 0, small.cols - 1)));
      };
      off += value(at + inward * kOffset) - value(at - inward * kOffset);
    }
    off *= 1.0f / kSamples;
    if (std::max({std::abs(off[0]), std::abs(off[1]), std::abs(off[2])}) < kLeastContrast) return false;
  }
  return true;
}

// A second card of the same size beside the first. An outline alone is no proof on a patterned table: what
// lies in it has to be something else than the table.
bool second_card(const Search& search, const Corners& card, const FaceSign& face, const FaceSign& other) {
  const cv::Point2f centre = middle_of(card);
  const double width = cv::norm(card[1] - card[0]), height = cv::norm(card[3] - card[0]);
  const double ring = std::max(3, search.small.cols / 45);
  const cv::Mat border = cv::Mat(search.small);
  const cv::Scalar table = cv::mean(border.rowRange(0, static_cast<int>(ring)));
  const cv::Scalar below = cv::mean(border.rowRange(border.rows - static_cast<int>(ring), border.rows));
  for (const Hypothesis& h : search.hypotheses) {
    if (h.support < kOutline) continue;
    // Two cards lie beside each other; a rectangle that overlaps the card is made of its lines.
    const cv::Point2f beside = middle_of(h.corners) - centre;
    if (std::abs(beside.dot(card[1] - card[0])) < 0.93 * width * width &&
        std::abs(beside.dot(card[3] - card[0])) < 0.93 * height * height)
      continue;
    const double ratio = cv::norm(h.corners[1] - h.corners[0]) / width;
    if (ratio < 0.92 || ratio > 1.09) continue;
    const Corners small = scaled(h.corners, 1 / search.factor);
    for (const FaceSign* sign : {&face, &other}) {
      if (std::max(likeness(*sign, search.soft, small), likeness(*sign, search.soft, turned(small))) > kLike)
        return true;
    }
    const cv::Scalar inside = mean_inside(search.small, small);
    double off = 1e9;
    for (const cv::Scalar& t : {table, below}) {
      double most = 0;
      for (int c = 0; c < 3; ++c) most = std::max(most, std::abs(inside[c] - t[c]));
      off = std::min(off, most);
    }
    if (off > 45 && h.support > 0.8) return true;
  }
  return false;
}

}  // namespace

Placed place_by_details(const Reference& reference, const cv::Mat& photo) {
  Placed placed;
  placed.by_details = true;
  const auto corners = pose_by_details(reference.sign, photo);
  if (!corners) return placed;
  const double px_per_mm = cv::norm((*corners)[1] - (*corners)[0]) / kCardWidthMm;
  placed.corners = *corners;
  placed.state = in_view(*corners, photo.size(), static_cast<float>(2 * px_per_mm)) ? Placed::State::found
                                                                                    : Placed::State::cut_off;
  return placed;
}

Placed place_card(const Reference& reference, const cv::Mat& photo) {
  Search search = search_card(photo);
  Placed placed;
  if (search.small.empty()) return placed;
  const auto ask = [&] {
    for (std::size_t i = 0; i < search.hypotheses.size() && placed.likeness < kSure; ++i) {
      for (const Corners& corners : {search.hypotheses[i].corners, turned(search.hypotheses[i].corners)}) {
        const double like = likeness(reference.sign, search.soft, scaled(corners, 1 / search.factor));
        if (like > placed.likeness) placed.likeness = like, placed.corners = corners;
      }
    }
  };
  ask();
  if (placed.likeness < kLike) {
    search_background(search);
    ask();
  }
  if (placed.likeness < kLike) {
    const Placed by_details = place_by_details(reference, photo);
    if (by_details.state != Placed::State::none) {
      // Half a print places its own half well and the rest of the card badly: an outline near it knows
      // better.
      const double px_per_mm = cv::norm(by_details.corners[1] - by_details.corners[0]) / kCardWidthMm;
      double nearest = kNearMm * px_per_mm;
      const Placed before = placed;
      placed = by_details;
      for (const Hypothesis& h : search.hypotheses) {
        if (h.support < kOutline) continue;
        for (const Corners& corners : {h.corners, turned(h.corners)}) {
          double far = 0;
          for (std::size_t i = 0; i < 4; ++i)
            far = std::max(far, cv::norm(corners[i] - by_details.corners[i]));
          if (far < nearest) nearest = far, placed.corners = corners, placed.state = Placed::State::found;
        }
      }
      if (placed.state == Placed::State::cut_off) {
        // A few details of half a print may point anywhere. Where nothing reaches out of the picture and a
        // whole outline stands in it, that is the better witness.
        const auto whole = std::ranges::find_if(search.hypotheses, [&](const Hypothesis& h) {
          return h.support >= kOutline && stands_out(search.soft, scaled(h.corners, 1 / search.factor));
        });
        if (search.touches_border || whole == search.hypotheses.end()) return placed;
        placed = before;
      }
      placed.likeness = likeness(reference.sign, search.soft, scaled(placed.corners, 1 / search.factor));
      if (placed.likeness < before.likeness || placed.state == Placed::State::none) placed = before;
    }
  }
  if (placed.likeness < kLike && !reference.sign_other.thumbnail.empty()) {
    // The card may lie on its other side: then that face says which outline it is, and which way up.
    double most = kLike;
    for (const Hypothesis& h : search.hypotheses) {
      for (const Corners& corners : {h.corners, turned(h.corners)}) {
        const double like = likeness(reference.sign_other, search.soft, scaled(corners, 1 / search.factor));
        if (like <= most) continue;
        most = like, placed.corners = corners, placed.state = Placed::State::found;
        placed.by_details = false;
      }
    }
  }
  if (placed.likeness < kLike && !placed.by_details && placed.state != Placed::State::found) {
    const auto outline = std::ranges::find_if(search.hypotheses, [&](const Hypothesis& h) {
      return h.support >= kOutline && stands_out(search.soft, scaled(h.corners, 1 / search.factor));
    });
    if (outline == search.hypotheses.end()) {
      placed.state = search.touches_border ? Placed::State::cut_off : Placed::State::none;
      return placed;
    }
    // No face to go by: the best outline, the way up that is the more alike.
    const Corners first = outline->corners;
    const bool other_way = likeness(reference.sign, search.soft, scaled(turned(first), 1 / search.factor)) >
                           likeness(reference.sign, search.soft, scaled(first, 1 / search.factor));
    placed.corners = other_way ? turned(first) : first;
  }
  placed.state = second_card(search, placed.corners, reference.sign, reference.sign_other)
                     ? Placed::State::two_cards
                     : Placed::State::found;
  return placed;
}

}  // namespace ktp::inspection
