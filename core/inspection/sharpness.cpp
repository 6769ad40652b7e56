// SPDX-License-Identifier: Apache-2.0
#include "inspection/sharpness.hpp"

#include <algorithm>
#include <cmath>

#include "inspection/tone.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

// Of the rows that are sampled the first inside the rim.
int first_row(const Reference& reference) {
  return (reference.inner.y + kSampleRows - 1) / kSampleRows * kSampleRows;
}

// Products of steps from pixel to pixel, summed over a row: they fit 32 bits up to 16,000 pixels a row.
struct Steps {
  int cross = 0, own = 0;
};

std::int16_t step(const std::uint8_t* row, int x) {
  return static_cast<std::int16_t>(row[x] - row[x - 1]);
}

KTP_ROW_KERNEL Steps steps_of_row(const std::uint8_t* __restrict sharp, const std::uint8_t* __restrict seen,
                                  int first, int last) {
  int cross = 0, own = 0;
  for (int x = first; x < last; ++x) {
    const std::int16_t d = step(sharp, x);
    cross += d * step(seen, x);
    own += d * d;
  }
  return {cross, own};
}

// The same of a colour's difference to green.
KTP_ROW_KERNEL Steps colour_steps_of_row(const std::uint8_t* __restrict middle,
                                         const std::uint8_t* __restrict middle_green,
                                         const std::uint8_t* __restrict seen,
                                         const std::uint8_t* __restrict seen_green, int first, int last) {
  int cross = 0, own = 0;
  for (int x = first; x < last; ++x) {
    const auto d = static_cast<std::int16_t>(step(middle, x) - step(middle_green, x));
    cross += d * static_cast<std::int16_t>(step(seen, x) - step(seen_green, x));
    own += d * d;
  }
  return {cross, own};
}

KTP_ROW_KERNEL int difference_of_row(const std::uint8_t* __restrict seen,
                                     const std::uint8_t* __restrict middle, int first, int last) {
  int sum = 0;
  for (int x = first; x < last; ++x) {
    const int d = std::abs(seen[x] - middle[x]);
    sum += d < 60 ? d : 60;  // damage has no say
  }
  return sum;
}

// How much of the colour differences' steps is left in `seen`, as edge_share has it for light. `own`: sum of
// the squared steps of the band.
double colour_share(const Reference& reference, const std::array<cv::Mat, 3>& middle,
                    const std::array<cv::Mat, 3>& seen, double& own) {
  double cross = 0;
  own = 0;
  const int first = reference.inner.x, last = reference.inner.x + reference.inner.width;
  for (int y = first_row(reference); y < reference.inner.y + reference.inner.height; y += kSampleRows) {
    for (const std::size_t c : {std::size_t{0}, std::size_t{2}}) {
      const Steps steps =
          colour_steps_of_row(middle[c].ptr<std::uint8_t>(y), middle[1].ptr<std::uint8_t>(y),
                              seen[c].ptr<std::uint8_t>(y), seen[1].ptr<std::uint8_t>(y), first, last);
      cross += steps.cross, own += steps.own;
    }
  }
  return own > 0 ? cross / own : 1;
}

}  // namespace

double edge_share(const Reference& reference, const std::array<cv::Mat, 3>& planes) {
  double cross = 0, own = 0;
  for (int y = first_row(reference); y < reference.inner.y + reference.inner.height; y += kSampleRows) {
    const Steps steps = steps_of_row(reference.planes[1].ptr<std::uint8_t>(y), planes[1].ptr<std::uint8_t>(y),
                                     reference.inner.x, reference.inner.x + reference.inner.width);
    cross += steps.cross, own += steps.own;
  }
  return own > 0 ? cross / own : 1;
}

const Band& band_as_sharp(const Reference& reference, double share, bool linear) {
  const Band* best = nullptr;
  for (const Band& band : reference.bands)
    if (band.linear == linear &&
        (!best || std::abs(band.edge_share - share) < std::abs(best->edge_share - share)))
      best = &band;
  return best ? *best : reference.bands.front();
}

double distance(const Reference& reference, const Band& band, const std::array<cv::Mat, 3>& planes) {
  std::int64_t off = 0;
  for (int y = first_row(reference); y < reference.inner.y + reference.inner.height; y += kSampleRows)
    off += difference_of_row(planes[1].ptr<std::uint8_t>(y), band.middle()[1].ptr<std::uint8_t>(y),
                             reference.inner.x, reference.inner.x + reference.inner.width);
  return static_cast<double>(off) / (reference.inner.width * (reference.inner.height / kSampleRows));
}

const Band& band_as_colourful(const Reference& reference, const Band& band,
                              const std::array<cv::Mat, 3>& planes) {
  double steps = 0;
  const double seen = colour_share(reference, band.middle(), planes, steps);
  // A face with next to no coloured edges: what is measured is noise, and there is nothing to soften.
  constexpr double kEnough = 4;  // squared levels a pixel
  if (steps < kEnough * reference.inner.area() / kSampleRows) return band;
  const Band* best = &band;
  double off = std::abs(1 - seen);
  for (std::size_t k = 0; k < Band::kSoft.size(); ++k) {
    const Band& soft = band.soft_colour(k);
    const double here = std::abs(colour_share(reference, band.middle(), soft.middle(), steps) - seen);
    if (here >= off) break;
    best = &soft, off = here;
  }
  return *best;
}

}  // namespace ktp::inspection
