// SPDX-License-Identifier: Apache-2.0
#include "inspection/tone.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "inspection/vector_code.hpp"

namespace ktp::inspection {
namespace {

constexpr int kRounds = 6;
// The first rounds still contain the glare: what is dark lies far off before it is known.
constexpr std::array<float, kRounds> kWiden{5, 4, 3, 2, 1.4f, 1};
constexpr float kMostGlare =
    45;  // levels of black; more than any sheen lifts is print that is missing or a layer on top
constexpr double kLeastGlare = -6;  // levels of black that another camera's curve may take away
constexpr float kMostColour = 32;   // levels; what no camera needs is no camera's doing

struct Cell {
  float x, y, trust, plain;
  std::array<float, 3> face, seen, lift;
  float glare = 0, weight = 1;
};

void fit_gains(Tone& tone, const std::vector<Cell>& cells) {
  for (std::size_t c = 0; c < 3; ++c) {
    double sw = 1e-9, se = 0, sp = 0, see = 0, sep = 0;
    for (const Cell& k : cells) {
      const double w = k.weight, e = tone.light_at(k.x, k.y, c) * k.face[c],
                   p = k.seen[c] - k.glare * k.lift[c];
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

void fit_light(Tone& tone, const std::vector<Cell>& cells, bool bent) {
  constexpr int n = Tone::kLight;
  // Towards even light; what bends more has to be asked for by more of the card.
  const double pull = bent ? 1e-4 : 1e-3, pull_bent = bent ? 5e-4 : 1e6;
  cv::Matx<double, n, n> normal = cv::Matx<double, n, n>::eye() * 1e-3;
  cv::Vec<double, n> right{};
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
    const std::array<float, n> b{x[0],        y[0], x[1], x[0] * y[0], y[1],        x[2],        x[1] * y[0],
                                 x[0] * y[1], y[2], x[3], x[2] * y[0], x[1] * y[1], x[0] * y[2], y[3]};
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j <= i; ++j)
        normal(i, j) += own * b[static_cast<std::size_t>(i)] * b[static_cast<std::size_t>(j)];
      right[i] += cross * b[static_cast<std::size_t>(i)];
    }
    total += own;
  }
  for (int i = 0; i < n; ++i) {
    normal(i, i) += (i < 5 ? pull : pull_bent) * total;
    for (int j = 0; j < i; ++j) normal(j, i) = normal(i, j);
  }
  const cv::Vec<double, n> solution = normal.solve(right, cv::DECOMP_CHOLESKY);
  for (int i = 0; i < n; ++i)
    tone.light[static_cast<std::size_t>(i)] = static_cast<float>(std::clamp(solution[i], -0.5, 0.5));
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

void fit_glare(Tone& tone, std::vector<Cell>& cells) {
  constexpr int n = Tone::kGlare;
  cv::Matx<double, n, n> normal = cv::Matx<double, n, n>::zeros();
  cv::Vec<double, n> right{};
  double total = 1e-9;
  for (const Cell& k : cells) {
    if (k.weight <= 0) continue;
    double own = 0, cross = 0;
    bool possible = true;
    for (std::size_t c = 0; c < 3; ++c) {
      const double rest = k.seen[c] - tone.offset[c] - tone.gain[c] * tone.light_at(k.x, k.y, c) * k.face[c];
      // More than any sheen lifts is something else: print that is missing, a layer on top.
      possible = possible && std::abs(rest) < kMostGlare * k.lift[c] + 10;
      own += k.lift[c] * k.lift[c], cross += k.lift[c] * rest;
    }
    if (!possible || own < 1e-4) continue;
    const auto b = Tone::glare_basis(k.x, k.y);
    for (int i = 0; i < n; ++i) {
      const double w = k.weight * b[static_cast<std::size_t>(i)];
      for (int j = 0; j <= i; ++j) normal(i, j) += w * own * b[static_cast<std::size_t>(j)];
      right[i] += w * cross;
    }
    total += k.weight * own;
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) normal(j, i) = normal(i, j);
    // Little black on a face tells little of where it is lifted: towards even, and towards none.
    normal(i, i) += total * (i == 0 ? 2e-3 : i < 6 ? 1.5e-2 : 6e-2) + 0.5;
  }
  cv::Vec<double, n> solution = normal.solve(right, cv::DECOMP_CHOLESKY);
  if (solution[0] < kLeastGlare) {
    // Haze and sheen only ever add light. A fit that takes it away has traded it for an offset, which missing
    // print does: the even part is held and the rest fitted beside it.
    for (int i = 1; i < n; ++i) {
      right[i] -= normal(i, 0) * kLeastGlare;
      normal(i, 0) = normal(0, i) = 0;
    }
    normal(0, 0) = 1, right[0] = kLeastGlare;
    solution = normal.solve(right, cv::DECOMP_CHOLESKY);
  }
  for (int i = 0; i < n; ++i)
    tone.glare[static_cast<std::size_t>(i)] = static_cast<float>(std::clamp(solution[i], -60.0, 90.0));
  for (Cell& k : cells) k.glare = tone.glare_at(k.x, k.y);
}

void reweigh(const Tone& tone, std::vector<Cell>& cells, float widen) {
  std::vector<float> off(cells.size());
  std::vector<bool> glares(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    float worst = 0;
    bool possible = true;
    for (std::size_t c = 0; c < 3; ++c) {
      const float plain = cells[i].seen[c] - tone.offset[c] -
                          tone.gain[c] * tone.light_at(cells[i].x, cells[i].y, c) * cells[i].face[c];
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
  return std::clamp<double>(
      (k.seen[c] - k.glare * k.lift[c] - tone.offset[c]) / (tone.gain[c] * tone.light_at(k.x, k.y, c)), -30.0,
      285.0);
}

using Terms = std::array<double, Tone::kTerms>;

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
      for (std::size_t t = 0; t < terms.size(); ++t)
        more += static_cast<double>(tone.colour[c][t]) * terms[t];
      k.face[c] -= std::clamp(static_cast<float>(more), -kMostColour, kMostColour);
    }
  }
  fit_light(tone, cells, true);
  fit_shade(tone, cells);
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i].face = faces[i];
}

