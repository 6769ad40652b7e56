// SPDX-License-Identifier: Apache-2.0
// Error rates of the inspection on simulated photographs. Seeds below 1,000,000 are for setting limits (--train), those above
// for judging; the two never mix. Prints miss rates with Wilson 95 % intervals, false rejects, score quantiles, times.
//   measure_inspection [--train] [--good N] [--bad N] [--threads N] [--dpi N] [--kind K] [--save DIR] [--profile F]
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <string>
#include <thread>
#include <vector>

#include "artwork/picture.hpp"
#include "inspection/inspect.hpp"
#include "inspection/sample_cards.hpp"
#include "inspection/simulated_photograph.hpp"

namespace {

using ktp::Verdict;
namespace insp = ktp::inspection;

struct Settings {
  bool train = false;
  int good = 1000, bad = 200, threads = 1;
  double dpi = 300;
  std::string only, save, profile = KTP_SOURCE_DIR "/config/inspection/ektp.yaml";
};

struct Kind {
  const char* name;
  Verdict wanted;
  bool front_only;
  std::vector<std::string> words;  // findings that count as the right name
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"good", Verdict::good, false, {}},
      {"half-print", Verdict::damaged, false, {"half-print"}},
      {"ghosting", Verdict::damaged, false, {"ghosting"}},
      {"scratch", Verdict::damaged, false, {"scratch", "missing-line"}},
      {"small-scratch", Verdict::damaged, false, {"scratch"}},
      {"stain", Verdict::damaged, false, {"stain"}},
      {"dead-line", Verdict::damaged, false, {"missing-line"}},
      {"missing-line", Verdict::damaged, true, {"missing-line"}},
      {"blank", Verdict::damaged, false, {"half-print"}},
      {"blank-portrait", Verdict::damaged, true, {"half-print", "stain", "missing-line"}},
      {"stained-portrait", Verdict::damaged, true, {"stain"}},
      {"wrong-digit", Verdict::mismatch, true, {"wrong-digit"}},
      {"wrong-portrait", Verdict::mismatch, true, {"wrong-portrait"}},
      {"wrong-text", Verdict::mismatch, true, {"wrong-text"}},
      {"wrong-card", Verdict::mismatch, true, {"wrong-card", "wrong-digit", "wrong-portrait", "wrong-text"}},
      {"wrong-side", Verdict::mismatch, false, {"wrong-side"}},
  };
  return all;
}

struct Sample {
  samples::Card card;
  std::shared_ptr<const insp::Reference> front, back;
};

struct Tally {
  int n = 0, right = 0, named = 0, located = 0;
  std::map<std::string, int> verdicts;
  std::vector<double> scores;
  std::map<std::string, std::vector<double>> measures;
};

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::ranges::sort(v);
  return v[static_cast<std::size_t>(q * static_cast<double>(v.size() - 1))];
}

