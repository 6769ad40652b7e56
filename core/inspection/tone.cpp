// SPDX-License-Identifier: Apache-2.0
#include "inspection/tone.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "inspection/block_means.hpp"
#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kRounds = 6;
// The first rounds still contain the glare: what is dark lies far off before it is known.
constexpr std::array<float, kRounds> kWiden{5, 4, 3, 2, 1.4f, 1};
constexpr int kStarted = 3;  // the round to go on with from another sharpness's tone
constexpr float kMostGlare =
    45;  // levels of black; more than any sheen lifts is print that is missing or a layer on top
constexpr double kLeastGlare = -6;  // levels of black that another camera's curve may take away
constexpr float kMostColour = 32;   // levels; what no camera needs is no camera's doing

struct Cell {
  float x, y, trust, plain;
  std::array<float, 3> face, seen, lift;
  float glare = 0, weight = 1;
  std::array<float, 3> light{1, 1, 1};  // of each colour, as the tone has it at present
  // Of a clipped colour: the picture's bound, and whether it is the brighter one. What the tone has beyond it
  // is taken as seen, so that the other colours decide.
  std::array<float, 3> bound{};
  std::array<bool, 3> too_bright{}, too_dark{};
};

// Normal equations of least squares, one equation after the other. Rows are padded to whole vectors and
// filled beyond the diagonal. Vectors by name: left to itself the compiler turns the loops inside out and is
// slower than without.
template <std::size_t kUnknowns>
class Normal {
 public:
  static constexpr std::size_t kPadded = (kUnknowns + 3) / 4 * 4;
  using Row = std::array<double, kPadded>;
  static void add(Row& sum, const Row& basis, double weight) {
    using Four [[gnu::vector_size(32)]] = double;
    for (std::size_t j = 0; j < kPadded; j += 4) {
      Four s, b;
      std::memcpy(&s, &sum[j], sizeof s);
      std::memcpy(&b, &basis[j], sizeof b);
      s += weight * b;
      std::memcpy(&sum[j], &s, sizeof s);
    }
  }
  // `weight` * basis * basis', and `cross` * basis on the right.
  void add(const Row& basis, double weight, double cross = 0) {
    for (std::size_t i = 0; i < kUnknowns; ++i) add(left_[i], basis, weight * basis[i]);
    add(right_, basis, cross);
  }
  double& left(std::size_t i, std::size_t j) { return left_[i][j]; }
  double& right(std::size_t i) { return right_[i]; }
  // Of a right side of the caller's, or of the own one.
  [[nodiscard]] Row solve(const Row& right) const {
    cv::Matx<double, kUnknowns, kUnknowns> m;
    cv::Vec<double, kUnknowns> r;
    for (std::size_t i = 0; i < kUnknowns; ++i) {
      r[static_cast<int>(i)] = right[i];
      for (std::size_t j = 0; j < kUnknowns; ++j) m(static_cast<int>(i), static_cast<int>(j)) = left_[i][j];
    }
    const cv::Vec<double, kUnknowns> solution = m.solve(r, cv::DECOMP_CHOLESKY);
    Row out{};
    for (std::size_t i = 0; i < kUnknowns; ++i) out[i] = solution[static_cast<int>(i)];
    return out;
  }
  [[nodiscard]] Row solve() const { return solve(right_); }

 private:
  std::array<Row, kUnknowns> left_{};
  Row right_{};
};

void light_up(const Tone& tone, std::vector<Cell>& cells) {
  for (Cell& k : cells) {
    const float common = tone.light_at(k.x, k.y);
    for (std::size_t c = 0; c < 3; ++c) {
      k.light[c] = common * (1 + tone.shade[c][0] * k.x + tone.shade[c][1] * k.y);
      if (!k.too_bright[c] && !k.too_dark[c]) continue;
      const float has = tone.offset[c] + tone.gain[c] * k.light[c] * k.face[c] + k.glare * k.lift[c];
      k.seen[c] = k.too_bright[c] ? std::max(k.bound[c], has) : std::min(k.bound[c], has);
    }
  }
}