// What the linear fit leaves over, as a smooth function of colour. A cell has a say only within `kNear`
// levels (root mean square of the three colours) of what is expected: cameras differ by less, and missing or
// foreign print by more.
void fit_colour(Tone& tone, const std::vector<Cell>& cells) {
  constexpr double kNear[] = {20, 14, 10};  // levels, round by round
  constexpr double kPull = 2e-3;            // towards no correction, of the cells' whole weight
  std::vector<Terms> terms(cells.size());
  std::vector<std::array<double, 3>> rest(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::array<double, 3> n{};
    for (std::size_t c = 0; c < 3; ++c) {
      n[c] = linear_value(tone, cells[i], c);
      rest[i][c] = cells[i].face[c] - n[c];
    }
    terms[i] = terms_of(n[0], n[1], n[2]);
  }
  tone.colour = {};
  for (const double near : kNear) {
    cv::Matx<double, Tone::kTerms, Tone::kTerms> normal;
    std::array<cv::Vec<double, Tone::kTerms>, 3> right{};
    double total = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].trust <= 0) continue;
      double squares = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        double left = rest[i][c];
        for (int t = 0; t < Tone::kTerms; ++t)
          left -= static_cast<double>(tone.colour[c][static_cast<std::size_t>(t)]) *
                  terms[i][static_cast<std::size_t>(t)];
        squares += left * left;
      }
      const double q = std::sqrt(squares / 3) / near,
                   w = cells[i].trust * cells[i].plain / (1 + q * q * q * q);
      total += w;
      for (int a = 0; a < Tone::kTerms; ++a) {
        for (int b = 0; b <= a; ++b)
          normal(a, b) += w * terms[i][static_cast<std::size_t>(a)] * terms[i][static_cast<std::size_t>(b)];
        for (std::size_t c = 0; c < 3; ++c)
          right[c][a] += w * terms[i][static_cast<std::size_t>(a)] * rest[i][c];
      }
    }
    for (int a = 0; a < Tone::kTerms; ++a) {
      normal(a, a) += kPull * total + 1e-9;
      for (int b = 0; b < a; ++b) normal(b, a) = normal(a, b);
    }
    for (std::size_t c = 0; c < 3; ++c) {
      const auto solution = normal.solve(right[c], cv::DECOMP_CHOLESKY);
      for (int t = 0; t < Tone::kTerms; ++t)
        tone.colour[c][static_cast<std::size_t>(t)] = static_cast<float>(solution[t]);
    }
  }
}

}  // namespace

