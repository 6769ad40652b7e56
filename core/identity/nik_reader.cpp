// SPDX-License-Identifier: Apache-2.0
// Normalised correlation (Gonzalez and Woods, Digital Image Processing, "matching by correlation") with the
// ten digits, coarse to fine: where the line stands is decided by all sixteen cells together, then each cell
// is read by itself.
#include "identity/nik_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ktp::identity {
namespace {

constexpr double kFine = 10, kCoarse = 5;        // pixels per millimetre that reading and finding work at
constexpr double kReach = 2.0;                   // millimetres that a cell may be off, with the line's slope
constexpr std::size_t kVoters = kNikDigits + 2;  // the cells, and the paper before and after them
constexpr std::array kBlurs{0.5, 0.9, 1.4, 2.0, 2.8};  // Gaussian, fine pixels
constexpr double kRim = 0.2;           // millimetres of paper around a digit that belong to it
constexpr double kLeastLine = 0.45;    // mean correlation below which there is no line of digits
constexpr double kLeastPxPerMm = 5.9;  // 150 dpi

// From where on a digit is said; measured (tests/bench/identity), see the room's README.
constexpr double kLeastMatch = 0.75, kGoodMatch = 0.93;
constexpr double kLeastLead = 0.08, kGoodLead = 0.20;
constexpr double kMostUnexplained = 0.50, kLittleUnexplained = 0.28;

using Samples = std::vector<float>;

float grey_at(const std::uint8_t* p, int channels) {
  if (channels == 1) return static_cast<float>(p[0]);
  return 0.299f * static_cast<float>(p[0]) + 0.587f * static_cast<float>(p[1]) +
         0.114f * static_cast<float>(p[2]);
}

// Weights of source positions for each output position: the mean over [from + i * step, from + (i + 1) *
// step], or the two neighbours' where that is less than a pixel. Positions beyond the picture repeat its rim.
struct Tap {
  int at;
  float weight;
};
std::vector<std::vector<Tap>> taps(double from, double step, int count, int length) {
  std::vector<std::vector<Tap>> all(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    auto& mine = all[static_cast<std::size_t>(i)];
    double a = from + i * step, b = a + step;
    if (b - a < 1) {  // one pixel wide about the middle is the linear interpolation
      const double middle = (a + b) / 2;
      a = middle - 0.5, b = middle + 0.5;
    }
    const int first = static_cast<int>(std::floor(a));
    for (int s = first; s < b; ++s) {
      const double share = std::min(b, s + 1.0) - std::max(a, static_cast<double>(s));
      if (share > 1e-6) mine.push_back({std::clamp(s, 0, length - 1), static_cast<float>(share / (b - a))});
    }
  }
  return all;
}

// `count_x` x `count_y` samples of the picture's grey from (x, y), each `step` source pixels wide.
Samples resample(const ImageView& picture, double x, double y, double step, int count_x, int count_y) {
  const auto columns = taps(x, step, count_x, picture.width);
  const auto rows = taps(y, step, count_y, picture.height);
  Samples out(static_cast<std::size_t>(count_x) * static_cast<std::size_t>(count_y));
  // Across first, each source row once: rows of neighbouring outputs overlap only where the picture is
  // coarse.
  std::vector<Samples> across(static_cast<std::size_t>(picture.height));
  for (int j = 0; j < count_y; ++j) {
    float* to = out.data() + static_cast<std::size_t>(j) * static_cast<std::size_t>(count_x);
    for (const Tap& row : rows[static_cast<std::size_t>(j)]) {
      Samples& line = across[static_cast<std::size_t>(row.at)];
      if (line.empty()) {
        line.resize(static_cast<std::size_t>(count_x));
        const std::uint8_t* from = picture.row(row.at);
        for (std::size_t i = 0; i < line.size(); ++i) {
          float sum = 0;
          for (const Tap& t : columns[i])
            sum += t.weight * grey_at(from + t.at * picture.channels, picture.channels);
          line[i] = sum;
        }
      }
      for (std::size_t i = 0; i < line.size(); ++i) to[i] += row.weight * line[i];
    }
  }
  return out;
}

void blur_rows(Samples& picture, int width, int height, const Samples& kernel) {
  const int reach = static_cast<int>(kernel.size() / 2);
  Samples line(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    float* row = picture.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    for (int x = 0; x < width; ++x) {
      float sum = 0;
      for (int k = -reach; k <= reach; ++k)
        sum += kernel[static_cast<std::size_t>(k + reach)] * row[std::clamp(x + k, 0, width - 1)];
      line[static_cast<std::size_t>(x)] = sum;
    }
    std::copy(line.begin(), line.end(), row);
  }
}

Samples transposed(const Samples& picture, int width, int height) {
  Samples out(picture.size());
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      out[static_cast<std::size_t>(x * height + y)] = picture[static_cast<std::size_t>(y * width + x)];
  return out;
}

Samples blurred(Samples picture, int width, int height, double sigma) {
  const int reach = static_cast<int>(std::ceil(3 * sigma));
  Samples kernel;
  float sum = 0;
  for (int k = -reach; k <= reach; ++k) {
    kernel.push_back(static_cast<float>(std::exp(-k * k / (2 * sigma * sigma))));
    sum += kernel.back();
  }
  for (float& k : kernel) k /= sum;
  blur_rows(picture, width, height, kernel);
  picture = transposed(picture, width, height);
  blur_rows(picture, height, width, kernel);
  return transposed(picture, height, width);
}

// Zero mean and unit norm; false for a picture without detail.
bool to_unit(Samples& picture) {
  double mean = 0, norm = 0;
  for (const float v : picture) mean += v;
  mean /= static_cast<double>(picture.size());
  for (float& v : picture) {
    v -= static_cast<float>(mean);
    norm += static_cast<double>(v) * v;
  }
  norm = std::sqrt(norm);
  if (norm < 1e-3) return false;
  for (float& v : picture) v /= static_cast<float>(norm);
  return true;
}

double ramp(double value, double low, double high) {
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

}  // namespace

// Grey samples at a fixed resolution; (0, 0) is `origin` on the card.
struct NikReader::Plane {
  double px_per_mm = 0, x_mm = 0, y_mm = 0;
  int width = 0, height = 0;
  Samples values;