void fit_gains(Tone& tone, const std::vector<Cell>& cells) {
  for (std::size_t c = 0; c < 3; ++c) {
    double sw = 1e-9, se = 0, sp = 0, see = 0, sep = 0;
    for (const Cell& k : cells) {
      const double w = k.weight, e = k.light[c] * k.face[c], p = k.seen[c] - k.glare * k.lift[c];
      sw += w, se += w * e, sp += w * p, see += w * e * e, sep += w * e * p;
    }
    // A nearly plain face cannot tell gain from offset: a weak pull of the offset to 0 decides.
    const double pull = 2e-4 * sw;
    const cv::Matx22d normal(see, se, se, sw + pull);
    const cv::Vec2d solution = normal.solve(cv::Vec2d(sep, sp), cv::DECOMP_LU);
    tone.gain[c] = static_cast<float>(std::clamp(solution[0], 0.2, 4.0));
    tone.offset[c] = static_cast<float>(std::clamp(solution[1], -80.0, 160.0));
  }
}

KTP_ROW_KERNEL void fit_light(Tone& tone, const std::vector<Cell>& cells, bool bent) {
  constexpr std::size_t n = Tone::kLight;
  // Towards even light; what bends more has to be asked for by more of the card.
  const double pull = bent ? 1e-4 : 1e-3, pull_bent = bent ? 5e-4 : 1e6;
  Normal<n> normal;
  double total = 0;
  for (const Cell& k : cells) {
    if (k.weight <= 0) continue;
    double own = 0, cross = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      const double e = tone.gain[c] * k.face[c] * (1 + tone.shade[c][0] * k.x + tone.shade[c][1] * k.y);
      own += e * e, cross += e * (k.seen[c] - k.glare * k.lift[c] - tone.offset[c] - e);
    }
    own *= k.weight, cross *= k.weight;
    const auto x = Tone::legendre(k.x), y = Tone::legendre(k.y);
    normal.add({x[0], y[0], x[1], x[0] * y[0], y[1], x[2], x[1] * y[0], x[0] * y[1], y[2], x[3], x[2] * y[0],
                x[1] * y[1], x[0] * y[2], y[3]},
               own, cross);
    total += own;
  }
  for (std::size_t i = 0; i < n; ++i) normal.left(i, i) += 1e-3 + (i < 5 ? pull : pull_bent) * total;
  const auto solution = normal.solve();
  for (std::size_t i = 0; i < n; ++i) tone.light[i] = static_cast<float>(std::clamp(solution[i], -0.5, 0.5));
}

void fit_shade(Tone& tone, const std::vector<Cell>& cells) {
  constexpr double kPull = 1e-3, kMost = 0.08;  // share of the light
  std::array<cv::Vec2d, 3> slope;
  for (std::size_t c = 0; c < 3; ++c) {
    double xx = 0, xy = 0, yy = 0, rx = 0, ry = 0, total = 1e-9;
    for (const Cell& k : cells) {
      const double e = tone.gain[c] * tone.light_at(k.x, k.y) * k.face[c], w = k.weight * e;
      const double rest = k.seen[c] - k.glare * k.lift[c] - tone.offset[c] - e;
      total += w * e, xx += w * e * k.x * k.x, xy += w * e * k.x * k.y, yy += w * e * k.y * k.y;
      rx += w * rest * k.x, ry += w * rest * k.y;
    }
    const cv::Matx22d normal(xx + kPull * total, xy, xy, yy + kPull * total);
    slope[c] = normal.solve(cv::Vec2d(rx, ry), cv::DECOMP_CHOLESKY);
  }
  const cv::Vec2d mean = (slope[0] + slope[1] + slope[2]) / 3;  // which is light
  for (std::size_t c = 0; c < 3; ++c) {
    for (int i = 0; i < 2; ++i)
      tone.shade[c][static_cast<std::size_t>(i)] =
          static_cast<float>(std::clamp<double>(slope[c][i] - mean[i], -kMost, kMost));
  }
}

