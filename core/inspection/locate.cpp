// SPDX-License-Identifier: Apache-2.0
#include "inspection/locate.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "domain/face.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kSearchPixels = 400;  // of the longer side, at least
constexpr int kAngles = 180;
constexpr std::size_t kLines = 44;       // strongest ones that are put together
constexpr std::size_t kHypotheses = 10;  // that are handed on
constexpr double kAspect = kCardWidthMm / kCardHeightMm;

KTP_ROW_KERNEL void add_row(const std::uint8_t* __restrict in, std::uint16_t* __restrict sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sum[i] = static_cast<std::uint16_t>(sum[i] + in[i]);
}

// Mean over factor x factor pixels; of large factors every other row.
cv::Mat averaged(const cv::Mat& photo, int factor) {
  if (factor == 1) return photo;
  cv::Mat small(photo.rows / factor, photo.cols / factor, CV_8UC3);
  const int step = factor >= 6 ? 2 : 1, rows = (factor + step - 1) / step;
  const std::size_t width = static_cast<std::size_t>(small.cols) * static_cast<std::size_t>(factor) * 3;
  std::vector<std::uint16_t> sums(width);
  // Division by multiplying: exact as long as sum * n stays below 2^32, which 24 MP a factor do.
  const auto n = static_cast<std::uint64_t>(rows * factor), inverse = ((std::uint64_t{1} << 32) + n - 1) / n;
  const auto mean = [&](std::uint32_t sum) {
    return static_cast<std::uint8_t>(((sum + n / 2) * inverse) >> 32);
  };
  for (int y = 0; y < small.rows; ++y) {
    std::ranges::fill(sums, std::uint16_t{0});
    for (int k = 0; k < factor; k += step) {
      add_row(photo.ptr<std::uint8_t>(y * factor + k), sums.data(), width);
    }
    auto* out = small.ptr<std::uint8_t>(y);
    const std::uint16_t* sum = sums.data();
    for (int x = 0; x < small.cols; ++x, out += 3) {
      std::uint32_t r = 0, g = 0, b = 0;
      for (int k = 0; k < factor; ++k, sum += 3) r += sum[0], g += sum[1], b += sum[2];
      out[0] = mean(r), out[1] = mean(g), out[2] = mean(b);
    }
  }
  return small;
}

struct Line {
  float angle = 0, rho = 0;  // normal's direction in radians 0..pi; x cos + y sin = rho
  float votes = 0;
  float cosine = 1, sine = 0;
};

