// SPDX-License-Identifier: Apache-2.0
// How often the NIK is read wrong, and how often not at all: lines of invented cards, printed and
// photographed by other_camera, with what a rectification leaves over (offset, turn, perspective), at 300 and
// 600 dpi.
//   measure_nik [--train] [--cards N] [--threads N] [--dirty] [--from N]
// --dirty: scratches and spots over the digits as well; then a digit may be not told, but never told wrong.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <string>
#include <thread>
#include <vector>

#include "identity/nik_reader.hpp"
#include "inspection/sample_cards.hpp"
#include "other_camera.hpp"

namespace {

struct Settings {
  bool train = false, dirty = false;
  int cards = 5000, threads = 2, from = 0;
};

struct Tally {
  int cards = 0, digits = 0, wrong_digits = 0, wrong_cards = 0, untold_digits = 0, uncertain_cards = 0,
      would_be_wrong = 0;
  std::vector<double> match, lead, unexplained, ms;
};

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::ranges::sort(v);
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

// The part of a card around the NIK as a rectification gives it: nearly in place.
constexpr ktp::BoxMm kPart{12, 6, 52, 13};

ktp::Image strip(const ktp::Face& face, double sensor, cv::RNG& rng, bool dirty) {
  const double s = face.px_per_mm();
  const cv::Rect at(cvRound(kPart.x * s), cvRound(kPart.y * s), cvRound(kPart.w * s), cvRound(kPart.h * s));
  cv::Mat card = samples::to_mat(face.image)(at).clone();
  if (dirty) {
    for (int i = rng.uniform(1, 5); i > 0; --i) {
      const cv::Point a(rng.uniform(0, card.cols), rng.uniform(0, card.rows));
      const auto colour = rng.uniform(0, 2) ? cv::Scalar(245, 245, 243) : cv::Scalar(30, 28, 26);
      if (rng.uniform(0, 2)) {
        const cv::Point b(a.x + rng.uniform(-200, 200), a.y + rng.uniform(-80, 80));
        cv::line(card, a, b, colour, std::max(1, cvRound(rng.uniform(0.1, 0.6) * s)), cv::LINE_AA);
      } else {
        cv::circle(card, a, std::max(1, cvRound(rng.uniform(0.15, 1.0) * s)), colour, cv::FILLED,
                   cv::LINE_AA);
      }
    }
  }
  card = bench::printed(card, s, rng);
  const int width = cvRound(kPart.w * sensor), height = cvRound(kPart.h * sensor);
  const double turn = rng.uniform(-0.8, 0.8) * CV_PI / 180, px = rng.uniform(-0.004, 0.004),
               py = rng.uniform(-0.004, 0.004);
  const double dx = rng.uniform(-0.5, 0.5), dy = rng.uniform(-0.5, 0.5),
               stretch = 1 + rng.uniform(-0.006, 0.006);
  cv::Mat map(height, width, CV_32FC2);
  for (int v = 0; v < height; ++v) {
    for (int u = 0; u < width; ++u) {
      const double x = ((u + 0.5) / sensor - kPart.w / 2) * stretch, y = (v + 0.5) / sensor - kPart.h / 2;
      const double depth = 1 + px * x / 26 + py * y / 7;
      const double cx = (std::cos(turn) * x - std::sin(turn) * y) / depth + dx;
      const double cy = (std::sin(turn) * x + std::cos(turn) * y) / depth + dy;
      map.at<cv::Vec2f>(v, u) = {static_cast<float>((cx + kPart.w / 2) * s - 0.5),
                                 static_cast<float>((cy + kPart.h / 2) * s - 0.5)};
    }
  }
  const ktp::Image photo = bench::expose(card, map, bench::any_exposure(rng), rng);
  // To the expected picture's resolution, as the inspection hands it on.
  ktp::Image rectified(at.width, at.height);
  cv::resize(samples::to_mat(photo), samples::to_mat(rectified), {at.width, at.height}, 0, 0,
             cv::INTER_LINEAR);
  return rectified;
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::atoi(argv[++i]) : 0; };
    if (key == "--train")
      s.train = true;
    else if (key == "--dirty")
      s.dirty = true;
    else if (key == "--cards")
      s.cards = value();
    else if (key == "--from")
      s.from = value();
    else if (key == "--threads")
      s.threads = std::max(1, value());
    else
      return std::fprintf(stderr, "unknown option %s\n", key.c_str()), 64;
  }
  cv::setNumThreads(1);
  const samples::CardMaker at300(300), at600(600);
  const auto reader_of = [](const ktp::Face& face) {
    return ktp::identity::NikReader::make(*face.atlas, face.px_per_mm(), face.layout.at("nik"));
  };
  // One reader, from the atlas at 300 dpi, reads both: it is given no other knowledge of the picture.
  const auto reader = reader_of(at300.make(1).front);
  if (!reader) return std::fprintf(stderr, "%s\n", reader.error().message.c_str()), 70;
  std::array<Tally, 2> tallies;
  std::mutex lock;
  std::atomic<int> next{s.from}, done{s.from};
  const auto work = [&] {
    for (int i; (i = next++) < s.cards;) {
      const bool fine = i % 2 == 1;
      const std::uint64_t seed = (s.train ? 1'000'000u : 3'000'000u) + static_cast<std::uint64_t>(i);
      const ktp::Face face = (fine ? at600 : at300).make(seed).front;
      std::string truth;
      for (const auto& glyph : face.glyphs) truth += glyph.character;
      cv::RNG rng(seed * 2654435761u + 11);
      const ktp::Image picture = strip(face, rng.uniform(10.5, 15.5) * (fine ? 1.8 : 1), rng, s.dirty);
      const double px = face.px_per_mm();
      const auto start = std::chrono::steady_clock::now();
      const auto reading =
          reader->read_part(picture.view(), px, std::round(kPart.x * px) / px, std::round(kPart.y * px) / px);
      const double ms =
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
      const std::scoped_lock guard(lock);
      Tally& t = tallies[fine ? 1 : 0];
      ++t.cards;
      t.ms.push_back(ms);
      t.uncertain_cards += reading.certain ? 0 : 1;
      bool wrong = false;
      for (std::size_t d = 0; d < 16; ++d) {
        ++t.digits;
        if (reading.text.empty()) {
          ++t.untold_digits;
          continue;
        }
        const auto& r = reading.digits[d];
        t.match.push_back(r.match), t.lead.push_back(r.lead), t.unexplained.push_back(r.unexplained);
        t.untold_digits += r.digit == '?';
        t.would_be_wrong += r.best != truth[d];
        if (r.digit != '?' && r.digit != truth[d]) wrong = true, ++t.wrong_digits;
        if (r.best != truth[d] || (r.digit == '?' && !s.dirty))
          std::printf(
              "  #%d %s digit %zu: is %c, best %c, second %c, match %.3f lead %.3f unexplained %.2f -> %c\n",
              i, fine ? "600" : "300", d, truth[d], r.best, r.second, r.match, r.lead, r.unexplained,
              r.digit);
      }
      t.wrong_cards += wrong;
      if (++done % 500 == 0) std::fprintf(stderr, "%d/%d cards\n", done.load(), s.cards);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < s.threads; ++t) threads.emplace_back(work);
  }
  for (std::size_t k = 0; k < 2; ++k) {
    const Tally& t = tallies[k];
    const auto w = bench::wilson(t.wrong_cards, t.cards), u = bench::wilson(t.uncertain_cards, t.cards);
    std::printf(
        "%s dpi: %d cards; read wrong %d (%.3f..%.3f %%), cannot tell %d (%.3f..%.3f %%); %d digits, wrong "
        "%d, "
        "untold %d, likeliest is wrong %d\n",
        k ? "600" : "300", t.cards, t.wrong_cards, 100 * w.low, 100 * w.high, t.uncertain_cards, 100 * u.low,
        100 * u.high, t.digits, t.wrong_digits, t.untold_digits, t.would_be_wrong);
    std::printf(
        "  match 0 %% %.3f 0.1 %% %.3f 50 %% %.3f; lead 0 %% %.3f 0.1 %% %.3f 50 %% %.3f; unexplained 50 %% "
        "%.2f "
        "99.9 %% %.2f max %.2f; %.1f ms a card (median), %.1f (95 %%)\n",
        quantile(t.match, 0), quantile(t.match, 0.001), quantile(t.match, 0.5), quantile(t.lead, 0),
        quantile(t.lead, 0.001), quantile(t.lead, 0.5), quantile(t.unexplained, 0.5),
        quantile(t.unexplained, 0.999), quantile(t.unexplained, 1), quantile(t.ms, 0.5),
        quantile(t.ms, 0.95));
  }
}