KTP_ROW_KERNEL void fit_glare(Tone& tone, std::vector<Cell>& cells) {
  constexpr std::size_t n = Tone::kGlare;
  Normal<n> normal;
  double total = 1e-9;
  for (const Cell& k : cells) {
    if (k.weight <= 0) continue;
    double own = 0, cross = 0;
    bool possible = true;
    for (std::size_t c = 0; c < 3; ++c) {
      const double rest = k.seen[c] - tone.offset[c] - tone.gain[c] * k.light[c] * k.face[c];
      // More than any sheen lifts is something else: print that is missing, a layer on top.
      possible = possible && std::abs(rest) < kMostGlare * k.lift[c] + 10;
      own += k.lift[c] * k.lift[c], cross += k.lift[c] * rest;
    }
    if (!possible || own < 1e-4) continue;
    const auto b = Tone::glare_basis(k.x, k.y);
    Normal<n>::Row basis{};
    std::ranges::copy(b, basis.begin());
    normal.add(basis, k.weight * own, k.weight * cross);
    total += k.weight * own;
  }
  // Little black on a face tells little of where it is lifted: towards even, and towards none.
  for (std::size_t i = 0; i < n; ++i)
    normal.left(i, i) += total * (i == 0 ? 2e-3 : i < 6 ? 1.5e-2 : 6e-2) + 0.5;
  auto solution = normal.solve();
  if (solution[0] < kLeastGlare) {
    // Haze and sheen only ever add light. A fit that takes it away has traded it for an offset, which missing
    // print does: the even part is held and the rest fitted beside it.
    for (std::size_t i = 1; i < n; ++i) {
      normal.right(i) -= normal.left(i, 0) * kLeastGlare;
      normal.left(i, 0) = normal.left(0, i) = 0;
    }
    normal.left(0, 0) = 1, normal.right(0) = kLeastGlare;
    solution = normal.solve();
  }
  for (std::size_t i = 0; i < n; ++i)
    tone.glare[i] = static_cast<float>(std::clamp(solution[i], -60.0, 90.0));
  for (Cell& k : cells) k.glare = tone.glare_at(k.x, k.y);
}

void reweigh(const Tone& tone, std::vector<Cell>& cells, float widen) {
  std::vector<float> off(cells.size());
  std::vector<bool> glares(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    float worst = 0;
    bool possible = true;
    for (std::size_t c = 0; c < 3; ++c) {
      const float plain =
          cells[i].seen[c] - tone.offset[c] - tone.gain[c] * cells[i].light[c] * cells[i].face[c];
      possible = possible && std::abs(plain) < kMostGlare * cells[i].lift[c] + 10;
      worst = std::max(worst, std::abs(plain - cells[i].glare * cells[i].lift[c]));
    }
    off[i] = worst;
    glares[i] = possible;
  }
  std::vector<float> sorted;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].trust > 0) sorted.push_back(off[i]);
  }
  if (sorted.empty()) return;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const float scale = std::max(1.5f, 3.0f * *middle);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const float q = off[i] / (glares[i] ? widen * scale : scale);
    cells[i].weight = cells[i].trust / (1 + q * q * q * q);  // far-off cells lose it faster than Cauchy's
  }
}

// A cell's value in the face's tone but for `colour`.
double linear_value(const Tone& tone, const Cell& k, std::size_t c) {
  return std::clamp<double>((k.seen[c] - k.glare * k.lift[c] - tone.offset[c]) / (tone.gain[c] * k.light[c]),
                            -30.0, 285.0);
}

using ColourFit = Normal<Tone::kTerms>;
using Terms = ColourFit::Row;

Terms terms_of(double red, double green, double blue) {
  const double r = (red - 128) / 128, g = (green - 128) / 128, b = (blue - 128) / 128;
  return {1, r, g, b, r * r, g * g, b * b, r * g, r * b, g * b};
}

// The linear part again, towards what the colours' correction makes of it.
void fit_light_under_colour(Tone& tone, std::vector<Cell>& cells) {
  std::vector<std::array<float, 3>> faces(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    Cell& k = cells[i];
    faces[i] = k.face;
    std::array<double, 3> n{};
    for (std::size_t c = 0; c < 3; ++c) n[c] = linear_value(tone, k, c);
    const Terms terms = terms_of(n[0], n[1], n[2]);
    for (std::size_t c = 0; c < 3; ++c) {
      double more = 0;
      for (std::size_t t = 0; t < Tone::kTerms; ++t)
        more += static_cast<double>(tone.colour[c][t]) * terms[t];
      k.face[c] -= std::clamp(static_cast<float>(more), -kMostColour, kMostColour);
    }
  }
  fit_light(tone, cells, true);
  fit_shade(tone, cells);
  light_up(tone, cells);
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i].face = faces[i];
}

