// SPDX-License-Identifier: Apache-2.0
#include "inspection/rim.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "inspection/defects.hpp"

namespace ktp::inspection {
namespace {

constexpr double kRadiusMm = 3.18;
constexpr int kEdge = RimPlan::kEdge, kColumns = RimPlan::kColumns;

cv::Vec3b bilinear(const cv::Mat& photo, float x, float y) {
  const int x0 = std::clamp(cvFloor(x), 0, photo.cols - 2), y0 = std::clamp(cvFloor(y), 0, photo.rows - 2);
  const int u = std::clamp(static_cast<int>((x - static_cast<float>(x0)) * 256), 0, 256),
            v = std::clamp(static_cast<int>((y - static_cast<float>(y0)) * 256), 0, 256);
  const auto* a = photo.ptr<std::uint8_t>(y0) + 3 * x0;
  const auto* b = photo.ptr<std::uint8_t>(y0 + 1) + 3 * x0;
  cv::Vec3b out;
  for (int c = 0; c < 3; ++c) {
    const int top = a[c] * (256 - u) + a[c + 3] * u, bottom = b[c] * (256 - u) + b[c + 3] * u;
    out[c] = static_cast<std::uint8_t>((top * (256 - v) + bottom * v + 32768) >> 16);
  }
  return out;
}

// kColumns places in steps along a line, all of them well within the picture.
void bilinear_line(const cv::Mat& photo, const cv::Point2f& from, const cv::Point2f& step, cv::Vec3b* out) {
  constexpr int kPoint = 16;
  const auto fixed = [](float v) { return cvRound(v * (1 << kPoint)); };
  int x = fixed(from.x), y = fixed(from.y);
  const int dx = fixed(step.x), dy = fixed(step.y);
  for (int k = 0; k < kColumns; ++k, x += dx, y += dy) {
    const int u = (x >> (kPoint - 8)) & 255, v = (y >> (kPoint - 8)) & 255;
    const auto* a = photo.ptr<std::uint8_t>(y >> kPoint) + static_cast<std::ptrdiff_t>(3) * (x >> kPoint);
    const auto* b = a + photo.step[0];
    for (int c = 0; c < 3; ++c) {
      const int top = a[c] * (256 - u) + a[c + 3] * u, bottom = b[c] * (256 - u) + b[c + 3] * u;
      out[k][c] = static_cast<std::uint8_t>((top * (256 - v) + bottom * v + 32768) >> 16);
    }
  }
}

// How much the steepest colour changes across, CV_8U, levels over two columns.
cv::Mat steepness(const cv::Mat& strip) {
  cv::Mat soft, steep = cv::Mat::zeros(strip.size(), CV_8U);
  cv::blur(strip, soft, {1, 5});
  for (int row = 0; row < soft.rows; ++row) {
    const auto* p = soft.ptr<cv::Vec3b>(row);
    auto* g = steep.ptr<std::uint8_t>(row);
    for (int k = 1; k + 1 < kColumns; ++k) {
      int most = 0;
      for (int c = 0; c < 3; ++c) most = std::max(most, std::abs(p[k + 1][c] - p[k - 1][c]));
      g[k] = static_cast<std::uint8_t>(most);
    }
  }
  return steep;
}

std::array<std::vector<int>, 4> rows_of_sides(const RimPlan& plan) {
  std::array<std::vector<int>, 4> rows;
  for (std::size_t row = 0; row < plan.part.size(); ++row)
    if (plan.part[row] < 4) rows[static_cast<std::size_t>(plan.part[row])].push_back(static_cast<int>(row));
  return rows;
}

struct Peak {
  double at = 0, strength = 0;  // columns
};

// The straight edges that run along one side, strongest first.
std::vector<Peak> peaks_of(const cv::Mat& steep, const std::vector<int>& rows) {
  std::array<double, kColumns> sum{};
  for (const int r : rows) {
    const auto* g = steep.ptr<std::uint8_t>(r);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += std::min<int>(g[k], 40);
  }
  for (double& s : sum) s /= static_cast<double>(std::max<std::size_t>(1, rows.size()));
  std::array<double, kColumns> soft{};
  for (std::size_t k = 1; k + 1 < sum.size(); ++k) soft[k] = (sum[k - 1] + sum[k] + sum[k + 1]) / 3;
  std::array<double, kColumns> sorted = soft;
  std::nth_element(sorted.begin(), sorted.begin() + kColumns / 2, sorted.end());
  const double floor = sorted[kColumns / 2];
  std::vector<Peak> peaks;
  for (std::size_t k = 2; k + 2 < soft.size(); ++k) {
    const double s = soft[k] - floor;
    if (s < 2.5 || soft[k] < soft[k - 1] || soft[k] <= soft[k + 1]) continue;
    const double bend = soft[k - 1] - 2 * soft[k] + soft[k + 1];
    const double shift = bend < -1e-9 ? 0.5 * (soft[k - 1] - soft[k + 1]) / bend : 0;
    peaks.push_back({static_cast<double>(k) + std::clamp(shift, -0.5, 0.5), s});
  }
  std::ranges::stable_sort(peaks, [](const Peak& a, const Peak& b) { return a.strength > b.strength; });
  if (peaks.size() > 4) peaks.resize(4);
  return peaks;
}

double inward_mm(const Peak& peak) {
  return (peak.at - kEdge) * RimPlan::kAcrossMm;
}

struct Pair {
  Peak one, other;
  bool consistent = false;                      ///< they are about a card apart
  bool one_faint = false, other_faint = false;  ///< that side's outline does not stand out from the table
};

// Two opposite sides together: the card's size is known, so a shadow's edge or a line of the print on one
// side gives itself away. Where a displaced print leaves a white margin and the table is about as white, the
// edge to be seen is the print's own, which lies on the outline it should have, while the other side's
// outline cuts into the print: the card can only go on below the margin.
Pair choose(const std::vector<Peak>& a, const std::vector<Peak>& b,
            const std::array<std::vector<double>, 2>& printed_mm) {
  constexpr double kSizeMm = 0.25, kPrintEndMm = 0.15, kFaintCost = 0.3;
  const auto cuts_in = [&](double mm, std::size_t side) {  // into the print, and is no line of it
    return mm > kSizeMm && std::ranges::none_of(printed_mm[side], [&](double line) {
             return std::abs(mm - line) < kPrintEndMm;
           });
  };
  double most = 0;
  for (const Peak& p : a) most = std::max(most, p.strength);
  for (const Peak& p : b) most = std::max(most, p.strength);
  double best = 0;
  Pair pair;
  for (const Peak& p : a) {
    for (const Peak& q : b) {
      const double into = inward_mm(p), opposite = inward_mm(q), both = (p.strength + q.strength) / most;
      const bool p_ends = std::abs(into) < kPrintEndMm && cuts_in(opposite, 1),
                 q_ends = std::abs(opposite) < kPrintEndMm && cuts_in(into, 0);
      const double value = p_ends || q_ends
                               ? both - kFaintCost
                               : both - 2 * std::max(0.0, std::abs(into + opposite) - kSizeMm) / 0.5;
      if (value > best) best = value, pair = {p, q, true, p_ends, q_ends};
    }
  }
  return pair;
}

}  // namespace

RimPlan plan_rim(const std::array<cv::Mat, 3>& planes, double px_per_mm) {
  RimPlan plan;
  const auto w = static_cast<double>(planes[0].cols) / px_per_mm,
             h = static_cast<double>(planes[0].rows) / px_per_mm;
  const auto add = [&](double x, double y, double ix, double iy, int part) {
    plan.at.emplace_back(static_cast<float>(x * px_per_mm), static_cast<float>(y * px_per_mm));
    plan.inward.emplace_back(static_cast<float>(ix * px_per_mm), static_cast<float>(iy * px_per_mm));
    plan.part.push_back(part);
  };
  const double r = kRadiusMm;
  const std::array<cv::Point2d, 4> start{{{r, 0}, {w, r}, {w - r, h}, {0, h - r}}};
  const std::array<cv::Point2d, 4> along{{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
  const std::array<cv::Point2d, 4> centre{{{w - r, r}, {w - r, h - r}, {r, h - r}, {r, r}}};
  for (int s = 0; s < 4; ++s) {
    const auto i = static_cast<std::size_t>(s);
    const cv::Point2d in(-along[i].y, along[i].x);
    const double length = (s % 2 == 0 ? w : h) - 2 * r;
    const int steps = static_cast<int>(length / RimPlan::kAlongMm);
    for (int k = 0; k < steps; ++k) {
      const cv::Point2d p = start[i] + along[i] * (length * (k + 0.5) / steps);
      add(p.x, p.y, in.x, in.y, s);
    }
    const int turn = static_cast<int>(r * CV_PI / 2 / RimPlan::kAlongMm);
    for (int k = 0; k < turn; ++k) {
      const double t = CV_PI / 2 * ((k + 0.5) / turn + s - 1);
      add(centre[i].x + r * std::cos(t), centre[i].y + r * std::sin(t), -std::cos(t), -std::sin(t), 4 + s);
    }
  }
  plan.face.create(static_cast<int>(plan.at.size()), kColumns, CV_8UC3);
  for (int row = 0; row < plan.face.rows; ++row) {
    for (int k = 0; k < kColumns; ++k) {
      const double n = std::max(0.1, (k - kEdge) * RimPlan::kAcrossMm);
      const cv::Point2f p = plan.at[static_cast<std::size_t>(row)] +
                            plan.inward[static_cast<std::size_t>(row)] * static_cast<float>(n);
      const int x = std::clamp(cvFloor(p.x), 0, planes[0].cols - 1),
                y = std::clamp(cvFloor(p.y), 0, planes[0].rows - 1);
      for (std::size_t c = 0; c < 3; ++c)
        plan.face.at<cv::Vec3b>(row, k)[static_cast<int>(c)] = planes[c].at<std::uint8_t>(y, x);
    }
  }
  const cv::Mat steep = steepness(plan.face);
  const std::array<std::vector<int>, 4> sides = rows_of_sides(plan);
  for (std::size_t side = 0; side < 4; ++side)
    for (const Peak& line : peaks_of(steep, sides[side])) plan.printed_mm[side].push_back(inward_mm(line));
  return plan;
}

cv::Mat rim_strip(const Reference& reference, const cv::Mat& photo, const Warp& warp) {
  const RimPlan& plan = reference.rim;
  cv::Mat strip(static_cast<int>(plan.at.size()), kColumns, CV_8UC3);
  const auto place = [&](const cv::Point2f& p) {
    const cv::Point2d moved = warp.displacement(p.x, p.y) + cv::Point2d(p);
    const cv::Vec3d q = warp.homography * cv::Vec3d(moved.x, moved.y, 1);
    return cv::Point2f(static_cast<float>(q[0] / q[2] - 0.5), static_cast<float>(q[1] / q[2] - 0.5));
  };
  constexpr auto kReach = static_cast<float>(RimPlan::kReachMm);
  const cv::Rect2f room(1, 1, static_cast<float>(photo.cols - 3), static_cast<float>(photo.rows - 3));
  for (int row = 0; row < strip.rows; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const cv::Point2f outer = place(plan.at[i] - plan.inward[i] * kReach),
                      inner = place(plan.at[i] + plan.inward[i] * kReach);
    const cv::Point2f step = (inner - outer) * (1.0f / (kColumns - 1));
    auto* out = strip.ptr<cv::Vec3b>(row);
    if (room.contains(outer) && room.contains(inner)) {
      bilinear_line(photo, outer, step, out);
      continue;
    }
    for (int k = 0; k < kColumns; ++k) {
      const cv::Point2f p = outer + step * static_cast<float>(k);
      out[k] = bilinear(photo, p.x, p.y);
    }
  }
  return strip;
}

RimFit fit_rim(const RimPlan& plan, const cv::Mat& strip) {
  RimFit fit;
  const cv::Mat steep = steepness(strip);
  const std::array<std::vector<int>, 4> rows = rows_of_sides(plan);
  std::array<std::vector<Peak>, 4> peaks;
  for (std::size_t s = 0; s < 4; ++s) peaks[s] = peaks_of(steep, rows[s]);
  for (std::size_t s = 0; s < 2; ++s) {
    const std::size_t o = s + 2;
    std::array<Peak, 2> chosen{};
    if (!peaks[s].empty() && !peaks[o].empty()) {
      const Pair pair = choose(peaks[s], peaks[o], {plan.printed_mm[s], plan.printed_mm[o]});
      if (!pair.consistent) {
        fit.consistent = false;
        continue;
      }
      chosen = {pair.one, pair.other};
      fit.seen[s] = !pair.one_faint, fit.seen[o] = !pair.other_faint;
    } else if (!peaks[s].empty()) {
      chosen[0] = peaks[s].front(), fit.seen[s] = true;
    } else if (!peaks[o].empty()) {
      chosen[1] = peaks[o].front(), fit.seen[o] = true;
    }
    for (const std::size_t side : {s, o}) {
      if (!fit.seen[side]) continue;
      // The line through the steepest places near the peak: the card may lie turned against its print.
      const double peak = chosen[side == s ? 0 : 1].at;
      const auto& list = rows[side];
      double offset = peak, slope = 0;
      const double middle = 0.5 * static_cast<double>(list.size() - 1);
      for (int round = 0; round < 3; ++round) {
        double sw = 1e-9, st = 0, so = 0, stt = 1e-9, sto = 0;
        for (std::size_t i = 0; i < list.size(); ++i) {
          const double t = static_cast<double>(i) - middle, here = offset + slope * t;
          const auto* g = steep.ptr<std::uint8_t>(list[i]);
          double weight = 0, mean = 0;
          for (int k = std::max(1, cvRound(here) - 3); k <= std::min(kColumns - 2, cvRound(here) + 3); ++k)
            weight += g[k], mean += g[k] * k;
          if (weight < 10) continue;
          mean /= weight;
          const double q = (mean - here) / 2, w = std::min(weight, 80.0) / (1 + q * q * q * q);
          sw += w, st += w * t, so += w * mean, stt += w * t * t, sto += w * t * mean;
        }
        const double det = sw * stt - st * st;
        if (sw < 1 || det < 1e-6 * sw * stt) break;
        slope = (sw * sto - st * so) / det;
        offset = (so - slope * st) / sw;
      }
      fit.edge_mm[side] = (offset - kEdge) * RimPlan::kAcrossMm;
      fit.slope[side] = slope * RimPlan::kAcrossMm;
    }
  }
  const auto along = [&](std::size_t low, std::size_t high) {  // print against card, towards `high`
    if (fit.seen[low] && fit.seen[high]) return 0.5 * (fit.edge_mm[high] - fit.edge_mm[low]);
    if (fit.seen[low]) return -fit.edge_mm[low];
    return fit.seen[high] ? fit.edge_mm[high] : 0.0;
  };
  fit.print_offset_mm = {along(3, 1), along(0, 2)};
  return fit;
}

void find_rim_damage(const Reference& reference, const cv::Mat& strip, const RimFit& fit, const Tone& tone,
                     Detected& out) {
  constexpr double kClearMm = 0.2, kLeastContrast = 36;
  constexpr int kCornerColumns = 3,
                kCornerRows = 8;  // of a bent corner at least that much shows another colour
  constexpr float kStrange = 30;  // levels of the face's tone
  // A chip shows the table in its own shadow, which may look little like the table beside it. What is another
  // colour for whatever reason has to reach this much further in, to end within the strip, and to be deeper
  // than it is along half of the same side: gloss and shadow along a side are no chip.
  constexpr double kOtherColour = 1.8;
  const RimPlan& plan = reference.rim;
  const int rows = strip.rows;
  std::array<int, 4> first{}, count{};
  for (int row = 0; row < rows; ++row) {
    const int part = plan.part[static_cast<std::size_t>(row)];
    if (part >= 4) continue;
    if (count[static_cast<std::size_t>(part)]++ == 0) first[static_cast<std::size_t>(part)] = row;
  }
  // Where the outline lies in each row: on the sides as fitted, on the corners between the two.
  std::vector<double> edge(static_cast<std::size_t>(rows), 0);
  for (int row = 0; row < rows; ++row) {
    const int part = plan.part[static_cast<std::size_t>(row)];
    const cv::Point2f in = plan.inward[static_cast<std::size_t>(row)];
    const double unit = std::hypot(in.x, in.y);
    if (part < 4) {
      const auto s = static_cast<std::size_t>(part);
      edge[static_cast<std::size_t>(row)] =
          fit.edge_mm[s] + fit.slope[s] * (row - first[s] - 0.5 * (count[s] - 1));
    } else {
      const auto a = static_cast<std::size_t>(part - 4), b = (a + 1) % 4;
      const double end = fit.edge_mm[a] + fit.slope[a] * 0.5 * count[a],
                   begin = fit.edge_mm[b] - fit.slope[b] * 0.5 * count[b];
      const double wa = part % 2 == 0 ? std::abs(in.y) / unit : std::abs(in.x) / unit,
                   wb = part % 2 == 0 ? std::abs(in.x) / unit : std::abs(in.y) / unit;
      edge[static_cast<std::size_t>(row)] = wa * end + wb * begin;
    }
  }
  // The table just outside, smoothed along the outline.
  cv::Mat outside(rows, 1, CV_32FC3), near_table;
  for (int row = 0; row < rows; ++row) {
    const int e = kEdge + cvRound(edge[static_cast<std::size_t>(row)] / RimPlan::kAcrossMm);
    cv::Vec3f sum(0, 0, 0);
    int n = 0;
    for (int k = std::max(0, e - 9); k <= e - 4; ++k, ++n) sum += cv::Vec3f(strip.at<cv::Vec3b>(row, k));
    outside.at<cv::Vec3f>(row) = n > 0 ? sum / n : cv::Vec3f(0, 0, 0);
  }
  cv::blur(outside, near_table, {1, 15}, {-1, -1}, cv::BORDER_REPLICATE);
  std::vector<double> depth(static_cast<std::size_t>(rows), 0), odd = depth, other_depth = depth;
  const double limit = reference.profile->limits.edge_chip_mm;
  for (int row = 0; row < rows; ++row) {
    const auto i = static_cast<std::size_t>(row);
    const int part = plan.part[i];
    const bool seen = part < 4 ? fit.seen[static_cast<std::size_t>(part)]
                               : fit.seen[static_cast<std::size_t>(part - 4)] &&
                                     fit.seen[static_cast<std::size_t>((part - 3) % 4)];
    const float u = 2 * plan.at[i].x / static_cast<float>(reference.size.width) - 1,
                v = 2 * plan.at[i].y / static_cast<float>(reference.size.height) - 1;
    const std::array<float, 3> light{tone.light_at(u, v, 0), tone.light_at(u, v, 1), tone.light_at(u, v, 2)};
    const int e = kEdge + cvCeil((edge[i] + kClearMm) / RimPlan::kAcrossMm);
    int run = 0, strange = 0, looked = 0;
    const float bright = std::clamp(
        (tone.gain[0] * light[0] + tone.gain[1] * light[1] + tone.gain[2] * light[2]) / 3, 0.3f, 1.5f);
    bool open = seen, other_open = seen;
    int other_run = 0;
    const int print = std::max(e, kEdge + 1);  // of a print that lies inward the margin is not printed
    for (int k = std::max(e, 0); k < kColumns; ++k) {
      const cv::Vec3b &pixel = strip.at<cv::Vec3b>(row, k), &face = plan.face.at<cv::Vec3b>(row, k);
      float along = 0, length = 0, most = 0;
      for (int c = 0; c < 3; ++c) {
        const auto cc = static_cast<std::size_t>(c);
        const float expected =
            std::min(255.0f, tone.gain[cc] * std::max(0.1f, light[cc]) * static_cast<float>(face[c]) +
                                 tone.offset[cc]);
        const float gap = near_table.at<cv::Vec3f>(row)[c] - expected;
        along += gap * (static_cast<float>(pixel[c]) - expected);
        length += gap * gap;
        most = std::max(most, std::abs(static_cast<float>(pixel[c]) - expected));
      }
      const bool table = length > kLeastContrast * kLeastContrast && along > 0.5f * length;
      if (open && table) {
        ++run;
      } else {
        open = false;
      }
      const bool other = most > kStrange * bright;
      if (k >= print && other_open && other) {
        ++other_run;
      } else {
        other_open = other_open && k < print;
      }
      if (k < e + kCornerColumns) ++looked, strange += other;
    }
    const auto deep = [&](int columns) { return columns > 0 ? columns * RimPlan::kAcrossMm + kClearMm : 0; };
    depth[i] = deep(run);
    other_depth[i] = other_open ? 0 : deep(other_run);
    odd[i] = looked > 0 ? static_cast<double>(strange) / looked : 0;
  }
  std::vector<double> chip = depth;  // 1 at its limit
  for (int part = 0; part < 8; ++part) {
    std::vector<double> along;
    for (std::size_t i = 0; i < depth.size(); ++i)
      if (plan.part[i] == part) along.push_back(other_depth[i]);
    if (along.empty()) continue;
    const auto middle = along.begin() + static_cast<std::ptrdiff_t>(along.size() / 2);
    std::nth_element(along.begin(), middle, along.end());
    for (std::size_t i = 0; i < depth.size(); ++i) {
      if (plan.part[i] != part) continue;
      chip[i] = std::max(depth[i], (other_depth[i] - *middle) / kOtherColour) / limit;
      depth[i] = std::max(depth[i], other_depth[i]);
    }
  }
  // A chip is at least some tenths of a mm wide: the third largest of five neighbours.
  const auto third_of_five = [rows](const std::vector<double>& of, int row) {
    std::array<double, 5> five{};
    for (int k = 0; k < 5; ++k)
      five[static_cast<std::size_t>(k)] = of[static_cast<std::size_t>((row + k - 2 + rows) % rows)];
    std::ranges::sort(five);
    return five[2];
  };
  double worst = 0;
  int at = 0;
  for (int row = 0; row < rows; ++row)
    if (const double here = third_of_five(chip, row); here > worst) worst = here, at = row;
  out.highest = std::max(out.highest, worst);
  out.note("edge_chip_mm", worst);
  const auto box_of = [&](int from, int to, double deep) {
    cv::Rect2f box;
    for (int row = from; row <= to; ++row) {
      const auto i = static_cast<std::size_t>((row + rows) % rows);
      const cv::Point2f a = plan.at[i], b = plan.at[i] + plan.inward[i] * static_cast<float>(deep);
      const cv::Rect2f here(std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x) + 1,
                            std::abs(a.y - b.y) + 1);
      box = box.empty() ? here : box | here;
    }
    return cv::Rect(cvFloor(box.x), cvFloor(box.y), cvCeil(box.width), cvCeil(box.height)) &
           cv::Rect({0, 0}, reference.size);
  };
  const auto corner_near = [&](int row) {
    for (int k = -10; k <= 10; ++k) {
      if (plan.part[static_cast<std::size_t>((row + k + rows) % rows)] >= 4) return true;
    }
    return false;
  };
  if (worst >= 1) {
    const double deepest = third_of_five(depth, at);
    int from = at, to = at;
    while (to - at < 100 && depth[static_cast<std::size_t>((to + 1) % rows)] > 0.3 * deepest) ++to;
    while (at - from < 100 && depth[static_cast<std::size_t>((from - 1 + rows) % rows)] > 0.3 * deepest)
      --from;
    out.candidates.push_back(
        {corner_near(at) ? "bent-corner" : "edge-chip", box_of(from, to, deepest), worst, deepest, "", 1});
  }
  // A bent corner lies out of the light: along some of the arc the card is another colour.
  for (int corner = 4; corner < 8; ++corner) {
    double most = 0;
    int from = -1, to = -1;
    std::vector<double> arc;
    for (int row = 0; row < rows; ++row) {
      if (plan.part[static_cast<std::size_t>(row)] != corner) continue;
      arc.push_back(odd[static_cast<std::size_t>(row)]), to = row;
      if (from < 0) from = row;
    }
    for (std::size_t k = 0; k + kCornerRows <= arc.size(); ++k)
      most = std::max(most, std::accumulate(arc.begin() + static_cast<std::ptrdiff_t>(k),
                                            arc.begin() + static_cast<std::ptrdiff_t>(k + kCornerRows), 0.0) /
                                kCornerRows);
    const double score = most / reference.profile->limits.corner_share;
    out.highest = std::max(out.highest, score);
    out.note("corner_share", score);
    if (score >= 1) {
      const bool told =
          std::ranges::any_of(out.candidates, [](const Candidate& c) { return c.kind == "bent-corner"; });
      if (!told) out.candidates.push_back({"bent-corner", box_of(from, to, 1.5), score, 2.0, "", 1});
    }
  }
}

}  // namespace ktp::inspection
