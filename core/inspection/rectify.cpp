// SPDX-License-Identifier: Apache-2.0
// The photograph seen through the warp, bilinear, with fractions of 1/32 pixel.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/core/hal/intrin.hpp>
#include <opencv2/imgproc.hpp>

#include "inspection/align.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kGrid = 8;      // working pixels between two places at which the warp is computed
constexpr int kPoint = 16;    // bits behind the point of a place
constexpr int kFraction = 5;  // bits of it that are used
constexpr int kOne = 1 << kFraction;

// Up to kGrid places in equal steps along a row, 16 bits behind the point.
struct Span {
  int x, y, dx, dy, count;
};

int fixed(float v) {
  return cvRound(v * (1 << kPoint));
}

int fraction(int v) {
  return (v >> (kPoint - kFraction)) & (kOne - 1);
}

// What OpenCV's own remap takes.
KTP_ROW_KERNEL void fill_map(int x, int y, int dx, int dy, int count, std::int16_t* __restrict whole,
                             std::uint16_t* __restrict part) {
  for (int k = 0; k < count; ++k) {
    const int px = x + k * dx, py = y + k * dy;
    whole[2 * k] = static_cast<std::int16_t>(px >> 16);
    whole[2 * k + 1] = static_cast<std::int16_t>(py >> 16);
    part[k] = static_cast<std::uint16_t>(((py >> 11) & 31) << 5 | ((px >> 11) & 31));
  }
}

// All spans of `out`.
template <class Use>
void for_spans(const Warp& warp, int step, int shrunk, const cv::Size& out, const Use& use) {
  // The warp is smooth: computed every 8 pixels and interpolated between.
  const cv::Size nodes(out.width / kGrid + 2, out.height / kGrid + 2);
  cv::Mat grid(nodes, CV_32FC2);
  const double scale = 1.0 / shrunk;
  for (int j = 0; j < nodes.height; ++j) {
    auto* row = grid.ptr<cv::Vec2f>(j);
    for (int i = 0; i < nodes.width; ++i) {
      const double x = (i * kGrid + 0.5) * step, y = (j * kGrid + 0.5) * step;
      const cv::Point2d moved = warp.displacement(x, y) + cv::Point2d(x, y);
      const cv::Vec3d p = warp.homography * cv::Vec3d(moved.x, moved.y, 1);
      // A hypothesis that lies far outside the picture must not leave the map's 16 bits.
      row[i] = {static_cast<float>(std::clamp(p[0] / p[2] * scale - 0.5, -30000.0, 30000.0)),
                static_cast<float>(std::clamp(p[1] / p[2] * scale - 0.5, -30000.0, 30000.0))};
    }
  }
  // Cell by cell: of a card that lies turned, a row of spans would run down the photograph's columns.
  for (int j = 0; j * kGrid < out.height; ++j) {
    const auto* a = grid.ptr<cv::Vec2f>(j);
    const auto* b = grid.ptr<cv::Vec2f>(j + 1);
    for (int i = 0; i * kGrid < out.width; ++i) {
      for (int y = j * kGrid; y < std::min((j + 1) * kGrid, out.height); ++y) {
        const float v = static_cast<float>(y % kGrid) / kGrid;
        const cv::Vec2f left = a[i] * (1 - v) + b[i] * v, right = a[i + 1] * (1 - v) + b[i + 1] * v;
        const cv::Vec2f slope = (right - left) * (1.0f / kGrid);
        constexpr float kHalfStep = 0.5f / kOne;  // rounds to the nearest
        use(y, i * kGrid,
            Span{fixed(left[0] + kHalfStep), fixed(left[1] + kHalfStep), fixed(slope[0]), fixed(slope[1]),
                 std::min(kGrid, out.width - i * kGrid)});
      }
    }
  }
}

// The two weights of every fraction, as the samples are multiplied by them.
struct Weights {
  alignas(16) std::array<std::array<std::uint16_t, 8>, kOne> near, far;  // eight times the same
  alignas(16) std::array<std::array<std::int16_t, 8>, kOne> pairs;       // near and far in turn
};

constexpr Weights kWeights = [] {
  Weights w{};
  for (std::size_t f = 0; f < kOne; ++f)
    for (std::size_t i = 0; i < 8; ++i) {
      w.near[f][i] = static_cast<std::uint16_t>(kOne - f), w.far[f][i] = static_cast<std::uint16_t>(f);
      w.pairs[f][i] = static_cast<std::int16_t>(i % 2 ? f : kOne - f);
    }
  return w;
}();