Tone fit_tone(const Reference& reference, const Band& band, const std::array<cv::Mat, 3>& seen,
              const cv::Mat& trust) {
  const Band::Cells& expected = band.cells();
  const cv::Size cells_size = reference.cell_detail.size();
  const cv::Rect covered(0, 0, cells_size.width * Reference::kCell, cells_size.height * Reference::kCell);
  std::array<cv::Mat, 3> small;
  for (std::size_t c = 0; c < 3; ++c)
    cv::resize(seen[c](covered), small[c], cells_size, 0, 0, cv::INTER_AREA);
  std::vector<Cell> cells;
  for (int y = 1; y + 1 < cells_size.height; ++y) {
    for (int x = 1 + y % 2; x + 1 < cells_size.width;
         x += 2) {  // every other: plenty for some thirty unknowns
      Cell k{};
      k.x = 2 * (static_cast<float>(x) + 0.5f) * Reference::kCell / static_cast<float>(reference.size.width) -
            1;
      k.y =
          2 * (static_cast<float>(y) + 0.5f) * Reference::kCell / static_cast<float>(reference.size.height) -
          1;
      bool usable = true;
      for (std::size_t c = 0; c < 3; ++c) {
        k.face[c] = expected.means[c].at<float>(y, x);
        k.seen[c] = small[c].at<std::uint8_t>(y, x);
        k.lift[c] = expected.lift[c].at<float>(y, x);
        usable = usable && k.seen[c] < 251 && k.seen[c] > 3;  // a clipped cell tells only a bound
      }
      k.trust = usable ? trust.at<float>(y, x) : 0;
      k.weight = k.trust;
      k.plain = 1 / (1 + std::pow(reference.cell_detail.at<float>(y, x) / 40, 2.0f));
      cells.push_back(k);
    }
  }
  Tone tone;
  for (int round = 0; round < kRounds; ++round) {
    fit_gains(tone, cells);
    // Only when it is known which cells are as expected: light that bends explains half a blank card too.
    const bool bent = round >= kRounds - 2;
    fit_light(tone, cells, bent);
    if (bent) fit_shade(tone, cells);
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

KTP_ROW_KERNEL void normalise(const Band& band, const Tone& tone, const std::array<cv::Mat, 3>& seen,
                              std::array<cv::Mat, 3>& out, int every) {
  const int width = seen[0].cols, height = seen[0].rows;
  std::vector<float> light(static_cast<std::size_t>(width)), inverse(light);
  std::array<std::vector<float>, 3> linear;
  std::vector<float> glare(static_cast<std::size_t>(width));
  float most_glare = 0;
  for (const float u : {-1.0f, -0.5f, 0.0f, 0.5f, 1.0f})
    for (const float v : {-1.0f, -0.5f, 0.0f, 0.5f, 1.0f})
      most_glare = std::max(most_glare, std::abs(tone.glare_at(u, v)));
  const bool glares = most_glare > 0.75f;
  for (auto& row : linear) row.resize(static_cast<std::size_t>(width));
  for (std::size_t c = 0; c < 3; ++c) out[c].create(height, width, CV_8U);
  for (int y = 0; y < height; y += every) {
    const float v = 2 * (static_cast<float>(y) + 0.5f) / static_cast<float>(height) - 1;
    const auto [k0, k1, k2, k3, k4] = tone.light_row(v);
    const float step = 2.0f / static_cast<float>(width), start = 0.5f * step - 1;
    for (int x = 0; x < width; ++x) {
      const float u = start + step * static_cast<float>(x);
      light[static_cast<std::size_t>(x)] = k0 + u * (k1 + u * (k2 + u * (k3 + u * k4)));
    }
    if (glares) {
      const auto& g = tone.glare;
      const float g0 = g[0] + v * (g[2] + v * (g[5] + v * g[9])), g1 = g[1] + v * (g[4] + v * g[8]),
                  g2 = g[3] + v * g[7];
      for (int x = 0; x < width; ++x) {
        const float u = start + step * static_cast<float>(x);
        glare[static_cast<std::size_t>(x)] = g0 + u * (g1 + u * (g2 + u * g[6]));
      }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint8_t* __restrict p = seen[c].ptr<std::uint8_t>(y);
      float* __restrict n = linear[c].data();
      float* __restrict k = inverse.data();
      const float* __restrict common = light.data();
      const float gain = tone.gain[c], offset = tone.offset[c];
      const float even = gain * (1 + tone.shade[c][1] * v + tone.shade[c][0] * start),
                  slope = gain * tone.shade[c][0] * step;
      for (int x = 0; x < width; ++x) k[x] = 1.0f / (common[x] * (even + slope * static_cast<float>(x)));
      for (int x = 0; x < width; ++x) n[x] = (static_cast<float>(p[x]) - offset) * k[x];
      if (glares) {
        const std::uint8_t* __restrict e = band.middle()[c].ptr<std::uint8_t>(y);
        const float* __restrict lifted = glare.data();
        for (int x = 0; x < width; ++x) {
          const float q = 1 / (1 + static_cast<float>(e[x]) * (1.0f / Tone::kLiftLevels));
          n[x] -= lifted[x] * q * q * k[x];
        }
      }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint8_t* __restrict p = seen[c].ptr<std::uint8_t>(y);
      std::uint8_t* __restrict q = out[c].ptr<std::uint8_t>(y);
      const float* __restrict red = linear[0].data();
      const float* __restrict green = linear[1].data();
      const float* __restrict blue = linear[2].data();
      const float* __restrict n = linear[c].data();
      const auto& m = tone.colour[c];
      for (int x = 0; x < width; ++x) {
        const float r = (red[x] - 128) / 128, g = (green[x] - 128) / 128, b = (blue[x] - 128) / 128;
        float more = m[0] + r * (m[1] + m[4] * r + m[7] * g) + g * (m[2] + m[5] * g + m[9] * b) +
                     b * (m[3] + m[6] * b + m[8] * r);
        more = more < -kMostColour ? -kMostColour : more > kMostColour ? kMostColour : more;
        float value = n[x] + more + 0.5f;
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        q[x] = static_cast<std::uint8_t>(static_cast<int>(value));
      }
      const std::uint8_t* __restrict expected = band.middle()[c].ptr<std::uint8_t>(y);
      for (int x = 0; x < width; ++x) {
        const std::uint8_t up = std::max(q[x], expected[x]), down = std::min(q[x], expected[x]);
        q[x] = p[x] >= 254 ? up : p[x] <= 1 ? down : q[x];
      }
    }
  }
}

}  // namespace ktp::inspection