std::vector<Line> find_lines(const Gradient& g) {
  const int reach = cvCeil(std::hypot(g.x.cols, g.x.rows)) + 2, width = 2 * reach + 1;
  cv::Mat votes = cv::Mat::zeros(kAngles, width, CV_32S);
  std::array<float, kAngles> cosine{}, sine{};
  for (std::size_t a = 0; a < kAngles; ++a) {
    const double t = CV_PI * static_cast<double>(a) / kAngles;
    cosine[a] = static_cast<float>(std::cos(t)), sine[a] = static_cast<float>(std::sin(t));
  }
  const float least = g.threshold, most = 3 * g.threshold;
  for (int y = 1; y + 1 < g.x.rows; ++y) {
    const auto* gx = g.x.ptr<std::int16_t>(y);
    const auto* gy = g.y.ptr<std::int16_t>(y);
    for (int x = 1; x + 1 < g.x.cols; ++x) {
      const int rough = std::abs(gx[x]) + std::abs(gy[x]);
      if (static_cast<float>(rough) < least) continue;
      const float size = std::sqrt(static_cast<float>(gx[x] * gx[x] + gy[x] * gy[x]));
      const float angle = cv::fastAtan2(static_cast<float>(gy[x]), static_cast<float>(gx[x]));
      const int vote = static_cast<int>(std::min(size, most)), middle = cvRound(angle * (kAngles / 180.0f));
      for (int k = -2; k <= 2; ++k) {
        const auto a = static_cast<std::size_t>((middle + k + 4 * kAngles) % kAngles);
        const int rho = cvRound(static_cast<float>(x) * cosine[a] + static_cast<float>(y) * sine[a]) + reach;
        votes.at<int>(static_cast<int>(a), rho) += vote;
      }
    }
  }
  // Smooth across one step of rho, then the local maxima.
  std::vector<Line> lines;
  const int enough = static_cast<int>(least * 0.12f * static_cast<float>(std::min(g.x.cols, g.x.rows)));
  cv::Mat smooth(votes.size(), CV_32S, cv::Scalar(0));
  for (int a = 0; a < kAngles; ++a) {
    const int* v = votes.ptr<int>(a);
    int* s = smooth.ptr<int>(a);
    for (int r = 1; r + 1 < width; ++r) s[r] = v[r - 1] + v[r] + v[r + 1];
  }
  // The same line seen from the other side of the circle of directions: angle + pi, rho negated.
  const auto at = [&](int a, int r) {
    if (a < 0) return smooth.at<int>(a + kAngles, width - 1 - r);
    if (a >= kAngles) return smooth.at<int>(a - kAngles, width - 1 - r);
    return smooth.at<int>(a, r);
  };
  for (int a = 0; a < kAngles; ++a) {
    for (int r = 3; r + 3 < width; ++r) {
      const int here = smooth.at<int>(a, r);
      if (here < enough) continue;
      bool top = true;
      for (int da = -2; da <= 2 && top; ++da) {
        for (int dr = -2; dr <= 2 && top; ++dr) {
          const int other = at(a + da, r + dr);
          top = other < here || (other == here && (da > 0 || (da == 0 && dr >= 0)));
        }
      }
      if (top)
        lines.push_back({static_cast<float>(CV_PI * a / kAngles), static_cast<float>(r - reach),
                         static_cast<float>(here), cosine[static_cast<std::size_t>(a)],
                         sine[static_cast<std::size_t>(a)]});
    }
  }
  std::ranges::stable_sort(lines, [](const Line& a, const Line& b) { return a.votes > b.votes; });
  if (lines.size() > kLines) lines.resize(kLines);
  return lines;
}

cv::Point2f crossing(const Line& a, const Line& b) {
  const float det = a.cosine * b.sine - b.cosine * a.sine;
  return {(a.rho * b.sine - b.rho * a.sine) / det, (b.rho * a.cosine - a.rho * b.cosine) / det};
}

// Angle between two undirected directions, 0..pi/2.
float between(float a, float b) {
  const float d = std::abs(a - b);  // both 0..pi
  return std::min(d, static_cast<float>(CV_PI) - d);
}

void keep_best(std::vector<Hypothesis>& all) {
  std::ranges::stable_sort(all,
                           [](const Hypothesis& a, const Hypothesis& b) { return a.support > b.support; });
  std::vector<Hypothesis> kept;
  for (const Hypothesis& h : all) {
    const bool known = std::ranges::any_of(kept, [&](const Hypothesis& k) {
      double far = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const double one = cv::norm(h.corners[i] - k.corners[i]),
                     other = cv::norm(h.corners[i] - k.corners[(i + 2) % 4]);
        far = std::max(far, std::min(one, other));
      }
      return far < 5;
    });
    if (!known) kept.push_back(h);
    if (kept.size() >= kHypotheses) break;
  }
  all = std::move(kept);
}