  // A patch as zero mean and unit norm into `out`; false beyond the plane or without detail.
  bool patch(int x, int y, int w, int h, Samples& out) const {
    if (x < 0 || y < 0 || x + w > width || y + h > height) return false;
    out.resize(static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
    for (int j = 0; j < h; ++j) {
      const float* from =
          values.data() + static_cast<std::size_t>(y + j) * static_cast<std::size_t>(width) + x;
      std::copy(from, from + w, out.begin() + static_cast<std::ptrdiff_t>(j) * w);
    }
    return to_unit(out);
  }
};

struct NikReader::Fit {
  double x_mm = 0, y_mm = 0;  // the cell's centre on the card
  std::size_t digit = 0;      // the likeliest at this place
};

namespace {

float dot(const Samples& a, const Samples& b) {
  // Eight sums so that the compiler may use vectors without changing the order of additions it was given.
  std::array<float, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += a[i + k] * b[i + k];
  float rest = 0;
  for (; i < a.size(); ++i) rest += a[i] * b[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest;
}

// The strongest local difference between a picture and a digit that is fitted to it by gain and offset, mean
// over a window of 0.3 x 0.3 mm, in shares of the digit's contrast there.
double unexplained(const Samples& seen, const Samples& digit, int width, int height) {
  const double match = dot(seen, digit);  // both unit: the gain
  const auto [low, high] = std::ranges::minmax(digit);
  const double contrast = std::max(1e-6, match * static_cast<double>(high - low));
  constexpr int kWindow = 3;
  double most = 0;
  for (int y = 0; y + kWindow <= height; ++y) {
    for (int x = 0; x + kWindow <= width; ++x) {
      double sum = 0;
      for (int j = 0; j < kWindow; ++j) {
        for (int i = 0; i < kWindow; ++i) {
          const auto at = static_cast<std::size_t>((y + j) * width + x + i);
          sum += seen[at] - match * digit[at];
        }
      }
      most = std::max(most, std::abs(sum) / (kWindow * kWindow) / contrast);
    }
  }
  return most;
}

// What is wrong with sixteen digits as a NIK (docs/domain.md section 1): the hard rules that printing errors
// break too.
std::vector<std::string> doubts_of(const std::string& text, const NikReader::KnownRegion& known_region) {
  std::vector<std::string> doubts;
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  const auto said = [&](std::size_t from, std::size_t count) {
    return text.substr(from, count).find('?') == std::string::npos;
  };
  if (said(0, 6) && known_region && !known_region(std::string_view(text).substr(0, 6)))
    doubts.emplace_back("region");
  const int day = said(6, 2) ? number(6) % 40 : 1, coded = said(6, 2) ? number(6) : 1;
  const int month = said(8, 2) ? number(8) : 1;
  if (coded > 71 || day < 1 || day > 31) doubts.emplace_back("day of birth");
  if (month < 1 || month > 12) doubts.emplace_back("month of birth");
  constexpr std::array kDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (doubts.empty() && day > kDays[static_cast<std::size_t>(month - 1)]) doubts.emplace_back("day of birth");
  if (text.ends_with("0000")) doubts.emplace_back("serial 0000");
  return doubts;
}

}  // namespace

NikReader::Shapes NikReader::shapes(const DigitAtlas& atlas, double atlas_px_per_mm, double px_per_mm,
                                    double blur) const {
  Shapes made;
  made.width = static_cast<int>(std::lround(ink_.w * px_per_mm));
  made.height = static_cast<int>(std::lround(ink_.h * px_per_mm));
  const double step = atlas_px_per_mm / px_per_mm;
  for (std::size_t d = 0; d < 10; ++d) {
    const Image& picture = atlas.digits[d];
    // About the centre of the ink, so that the sampled box is centred whatever the rounding of its size.
    const double x = picture.width / 2.0 + (ink_.x + ink_.w / 2) * atlas_px_per_mm - made.width * step / 2;
    const double y = picture.height / 2.0 + (ink_.y + ink_.h / 2) * atlas_px_per_mm - made.height * step / 2;
    made.digits[d] = resample(picture.view(), x, y, step, made.width, made.height);
    made.digits[d] = blurred(std::move(made.digits[d]), made.width, made.height, blur);
    to_unit(made.digits[d]);
  }
  return made;
}

Result<NikReader> NikReader::make(const DigitAtlas& atlas, double atlas_px_per_mm, const BoxMm& zone) {
  if (!(zone.w > 0 && zone.h > 0 && atlas_px_per_mm > 0))
    return fail(ErrorCode::bad_data, "NIK reader: the zone or the resolution is not above 0");
  if (atlas.digits.size() != 10)
    return fail(ErrorCode::bad_data, "NIK reader: the atlas must hold ten digits");
  const int width = atlas.digits[0].width, height = atlas.digits[0].height;
  int left = width, right = -1, top = height, bottom = -1;
  for (const Image& digit : atlas.digits) {
    if (digit.empty() || digit.channels != 1 || digit.width != width || digit.height != height)
      return fail(ErrorCode::bad_data, "NIK reader: the ten digits must be grey pictures of one size");
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        if (digit.row(y)[x] > 160) continue;
        left = std::min(left, x), right = std::max(right, x);
        top = std::min(top, y), bottom = std::max(bottom, y);
      }
    }
  }
  if (right <= left || bottom <= top) return fail(ErrorCode::bad_data, "NIK reader: the digits show no ink");
  NikReader reader;
  reader.zone_ = zone;
  reader.ink_ = {(left - width / 2.0) / atlas_px_per_mm - kRim, (top - height / 2.0) / atlas_px_per_mm - kRim,
                 (right + 1 - left) / atlas_px_per_mm + 2 * kRim,
                 (bottom + 1 - top) / atlas_px_per_mm + 2 * kRim};
  if (reader.ink_.w * kCoarse < 4 || reader.ink_.h * kCoarse < 6)
    return fail(ErrorCode::bad_data, "NIK reader: the digits are smaller than can be read");
  reader.coarse_ = reader.shapes(atlas, atlas_px_per_mm, kCoarse, 0.7);
  for (const double blur : kBlurs) reader.fine_.push_back(reader.shapes(atlas, atlas_px_per_mm, kFine, blur));
  for (std::size_t a = 0; a < 10; ++a) {
    for (std::size_t b = a + 1; b < 10; ++b) {
      if (dot(reader.fine_[0].digits[a], reader.fine_[0].digits[b]) > 0.98f)
        return fail(ErrorCode::bad_data, "NIK reader: two of the ten digits are the same picture");
    }
  }
  return reader;
}

// Every cell votes for the places where it looks like a digit; a line of sixteen equal steps, slightly sloped
// and stretched at most, takes the most votes. The places before and after the line vote against it: where
// they look like digits the line has slipped by a cell, and every digit would be read as its neighbour.
bool NikReader::find_line(const Plane& coarse, std::array<Fit, kNikDigits>& cells) const {
  const int reach = static_cast<int>(kReach * kCoarse);
  const int side = 2 * reach + 1;
  const double pitch = zone_.w / kNikDigits;
  struct Vote {
    float match = 0;
    std::uint8_t digit = 0;
  };
  std::vector<Vote> votes(kVoters * static_cast<std::size_t>(side * side));
  const auto at = [&](std::size_t cell, int dx, int dy) -> Vote& {
    return votes[(cell * static_cast<std::size_t>(side) + static_cast<std::size_t>(dy + reach)) *
                     static_cast<std::size_t>(side) +
                 static_cast<std::size_t>(dx + reach)];
  };
  std::array<std::pair<int, int>, kVoters> base;
  Samples patch;
  for (std::size_t i = 0; i < kVoters; ++i) {
    const double x = zone_.x + (static_cast<double>(i) - 0.5) * pitch + ink_.x + ink_.w / 2;
    const double y = zone_.y + zone_.h / 2 + ink_.y + ink_.h / 2;
    base[i] = {static_cast<int>(std::lround((x - coarse.x_mm) * kCoarse - coarse_.width / 2.0)),
               static_cast<int>(std::lround((y - coarse.y_mm) * kCoarse - coarse_.height / 2.0))};
    for (int dy = -reach; dy <= reach; ++dy) {
      for (int dx = -reach; dx <= reach; ++dx) {
        if (!coarse.patch(base[i].first + dx, base[i].second + dy, coarse_.width, coarse_.height, patch))
          continue;
        Vote& vote = at(i, dx, dy);
        for (std::size_t d = 0; d < 10; ++d) {
          const float match = dot(patch, coarse_.digits[d]);
          if (match > vote.match) vote = {match, static_cast<std::uint8_t>(d)};
        }
      }
    }
  }
  constexpr int kStretch = 2, kSlope = 3;  // coarse pixels at the line's ends: 1.9 %, 1.6 degrees
  double most = -1;
  std::array<std::pair<int, int>, kVoters> best{}, now{};
  for (int slope = -kSlope; slope <= kSlope; ++slope) {
    for (int stretch = -kStretch; stretch <= kStretch; ++stretch) {
      for (std::size_t i = 0; i < kVoters; ++i) {
        const double t = (static_cast<double>(i) - 8.5) / 7.5;
        now[i] = {static_cast<int>(std::lround(t * stretch)), static_cast<int>(std::lround(t * slope))};
      }
      for (int oy = -reach; oy <= reach; ++oy) {
        for (int ox = -reach; ox <= reach; ++ox) {
          double sum = 0;
          for (std::size_t i = 0; i < kVoters; ++i) {
            const int dx = ox + now[i].first, dy = oy + now[i].second;
            if (std::abs(dx) > reach || std::abs(dy) > reach) continue;
            const bool outside = i == 0 || i == kVoters - 1;
            sum += outside ? -at(i, dx, dy).match : at(i, dx, dy).match;
          }
          if (sum <= most) continue;
          most = sum;
          for (std::size_t i = 0; i < kVoters; ++i) best[i] = {ox + now[i].first, oy + now[i].second};
        }
      }
    }
  }
  double line = 0;
  for (std::size_t i = 1; i <= kNikDigits; ++i) {
    const auto [dx, dy] = best[i];
    Fit& cell = cells[i - 1];
    cell.x_mm = coarse.x_mm + (base[i].first + dx + coarse_.width / 2.0) / kCoarse;
    cell.y_mm = coarse.y_mm + (base[i].second + dy + coarse_.height / 2.0) / kCoarse;
    if (std::abs(dx) > reach || std::abs(dy) > reach) continue;
    cell.digit = at(i, dx, dy).digit;
    line += at(i, dx, dy).match;
  }
  return line >= kLeastLine * kNikDigits;
}

// The cells' places to a fine pixel: where each fits best, put on one straight line of equal steps by a
// robust fit, so that a damaged cell stands where its neighbours say.
void NikReader::straighten(const Plane& fine, std::array<Fit, kNikDigits>& cells) const {
  const Shapes& shapes = fine_[1];
  const int width = shapes.width, height = shapes.height;
  constexpr int kShift = 3;
  std::array<double, kNikDigits> xs{}, ys{}, weights{};
  Samples patch;
  for (std::size_t i = 0; i < kNikDigits; ++i) {
    const int x = static_cast<int>(std::lround((cells[i].x_mm - fine.x_mm) * kFine - width / 2.0));
    const int y = static_cast<int>(std::lround((cells[i].y_mm - fine.y_mm) * kFine - height / 2.0));
    xs[i] = x, ys[i] = y;
    float best = 0;
    for (int dy = -kShift; dy <= kShift; ++dy) {
      for (int dx = -kShift; dx <= kShift; ++dx) {
        if (!fine.patch(x + dx, y + dy, width, height, patch)) continue;
        const float match = dot(patch, shapes.digits[cells[i].digit]);
        if (match > best) best = match, xs[i] = x + dx, ys[i] = y + dy;
      }
    }
    weights[i] = best > kLeastMatch ? best : 0.01;
  }
  const auto line = [&](const std::array<double, kNikDigits>& v) {
    double at = 0, step = 0;
    std::array<double, kNikDigits> w = weights;
    for (int round = 0; round < 5; ++round) {
      double s = 0, st = 0, stt = 0, sv = 0, stv = 0;
      for (std::size_t i = 0; i < kNikDigits; ++i) {
        const double t = static_cast<double>(i) - 7.5;
        s += w[i], st += w[i] * t, stt += w[i] * t * t, sv += w[i] * v[i], stv += w[i] * t * v[i];
      }
      const double det = s * stt - st * st;
      step = (s * stv - st * sv) / det;
      at = (sv - step * st) / s;
      for (std::size_t i = 0; i < kNikDigits; ++i) {
        const double off = v[i] - at - step * (static_cast<double>(i) - 7.5);
        w[i] = weights[i] / (1 + off * off);
      }
    }
    return std::pair(at, step);
  };
  const auto [x0, x1] = line(xs);
  const auto [y0, y1] = line(ys);
  for (std::size_t i = 0; i < kNikDigits; ++i) {
    const double t = static_cast<double>(i) - 7.5;
    cells[i].x_mm = fine.x_mm + (x0 + x1 * t + width / 2.0) / kFine;
    cells[i].y_mm = fine.y_mm + (y0 + y1 * t + height / 2.0) / kFine;
  }
}

NikReading NikReader::read(const ImageView& front, const KnownRegion& known_region) const {
  return read_part(front, front.empty() ? 0 : front.width / kCardWidthMm, 0, 0, known_region);
}

NikReading NikReader::read_part(const ImageView& picture, double px_per_mm, double x_mm, double y_mm,
                                const KnownRegion& known_region) const {
  NikReading reading;
  if (picture.empty() || (picture.channels != 1 && picture.channels != 3) || px_per_mm < kLeastPxPerMm)
    return reading;
  // The line with its reach and a rim for the patches' last shifts.
  const double rim = kReach + 0.6, before = zone_.w / kNikDigits + rim;
  const BoxMm area{zone_.x - before, zone_.y - rim, zone_.w + 2 * before, zone_.h + 2 * rim};
  const auto plane = [&](double resolution) {
    Plane made{resolution,
               area.x,
               area.y,
               static_cast<int>(area.w * resolution),
               static_cast<int>(area.h * resolution),
               {}};
    made.values = resample(picture, (area.x - x_mm) * px_per_mm, (area.y - y_mm) * px_per_mm,
                           px_per_mm / resolution, made.width, made.height);
    return made;
  };
  std::array<Fit, kNikDigits> cells{};
  if (!find_line(plane(kCoarse), cells)) return reading;
  const Plane fine = plane(kFine);

  const int width = fine_[0].width, height = fine_[0].height;
  const auto corner = [&](const Fit& cell) {
    return std::pair(static_cast<int>(std::lround((cell.x_mm - fine.x_mm) * kFine - width / 2.0)),
                     static_cast<int>(std::lround((cell.y_mm - fine.y_mm) * kFine - height / 2.0)));
  };
  Samples patch;
  straighten(fine, cells);
  // Once more against a slip by a cell, now at full resolution: of the eighteen places in a row, the sixteen
  // that look most like digits.
  const double pitch = (cells.back().x_mm - cells.front().x_mm) / (kNikDigits - 1);
  const double drop = (cells.back().y_mm - cells.front().y_mm) / (kNikDigits - 1);
  std::array<Fit, kVoters> places{};
  std::array<float, kVoters> likeness{};
  for (std::size_t i = 0; i < kVoters; ++i) {
    const double steps = static_cast<double>(i) - 1;
    Fit& place = places[i];
    place = {cells.front().x_mm + steps * pitch, cells.front().y_mm + steps * drop, 0};
    const auto [x, y] = corner(place);
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        if (!fine.patch(x + dx, y + dy, width, height, patch)) continue;
        for (std::size_t d = 0; d < 10; ++d) {
          const float match = dot(patch, fine_[1].digits[d]);
          if (match > likeness[i]) likeness[i] = match, place.digit = d;
        }
      }
    }
  }
  // Leaving out both ends is where the line was; leaving out two of one end is a slip.
  const std::size_t first = likeness[0] > likeness[kVoters - 2]   ? 0
                            : likeness[kVoters - 1] > likeness[1] ? 2
                                                                  : 1;
  std::copy_n(places.begin() + static_cast<std::ptrdiff_t>(first), kNikDigits, cells.begin());
  // How blurred the picture is, by the likeliest digits of all cells.
  std::size_t blur = 0;
  double most = -1;
  constexpr int kShift = 1;  // fine pixels about the place that the line says
  for (std::size_t b = 0; b < fine_.size(); ++b) {
    double sum = 0;
    for (const Fit& cell : cells) {
      const auto [x, y] = corner(cell);
      float best = 0;
      for (int dy = -kShift; dy <= kShift; ++dy)
        for (int dx = -kShift; dx <= kShift; ++dx)
          if (fine.patch(x + dx, y + dy, width, height, patch))
            best = std::max(best, dot(patch, fine_[b].digits[cell.digit]));
      sum += best;
    }
    if (sum > most) most = sum, blur = b;
  }
  const Shapes& shapes = fine_[blur];
  reading.confidence = 1;
  for (std::size_t i = 0; i < kNikDigits; ++i) {
    const auto [x, y] = corner(cells[i]);
    std::array<float, 10> match{};
    match.fill(-1);
    std::array<std::pair<int, int>, 10> place{};
    for (int dy = -kShift; dy <= kShift; ++dy) {
      for (int dx = -kShift; dx <= kShift; ++dx) {
        if (!fine.patch(x + dx, y + dy, width, height, patch)) continue;
        for (std::size_t d = 0; d < 10; ++d) {
          const float m = dot(patch, shapes.digits[d]);
          if (m > match[d]) match[d] = m, place[d] = {x + dx, y + dy};
        }
      }
    }
    const auto best = static_cast<std::size_t>(std::ranges::max_element(match) - match.begin());
    std::size_t second = best == 0 ? 1 : 0;
    for (std::size_t d = 0; d < 10; ++d)
      if (d != best && match[d] > match[second]) second = d;
    DigitReading& out = reading.digits[i];
    out.best = static_cast<char>('0' + best);
    out.second = static_cast<char>('0' + second);
    out.match = match[best];
    out.lead = match[best] - match[second];
    out.unexplained = 2;
    if (fine.patch(place[best].first, place[best].second, width, height, patch))
      out.unexplained = unexplained(patch, shapes.digits[best], width, height);
    // Each of the three has to hold; a digit at any of the three limits is exactly at kCertain.
    const double grade = [&](double floor) {
      return std::min({floor + 0.5 * ramp(out.match, kLeastMatch, kGoodMatch),
                       floor + 0.5 * ramp(out.lead, kLeastLead, kGoodLead),
                       floor + 0.5 * ramp(-out.unexplained, -kMostUnexplained, -kLittleUnexplained)});
    }(kCertain);
    const bool holds =
        out.match >= kLeastMatch && out.lead >= kLeastLead && out.unexplained <= kMostUnexplained;
    out.confidence = holds ? grade
                           : 0.5 * std::clamp(std::min({out.match / kLeastMatch, out.lead / kLeastLead,
                                                        kMostUnexplained / std::max(out.unexplained, 1e-6)}),
                                              0.0, 0.99);
    out.digit = holds ? out.best : '?';
    const double s = px_per_mm / kFine;
    out.box = {static_cast<int>(std::lround((area.x - x_mm) * px_per_mm + place[best].first * s)),
               static_cast<int>(std::lround((area.y - y_mm) * px_per_mm + place[best].second * s)),
               static_cast<int>(std::lround(width * s)), static_cast<int>(std::lround(height * s))};
    reading.text += out.digit;
    reading.confidence = std::min(reading.confidence, out.confidence);
  }
  if (reading.text.find_first_not_of('?') == std::string::npos)
    return {};  // something dark and regular, but no digits
  reading.doubts = doubts_of(reading.text, known_region);
  if (!reading.doubts.empty()) reading.confidence = std::min(reading.confidence, 0.5);
  reading.certain = reading.doubts.empty() && reading.text.find('?') == std::string::npos;
  return reading;
}

}  // namespace ktp::identity