// What the linear fit leaves over, as a smooth function of colour. A cell has a say only within `kNear`
// levels (root mean square of the three colours) of what is expected: cameras differ by less, and missing or
// foreign print by more.
KTP_ROW_KERNEL void fit_colour(Tone& tone, const std::vector<Cell>& cells) {
  constexpr double kNear[] = {20, 14, 10};  // levels, round by round
  constexpr double kPull = 2e-3;            // towards no correction, of the cells' whole weight
  using Colours = std::array<double, 4>;    // padded
  std::vector<Terms> terms(cells.size());
  std::vector<Colours> rest(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::array<double, 3> n{};
    for (std::size_t c = 0; c < 3; ++c) {
      n[c] = linear_value(tone, cells[i], c);
      rest[i][c] = cells[i].face[c] - n[c];
    }
    terms[i] = terms_of(n[0], n[1], n[2]);
  }
  tone.colour = {};
  std::array<Colours, Tone::kTerms> colour{};
  for (const double near : kNear) {
    ColourFit normal;
    std::array<Terms, 3> right{};
    double total = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].trust <= 0) continue;
      Colours left = rest[i];
      for (std::size_t t = 0; t < Tone::kTerms; ++t)
        for (std::size_t c = 0; c < left.size(); ++c) left[c] -= colour[t][c] * terms[i][t];
      const double squares = left[0] * left[0] + left[1] * left[1] + left[2] * left[2];
      const double q = std::sqrt(squares / 3) / near,
                   w = cells[i].trust * cells[i].plain / (1 + q * q * q * q);
      total += w;
      normal.add(terms[i], w);
      for (std::size_t c = 0; c < 3; ++c) ColourFit::add(right[c], terms[i], w * rest[i][c]);
    }
    for (std::size_t t = 0; t < Tone::kTerms; ++t) normal.left(t, t) += kPull * total + 1e-9;
    for (std::size_t c = 0; c < 3; ++c) {
      const Terms solution = normal.solve(right[c]);
      for (std::size_t t = 0; t < Tone::kTerms; ++t) {
        tone.colour[c][t] = static_cast<float>(solution[t]);
        colour[t][c] = static_cast<double>(tone.colour[c][t]);
      }
    }
  }
}

}  // namespace

CellMeans cell_means(const std::array<cv::Mat, 3>& planes) {
  return {block_means(planes[0], Reference::kCell), block_means(planes[1], Reference::kCell),
          block_means(planes[2], Reference::kCell)};
}

Tone fit_tone(const Reference& reference, const Band& band, const CellMeans& seen, const cv::Mat& trust,
              const Tone* start) {
  const Band::Cells& expected = band.cells();
  const cv::Size cells_size = reference.cell_detail.size();
  // Every other is plenty for some thirty unknowns, and half of those for a start.
  const int every = start ? 2 : 4;
  std::vector<Cell> cells;
  for (int y = 1; y + 1 < cells_size.height; ++y) {
    for (int x = 1 + y % 2 * (every / 2); x + 1 < cells_size.width; x += every) {
      Cell k{};
      k.x = 2 * (static_cast<float>(x) + 0.5f) * Reference::kCell / static_cast<float>(reference.size.width) -
            1;
      k.y =
          2 * (static_cast<float>(y) + 0.5f) * Reference::kCell / static_cast<float>(reference.size.height) -
          1;
      bool usable = false, clipped = false;
      for (std::size_t c = 0; c < 3; ++c) {
        k.face[c] = expected.means[c].at<float>(y, x);
        k.seen[c] = seen[c].at<std::uint8_t>(y, x);
        k.lift[c] = expected.lift[c].at<float>(y, x);
        k.bound[c] = k.seen[c];
        k.too_bright[c] = k.seen[c] >= 251, k.too_dark[c] = k.seen[c] <= 3;
        const bool tells_a_bound = k.too_bright[c] || k.too_dark[c];
        usable = usable || !tells_a_bound, clipped = clipped || tells_a_bound;
      }
      k.trust = usable ? trust.at<float>(y, x) : 0;
      k.weight = k.trust;
      k.plain = clipped ? 0 : 1 / (1 + std::pow(reference.cell_detail.at<float>(y, x) / 40, 2.0f));
      cells.push_back(k);
    }
  }
  Tone tone;
  if (start) {
    tone = *start;
    light_up(tone, cells);
    for (Cell& k : cells) k.glare = tone.glare_at(k.x, k.y);
    reweigh(tone, cells, kWiden[kStarted - 1]);
  }
  for (int round = start ? kStarted : 0; round < kRounds; ++round) {
    fit_gains(tone, cells);
    // Only when it is known which cells are as expected: light that bends explains half a blank card too.
    const bool bent = round >= kRounds - 2;
    fit_light(tone, cells, bent);
    if (bent) fit_shade(tone, cells);
    light_up(tone, cells);
    if (round > 0) fit_glare(tone, cells);
    reweigh(tone, cells, kWiden[static_cast<std::size_t>(round)]);
  }
  fit_gains(tone, cells);
  fit_colour(tone, cells);
  for (int i = 0; i < 2; ++i) {
    fit_light_under_colour(tone, cells);
    fit_colour(tone, cells);
  }
  return tone;
}