std::vector<Hypothesis> from_lines(const Gradient& g, const std::vector<Line>& lines) {
  struct Two {
    std::size_t a, b;
    float angle, apart;
  };
  const cv::Size size = g.x.size();
  const auto least = 0.22f * static_cast<float>(std::min(size.width, size.height));
  const cv::Point2f middle(0.5f * static_cast<float>(size.width), 0.5f * static_cast<float>(size.height));
  std::vector<Two> twos;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t k = i + 1; k < lines.size(); ++k) {
      if (between(lines[i].angle, lines[k].angle) > 0.08f) continue;
      const auto distance = [&](const Line& l) { return middle.x * l.cosine + middle.y * l.sine - l.rho; };
      const bool same = std::abs(lines[i].angle - lines[k].angle) < 1;  // not across the circle's seam
      const float apart = std::abs(distance(lines[i]) - (same ? 1.0f : -1.0f) * distance(lines[k]));
      if (apart < least) continue;
      twos.push_back({i, k, lines[i].angle, apart});
    }
  }
  std::vector<Hypothesis> all;
  for (const Two& p : twos) {
    for (const Two& q : twos) {
      const double ratio = p.apart / q.apart / kAspect;  // p bounds the long extent
      if (ratio < 1 - 1.5 * kAspectSlack || ratio > 1 + 1.5 * kAspectSlack) continue;
      if (between(p.angle, q.angle) < 1.45f) continue;
      Hypothesis h;
      h.corners = {crossing(lines[p.a], lines[q.a]), crossing(lines[p.a], lines[q.b]),
                   crossing(lines[p.b], lines[q.b]), crossing(lines[p.b], lines[q.a])};
      if (!in_view(h.corners, size, 3)) continue;
      h.corners = ordered(h.corners);
      if (!card_shaped(h.corners)) continue;
      h.support = support_of(g, h.corners);
      if (h.support > 0.3) all.push_back(h);
    }
  }
  keep_best(all);
  return all;
}

// What differs from the picture's border, as one more hypothesis. Level and slope of the border per colour.
void from_background(const cv::Mat& small, const Gradient& g, Search& out) {
  const int w = small.cols, h = small.rows, ring = std::max(3, w / 45);
  std::array<cv::Vec3f, 3> plane;
  float noise = 1;
  struct Sample {
    float u, v, value;
  };
  const auto unit_x = [&](int x) { return 2 * (static_cast<float>(x) + 0.5f) / static_cast<float>(w) - 1; };
  const auto unit_y = [&](int y) { return 2 * (static_cast<float>(y) + 0.5f) / static_cast<float>(h) - 1; };
  for (int c = 0; c < 3; ++c) {
    std::vector<Sample> samples;
    for (int y = 0; y < h; y += 2) {
      for (int x = 0; x < w; x += 2) {
        if (x >= ring && x < w - ring && y >= ring && y < h - ring) {
          x = w - ring - 2;
          continue;
        }
        samples.push_back({unit_x(x), unit_y(y), static_cast<float>(small.at<cv::Vec3b>(y, x)[c])});
      }
    }
    std::vector<float> sorted(samples.size());
    const auto median = [&] {
      const auto m = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
      std::nth_element(sorted.begin(), m, sorted.end());
      return *m;
    };
    for (std::size_t i = 0; i < samples.size(); ++i) sorted[i] = samples[i].value;
    cv::Vec3f p(median(), 0, 0);
    float scale = 1;
    for (int round = 0; round < 5; ++round) {
      const auto off = [&](const Sample& s) { return s.value - (p[0] + p[1] * s.u + p[2] * s.v); };
      for (std::size_t i = 0; i < samples.size(); ++i) sorted[i] = std::abs(off(samples[i]));
      scale = std::max(1.0f, 1.48f * median());
      cv::Matx33d normal = cv::Matx33d::eye() * 1e-6;
      cv::Vec3d right(0, 0, 0);
      for (const Sample& s : samples) {
        const double q = off(s) / (3 * scale), weight = 1 / (1 + q * q * q * q);
        const cv::Vec3d basis(1, s.u, s.v);
        normal += weight * basis * basis.t();
        right += weight * static_cast<double>(s.value) * basis;
      }
      p = cv::Vec3f(normal.solve(right, cv::DECOMP_CHOLESKY));
    }
    plane[static_cast<std::size_t>(c)] = p;
    noise = std::max(noise, scale);
  }
  cv::Mat distance(small.size(), CV_8U);
  for (int y = 0; y < h; ++y) {
    const auto* in = small.ptr<cv::Vec3b>(y);
    auto* to = distance.ptr<std::uint8_t>(y);
    const float v = unit_y(y);
    for (int x = 0; x < w; ++x) {
      float most = 0;
      for (int c = 0; c < 3; ++c) {
        const cv::Vec3f& p = plane[static_cast<std::size_t>(c)];
        most = std::max(most, std::abs(static_cast<float>(in[x][c]) - (p[0] + p[1] * unit_x(x) + p[2] * v)));
      }
      to[x] = static_cast<std::uint8_t>(std::min(most, 255.0f));
    }
  }
  const double least = std::max(14.0f, 5 * noise);
  cv::Mat mask = distance > least;
  if (cv::countNonZero(mask) < w * h / 20) return;
  mask = distance > std::max(least, 0.33 * cv::mean(distance, mask)[0]);
  cv::morphologyEx(mask, mask, cv::MORPH_OPEN, cv::Mat::ones(3, 3, CV_8U));
  cv::Mat labels, stats, centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centres, 8, CV_32S);
  for (int i = 1; i < count; ++i) {
    if (stats.at<int>(i, cv::CC_STAT_AREA) < w * h / 20) continue;
    std::vector<cv::Point> points;
    int on_border = 0;
    for (int y = 0; y < h; ++y) {
      const int* row = labels.ptr<int>(y);
      int first = -1, last = -1;
      for (int x = 0; x < w; ++x) {
        if (row[x] != i) continue;
        if (first < 0) first = x;
        last = x;
        on_border += x == 0 || y == 0 || x == w - 1 || y == h - 1;
      }
      if (first >= 0) points.emplace_back(first, y);
      if (last > first) points.emplace_back(last, y);
    }
    if (on_border > w / 20) {
      out.touches_border = true;
      continue;
    }
    std::vector<cv::Point> hull;
    cv::convexHull(points, hull);
    const cv::RotatedRect rect = cv::minAreaRect(hull);
    if (cv::contourArea(hull) < 0.85 * static_cast<double>(rect.size.area())) continue;
    Hypothesis hypothesis;
    rect.points(hypothesis.corners.data());
    hypothesis.corners = ordered(hypothesis.corners);
    if (!card_shaped(hypothesis.corners)) continue;
    refine(g, hypothesis.corners, 4);
    hypothesis.support = std::max(0.35, support_of(g, hypothesis.corners));
    out.hypotheses.push_back(hypothesis);
  }
}