// Wilson score interval, 95 %.
std::pair<double, double> interval(int hits, int n) {
  if (n == 0) return {0, 1};
  const double z = 1.96, p = static_cast<double>(hits) / n, d = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / d, half = z * std::sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / d;
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

bool overlaps(const ktp::BoxMm& truth, const std::vector<ktp::Finding>& findings, double px_per_mm) {
  for (const ktp::Finding& f : findings) {
    const double x0 = std::max(truth.x, f.box.x / px_per_mm), x1 = std::min(truth.x + truth.w, (f.box.x + f.box.w) / px_per_mm);
    const double y0 = std::max(truth.y, f.box.y / px_per_mm), y1 = std::min(truth.y + truth.h, (f.box.y + f.box.h) / px_per_mm);
    if (x1 > x0 && y1 > y0) return true;
  }
  return false;
}

struct Bench {
  Settings settings;
  std::vector<Sample> cards;
  std::map<std::string, Tally> tallies;
  std::map<std::string, std::vector<double>> times;
  std::mutex lock;

  void one(const Kind& kind, int index) {
    const std::uint64_t seed = (settings.train ? 0u : 1'000'000u) + static_cast<std::uint64_t>(index) * 64 +
                               static_cast<std::uint64_t>(&kind - kinds().data());
    cv::RNG rng(seed * 2654435761u + 97);
    const auto a = static_cast<std::size_t>(rng.uniform(0, static_cast<int>(cards.size())));
    const auto b = (a + 1 + static_cast<std::size_t>(rng.uniform(0, static_cast<int>(cards.size()) - 1))) % cards.size();
    const bool front = kind.front_only || index % 2 == 0;
    const std::string name = kind.name;
    const ktp::Face& face = front ? cards[a].card.front : cards[a].card.back;
    const ktp::Face& other = front ? cards[b].card.front : cards[b].card.back;
    cv::Mat picture = samples::to_mat(face.image).clone();
    ktp::BoxMm truth{0, 0, ktp::kCardWidthMm, ktp::kCardHeightMm};
    if (name == "wrong-side") {
      samples::to_mat(front ? cards[a].card.back.image : cards[a].card.front.image).copyTo(picture);
    } else if (name != "good") {
      truth = samples::damage(picture, name, face, other, rng);
    }
    const double s = face.px_per_mm();
    const cv::Mat printed = samples::print(picture, s, rng);
    samples::Camera camera = samples::any_camera(rng);
    camera.px_per_mm *= settings.dpi / 300 > 1.5 ? 1.8 : 1;
    const ktp::Image photo = samples::photograph(printed, s, camera, rng);
    insp::Trace trace;
    const auto start = std::chrono::steady_clock::now();
    const insp::Report report = insp::inspect_traced(front ? *cards[a].front : *cards[a].back, photo.view(), &trace);
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();

    const bool right = report.verdict == kind.wanted;
    const bool named = std::ranges::any_of(report.findings, [&](const auto& f) { return std::ranges::find(kind.words, f.kind) != kind.words.end(); });
    const std::scoped_lock guard(lock);
    Tally& t = tallies[name];
    ++t.n;
    t.right += right;
    t.named += named || name == "good";
    t.located += name == "good" || overlaps(truth, report.findings, s);
    ++t.verdicts[std::string(ktp::to_string(report.verdict))];
    t.scores.push_back(report.score);
    for (const auto& m : trace.measures) t.measures[m.detector].push_back(m.highest);
    t.measures["match"].push_back(trace.match);
    t.measures["residual_mm"].push_back(report.align_residual_mm);
    for (const auto& stage : trace.stages) times[stage.name].push_back(stage.ms);
    times["whole"].push_back(ms);
    if (!right) {
      std::printf("  %s #%d %s: %s score %.2f match %.2f blur %.2f res %.3f", kind.name, index, front ? "front" : "back",
                  std::string(ktp::to_string(report.verdict)).c_str(), report.score, trace.match, trace.blur_px, report.align_residual_mm);
      for (std::size_t i = 0; i < std::min<std::size_t>(report.findings.size(), 4); ++i) {
        const auto& f = report.findings[i];
        std::printf("  [%s %.2f %d,%d %dx%d]", f.kind.c_str(), f.score, f.box.x, f.box.y, f.box.w, f.box.h);
      }
      for (const auto& m : trace.measures) std::printf(" %s=%.2f", m.detector, m.highest);
      std::printf("\n");
      std::fflush(stdout);
    }
    if (!settings.save.empty() && (!right || t.n <= 3)) {
      const std::string base = settings.save + "/" + name + "-" + std::to_string(index);
      (void)ktp::artwork::write_png(base + "-photo.png", photo.view());
      if (!report.rectified.empty()) (void)ktp::artwork::write_png(base + "-marked.png", insp::marked(report.rectified, report.findings).view());
    }
  }

  void print_results() {
    std::printf("\n%-17s %6s %6s %17s %7s %7s   score 1%% / 50%% / 99%% / max\n", "kind", "n", "wrong", "rate (95 %)", "named", "located");
    for (const Kind& kind : kinds()) {
      const auto found = tallies.find(kind.name);
      if (found == tallies.end()) continue;
      const Tally& t = found->second;
      const int wrong = t.n - t.right;
      const auto [low, high] = interval(wrong, t.n);
      std::printf("%-17s %6d %6d %5.2f (%.2f-%.2f) %% %6.1f%% %6.1f%%   %.2f / %.2f / %.2f / %.2f ", kind.name, t.n, wrong, 100.0 * wrong / t.n,
                  100 * low, 100 * high, 100.0 * t.named / t.n, 100.0 * t.located / t.n, quantile(t.scores, 0.01), quantile(t.scores, 0.5),
                  quantile(t.scores, 0.99), quantile(t.scores, 1));
      for (const auto& [verdict, n] : t.verdicts) std::printf(" %s:%d", verdict.c_str(), n);
      std::printf("\n");
    }
    std::printf("\nhighest score of each detector, 1 = at the limit\n");
    for (const Kind& kind : kinds()) {
      const auto found = tallies.find(kind.name);
      if (found == tallies.end()) continue;
      for (const auto& [detector, v] : found->second.measures) {
        std::printf("%-17s %-12s 0%% %.3f  1%% %.3f  50%% %.3f  90%% %.3f  99%% %.3f  99.9%% %.3f  max %.3f\n", kind.name, detector.c_str(), quantile(v, 0), quantile(v, 0.01), quantile(v, 0.5),
                    quantile(v, 0.9), quantile(v, 0.99), quantile(v, 0.999), quantile(v, 1));
      }
    }
    std::printf("\nmilliseconds a side: median / 95 %%\n");
    for (const auto& [stage, v] : times) std::printf("%-12s %6.2f / %6.2f\n", stage.c_str(), quantile(v, 0.5), quantile(v, 0.95));
  }
};

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  Settings& s = bench.settings;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : "0"; };
    if (key == "--train") s.train = true;
    else if (key == "--good") s.good = std::atoi(value());
    else if (key == "--bad") s.bad = std::atoi(value());
    else if (key == "--threads") s.threads = std::max(1, std::atoi(value()));
    else if (key == "--dpi") s.dpi = std::atof(value());
    else if (key == "--kind") s.only = value();
    else if (key == "--save") s.save = value();
    else if (key == "--profile") s.profile = value();
    else return std::fprintf(stderr, "unknown option %s\n", key.c_str()), 64;
  }
  cv::setNumThreads(1);
  const auto profile = insp::load_profile(s.profile);
  if (!profile) return std::fprintf(stderr, "%s\n", profile.error().message.c_str()), 78;
  const samples::CardMaker maker(s.dpi);
  std::vector<double> prepare_ms;
  for (int i = 0; i < 16; ++i) {
    Sample sample{maker.make(static_cast<std::uint64_t>(i) + (s.train ? 1 : 5001)), nullptr, nullptr};
    const auto start = std::chrono::steady_clock::now();
    const auto front = insp::prepare(sample.card.front, *profile, &sample.card.back);
    const auto back = insp::prepare(sample.card.back, *profile, &sample.card.front);
    prepare_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / 2);
    if (!front || !back) return std::fprintf(stderr, "prepare failed\n"), 70;
    sample.front = *front;
    sample.back = *back;
    bench.cards.push_back(std::move(sample));
  }
  bench.times["prepare"] = prepare_ms;
  std::vector<std::pair<const Kind*, int>> work;
  for (const Kind& kind : kinds()) {
    if (!s.only.empty() && s.only != kind.name) continue;
    const int n = std::strcmp(kind.name, "good") == 0 ? s.good : s.bad;
    for (int i = 0; i < n; ++i) work.emplace_back(&kind, i);
  }
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < s.threads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i; (i = next++) < work.size();) bench.one(*work[i].first, work[i].second);
    });
  }
  threads.clear();
  bench.print_results();
}