namespace {

// u = start + step * x: a polynomial of x along one row.
template <std::size_t kOrder>
void polynomial_row(const std::array<float, kOrder>& k, float start, float step, int width,
                    float* __restrict out) {
  for (int x = 0; x < width; ++x) {
    const float u = start + step * static_cast<float>(x);
    float sum = k[kOrder - 1];
    for (std::size_t i = kOrder - 1; i-- > 0;) sum = k[i] + u * sum;
    out[x] = sum;
  }
}

KTP_ROW_KERNEL void light_row(const std::array<float, 5>& k, float start, float step, int width,
                              float* __restrict out) {
  polynomial_row(k, start, step, width, out);
}

KTP_ROW_KERNEL void glare_row(const std::array<float, 4>& k, float start, float step, int width,
                              float* __restrict out) {
  polynomial_row(k, start, step, width, out);
}

// One colour without `Tone::colour`: `even` + `slope` * x is gain and shade of the row. `per_level`: by how
// much a level of the photograph moves the result.
KTP_ROW_KERNEL void linear_row(const std::uint8_t* __restrict seen, const float* __restrict light,
                               float offset, float even, float slope, int width, float* __restrict per_level,
                               float* __restrict out) {
  for (int x = 0; x < width; ++x) {
    const float k = 1.0f / (light[x] * (even + slope * static_cast<float>(x)));
    per_level[x] = k;
    out[x] = (static_cast<float>(seen[x]) - offset) * k;
  }
}

// The same, `glare` taken off where the face lets it show.
KTP_ROW_KERNEL void linear_row_under_glare(const std::uint8_t* __restrict seen,
                                           const std::uint8_t* __restrict expected,
                                           const float* __restrict light, const float* __restrict glare,
                                           float offset, float even, float slope, int width,
                                           float* __restrict per_level, float* __restrict out) {
  for (int x = 0; x < width; ++x) {
    const float k = 1.0f / (light[x] * (even + slope * static_cast<float>(x)));
    per_level[x] = k;
    const float q = 1 / (1 + static_cast<float>(expected[x]) * (1.0f / Tone::kLiftLevels));
    float n = (static_cast<float>(seen[x]) - offset) * k;
    n -= glare[x] * q * q * k;
    out[x] = n;
  }
}

// Of a vivid colour a camera's processing takes the least of the three colours below what a picture can hold:
// what is left at the floor tells nothing of it, and the other two tell of damage.
constexpr std::uint8_t kFloor = 12, kVivid = 110;  // levels
// What a picture can hold. Where the face goes beyond that, noise and picture coding leave a clipped pixel a
// few levels short: it is as far off as it is from that bound, and not from the face. What lies further from
// the bound was not clipped.
constexpr float kBrightest = 255, kNearBound = 6, kFarFromBound = 18;
constexpr float kSlope = 1 / (kFarFromBound - kNearBound);

inline float not_below_0(float v) {
  return 0.5f * (v + std::abs(v));
}
// Clamped to 0..1.
inline float share_of(float v) {
  return 0.5f * (std::abs(v) - std::abs(v - 1) + 1);
}

KTP_ROW_KERNEL void coloured_row(const float* __restrict red, const float* __restrict green,
                                 const float* __restrict blue, const float* __restrict own,
                                 const float* __restrict per_level, const std::array<float, Tone::kTerms>& m,
                                 const std::uint8_t* __restrict seen, const std::uint8_t* __restrict expected,
                                 int width, std::uint8_t* __restrict out) {
  const float m0 = m[0], m1 = m[1], m2 = m[2], m3 = m[3], m4 = m[4], m5 = m[5], m6 = m[6], m7 = m[7],
              m8 = m[8], m9 = m[9];
  for (int x = 0; x < width; ++x) {
    const float r = (red[x] - 128) / 128, g = (green[x] - 128) / 128, b = (blue[x] - 128) / 128;
    float more = m0 + r * (m1 + m4 * r + m7 * g) + g * (m2 + m5 * g + m9 * b) + b * (m3 + m6 * b + m8 * r);
    more = more < -kMostColour ? -kMostColour : more > kMostColour ? kMostColour : more;
    const float level = own[x] + more, face = static_cast<float>(expected[x]),
                shown = static_cast<float>(seen[x]);
    // Without choices, of which the compiler would make jumps and no vectors.
    const float short_of = kBrightest - shown;
    const float more_light = not_below_0(face - level - short_of * per_level[x]),
                less_light = not_below_0(level - shown * per_level[x] - face);
    const float at_top = share_of((kFarFromBound - short_of) * kSlope),
                at_floor = share_of((kFarFromBound - shown) * kSlope);
    float value = level + more_light * at_top - less_light * at_floor + 0.5f;
    value = value < 0 ? 0 : value > 255 ? 255 : value;
    const float most = std::max(std::max(red[x], green[x]), blue[x]);
    const bool vivid = seen[x] <= kFloor && expected[x] < kVivid && most > kVivid;
    const auto told = static_cast<std::uint8_t>(static_cast<int>(value));
    out[x] = vivid ? expected[x] : told;
  }
}

void normalise_rows(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
                    std::array<cv::Mat, 3>& out, int every, bool green_only) {
  const int width = seen[0].cols, height = seen[0].rows;
  const auto w = static_cast<std::size_t>(width);
  std::vector<float> rows(8 * w);
  float* const light = rows.data();
  float* const glare = light + w;
  const std::array<float*, 3> linear{light + 2 * w, light + 3 * w, light + 4 * w},
      per_level{light + 5 * w, light + 6 * w, light + 7 * w};
  float most_glare = 0;
  for (const float u : {-1.0f, -0.5f, 0.0f, 0.5f, 1.0f})
    for (const float v : {-1.0f, -0.5f, 0.0f, 0.5f, 1.0f})
      most_glare = std::max(most_glare, std::abs(tone.glare_at(u, v)));
  const bool glares = most_glare > 0.75f;
  const std::array<cv::Mat, 3>& middle = band.middle();
  for (std::size_t c = 0; c < 3; ++c)
    if (c == 1 || !green_only) out[c].create(height, width, CV_8U);
  const float step = 2.0f / static_cast<float>(width), start = 0.5f * step - 1;
  for (int y = 0; y < height; y += every) {
    const float v = 2 * (static_cast<float>(y) + 0.5f) / static_cast<float>(height) - 1;
    light_row(tone.light_row(v), start, step, width, light);
    if (glares) {
      const auto& g = tone.glare;
      glare_row(
          {g[0] + v * (g[2] + v * (g[5] + v * g[9])), g[1] + v * (g[4] + v * g[8]), g[3] + v * g[7], g[6]},
          start, step, width, glare);
    }
    for (std::size_t c = 0; c < 3; ++c) {
      const auto* p = seen[c].ptr<std::uint8_t>(y);
      const float gain = tone.gain[c];
      const float even = gain * (1 + tone.shade[c][1] * v + tone.shade[c][0] * start),
                  slope = gain * tone.shade[c][0] * step;
      if (glares) {
        linear_row_under_glare(p, middle[c].ptr<std::uint8_t>(y), light, glare, tone.offset[c], even, slope,
                               width, per_level[c], linear[c]);
      } else {
        linear_row(p, light, tone.offset[c], even, slope, width, per_level[c], linear[c]);
      }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      if (c != 1 && green_only) continue;
      coloured_row(linear[0], linear[1], linear[2], linear[c], per_level[c], tone.colour[c],
                   seen[c].ptr<std::uint8_t>(y), middle[c].ptr<std::uint8_t>(y), width,
                   out[c].ptr<std::uint8_t>(y));
    }
  }
}

}  // namespace

void normalise(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
               std::array<cv::Mat, 3>& out) {
  normalise_rows(band, tone, seen, out, 1, false);
}

void normalise_samples(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
                       std::array<cv::Mat, 3>& out) {
  normalise_rows(band, tone, seen, out, kSampleRows, true);
}

}  // namespace ktp::inspection