// Eight samples of three colours each: two rows by the vertical fraction, then neighbours by the horizontal
// one. The products are exact in 16 and 32 bits. All places and their neighbours lie in the picture, with
// eight bytes to be read from each.
KTP_ROW_KERNEL void colour_span(const cv::Mat& photo, const Span& span, std::uint8_t* out) {
  const std::size_t stride = photo.step[0];
  const auto sample = [&](int k) {
    const int x = span.x + k * span.dx, y = span.y + k * span.dy;
    const auto fx = static_cast<std::size_t>(fraction(x)), fy = static_cast<std::size_t>(fraction(y));
    const std::uint8_t* at = photo.data + static_cast<std::size_t>(y >> kPoint) * stride +
                             3 * static_cast<std::size_t>(x >> kPoint);
    const cv::v_uint16x8 upper = cv::v_load_expand(at), lower = cv::v_load_expand(at + stride);
    const cv::v_int16x8 here = cv::v_reinterpret_as_s16(
        cv::v_add_wrap(cv::v_mul_wrap(upper, cv::v_load_aligned(kWeights.near[fy].data())),
                       cv::v_mul_wrap(lower, cv::v_load_aligned(kWeights.far[fy].data()))));
    cv::v_int16x8 pairs, rest;
    cv::v_zip(here, cv::v_rotate_right<3>(here), pairs, rest);
    return cv::v_dotprod(pairs, cv::v_load_aligned(kWeights.pairs[fx].data()));
  };
  for (int k = 0; k < kGrid; k += 4) {
    constexpr int kShift = 2 * kFraction;
    const cv::v_int16x8 two = cv::v_rshr_pack<kShift>(sample(k), sample(k + 1)),
                        four = cv::v_rshr_pack<kShift>(sample(k + 2), sample(k + 3));
    alignas(16) std::array<std::uint8_t, 16> pixels;
    cv::v_store_aligned(pixels.data(), cv::v_pack_u(two, four));
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(out + 3 * i, pixels.data() + 4 * i, 3);
    out += 12;
  }
}

// The same anywhere: what lies beyond the picture is its nearest pixel.
void colour_span_at_border(const cv::Mat& photo, const Span& span, std::uint8_t* out) {
  for (int k = 0; k < span.count; ++k) {
    const int x = span.x + k * span.dx, y = span.y + k * span.dy, fx = fraction(x), fy = fraction(y);
    const auto column = [&](int i) {
      return 3 * static_cast<std::size_t>(std::clamp((x >> kPoint) + i, 0, photo.cols - 1));
    };
    const auto* upper = photo.ptr<std::uint8_t>(std::clamp(y >> kPoint, 0, photo.rows - 1));
    const auto* lower = photo.ptr<std::uint8_t>(std::clamp((y >> kPoint) + 1, 0, photo.rows - 1));
    const std::size_t left = column(0), right = column(1);
    for (std::size_t c = 0; c < 3; ++c) {
      const int sum = (kOne - fx) * ((kOne - fy) * upper[left + c] + fy * lower[left + c]) +
                      fx * ((kOne - fy) * upper[right + c] + fy * lower[right + c]);
      *out++ = static_cast<std::uint8_t>((sum + kOne * kOne / 2) >> (2 * kFraction));
    }
  }
}

}  // namespace

void rectify(const cv::Mat& photo, const Warp& warp, int step, cv::Mat& seen, int shrunk) {
  const cv::Size size(warp.size.width / step, warp.size.height / step);
  if (photo.channels() == 1) {
    cv::Mat whole(size, CV_16SC2), part(size, CV_16UC1);
    for_spans(warp, step, shrunk, size, [&](int y, int x, const Span& s) {
      fill_map(s.x, s.y, s.dx, s.dy, s.count, whole.ptr<std::int16_t>(y) + 2 * x,
               part.ptr<std::uint16_t>(y) + x);
    });
    cv::remap(photo, seen, whole, part, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    return;
  }
  seen.create(size, CV_8UC3);
  // Three pixels are read from a place on: eight bytes.
  const int most_x = (photo.cols - 3) << kPoint, most_y = (photo.rows - 1) << kPoint;
  for_spans(warp, step, shrunk, size, [&](int y, int x, const Span& s) {
    auto* out = seen.ptr<std::uint8_t>(y) + 3 * x;
    const int last_x = s.x + (kGrid - 1) * s.dx, last_y = s.y + (kGrid - 1) * s.dy;
    const bool inside = s.count == kGrid && s.x >= 0 && s.y >= 0 && last_x >= 0 && last_y >= 0 &&
                        s.x < most_x && last_x < most_x && s.y < most_y && last_y < most_y;
    if (inside) {
      colour_span(photo, s, out);
    } else {
      colour_span_at_border(photo, s, out);
    }
  });
}

}  // namespace ktp::inspection