void to_photo(Hypothesis& h, double factor) {
  for (cv::Point2f& p : h.corners) p = (p + cv::Point2f(0.5f, 0.5f)) * static_cast<float>(factor);
}

}  // namespace

bool in_view(const Corners& corners, const cv::Size& size, float slack) {
  return std::ranges::all_of(corners, [&](const cv::Point2f& p) {
    return p.x > -slack && p.y > -slack && p.x < static_cast<float>(size.width) + slack &&
           p.y < static_cast<float>(size.height) + slack;
  });
}

Search search_card(const cv::Mat& photo) {
  Search out;
  const int longer = std::max(photo.cols, photo.rows), factor = std::max(1, longer / kSearchPixels);
  if (longer < 360 || std::min(photo.cols, photo.rows) / factor < 100) return out;
  out.small = averaged(photo, factor);
  out.factor = factor;
  cv::blur(out.small, out.soft, {3, 3});
  const Gradient g = gradient_of(out.soft);
  out.hypotheses = from_lines(g, find_lines(g));
  for (Hypothesis& h : out.hypotheses) {
    refine(g, h.corners, 2);
    to_photo(h, factor);
  }
  return out;
}

void search_background(Search& search) {
  if (search.small.empty()) return;
  const std::size_t known = search.hypotheses.size();
  from_background(search.small, gradient_of(search.soft), search);
  for (std::size_t i = known; i < search.hypotheses.size(); ++i)
    to_photo(search.hypotheses[i], search.factor);
  std::ranges::stable_sort(search.hypotheses,
                           [](const Hypothesis& a, const Hypothesis& b) { return a.support > b.support; });
}

Outline locate(const cv::Mat& photo) {
  Outline outline;
  Search search = search_card(photo);
  search_background(search);
  if (!search.hypotheses.empty() && search.hypotheses.front().support > 0.5) {
    outline.corners = search.hypotheses.front().corners;
    outline.state = Outline::State::found;
  } else if (search.touches_border) {
    outline.state = Outline::State::cut_off;
  }
  return outline;
}

}  // namespace ktp::inspection
