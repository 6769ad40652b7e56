// SPDX-License-Identifier: Apache-2.0
// Judges the inspection on photographs that are worked out in linear light, from dye to sensor (press.hpp,
// optics.hpp), with the whole catalogue of docs/inspection.md in graded sizes. Seeds of --train and of
// judging never meet. Prints miss rates by kind and grade with Wilson 95 % intervals, false rejects, AUROC,
// names, places and thread CPU time by stage.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "artwork/picture.hpp"
#include "bench/inspection/hand_camera.hpp"
#include "bench/inspection/optics.hpp"
#include "bench/inspection/press.hpp"
#include "inspection/inspect.hpp"
#include "inspection/sample_cards.hpp"

namespace {

using ktp::Verdict;
namespace fs = std::filesystem;
namespace insp = ktp::inspection;

struct Settings {
  bool train = false, bare = false, other_layout = false, hand = false;
  int good = 200, bad = 12, cards = 16, from = 0;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  double dpi = 300;
  std::string only, grade, save, faces, profile = KTP_SOURCE_DIR "/config/inspection/ektp.yaml", cases;
  bool verbose = false;
};

struct Sample {
  samples::Card printed, expected;  // at 600 dpi and at the expected resolution
  std::shared_ptr<const insp::Reference> front, back;
};

struct Tally {
  int n = 0, missed = 0, named = 0, located = 0;
  std::map<std::string, int> verdicts, kinds;
  std::vector<double> scores;
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
  const double centre = (p + z * z / (2 * n)) / d,
               half = z * std::sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / d;
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

// Area under the ROC: the chance that a bad picture scores above a good one; equal scores count half.
double auroc(const std::vector<double>& good, const std::vector<double>& bad) {
  if (good.empty() || bad.empty()) return 0;
  double sum = 0;
  for (const double b : bad) {
    for (const double g : good) sum += b > g ? 1 : b == g ? 0.5 : 0;
  }
  return sum / (static_cast<double>(good.size()) * static_cast<double>(bad.size()));
}

// Whether a person would see it: at least 14 of 255 levels over a spot of about 0.2 mm (docs/inspection.md
// section 2).
bool visible(const judge::PrintedCard& bad, const judge::PrintedCard& good) {
  if (!bad.shine.empty()) return true;
  cv::Mat a, b;
  const auto coded = [](const cv::Mat& in, cv::Mat& out) {
    in.convertTo(out, CV_32F, 1 / 65535.0);
    cv::resize(out, out, {}, 0.25, 0.25, cv::INTER_AREA);
    cv::sqrt(out, out);
  };
  coded(bad.reflectance, a), coded(good.reflectance, b);
  cv::Mat off;
  cv::absdiff(a, b, off);
  double most = 0;
  cv::minMaxLoc(off.reshape(1), nullptr, &most);
  if (most * 255 >= 14) return true;
  cv::absdiff(bad.body, good.body, off);
  return cv::countNonZero(off > 127) > 0;
}

// The names that say the right thing of each kind.
bool right_name(const std::string& truth, const std::string& said) {
  static const std::map<std::string, std::vector<std::string>> names{
      {"scratch", {"scratch", "missing-line"}},
      {"crack", {"crack", "scratch"}},
      {"stain", {"stain", "dust"}},
      {"void", {"void", "stain"}},
      {"dust", {"dust", "stain", "scratch"}},
      {"dead-element", {"missing-line"}},
      {"wrinkle", {"wrinkle", "scratch"}},
      {"fade", {"fade"}},
      {"missing-panel", {"missing-panel"}},
      {"wrong-panel", {"wrong-panel"}},
      {"misregister", {"misregister"}},
      {"misplaced", {"misplaced-print"}},
      {"chip", {"edge-chip"}},
      {"bent-corner", {"bent-corner"}},
      {"bubble", {"bubble", "stain"}},
      {"half-print", {"half-print"}},
      {"ghosting", {"ghosting"}},
      {"blank", {"half-print"}},
      {"wrong-digit", {"wrong-digit"}},
      {"wrong-name", {"wrong-text"}},
      {"wrong-portrait", {"wrong-portrait"}},
      {"wrong-card", {"wrong-card", "wrong-digit", "wrong-portrait", "wrong-text"}},
      {"wrong-side", {"wrong-side", "wrong-card"}},
      {"empty-table", {"no-card"}},
      {"two-cards", {"two-cards"}},
      {"half-in-view", {"card-cut-off"}},
      {"no-card", {"no-card"}}};
  const auto at = names.find(truth);
  return at != names.end() && std::ranges::find(at->second, said) != at->second.end();
}

void halve(const ktp::Image& fine, ktp::Image& into) {
  const cv::Mat from(fine.height, fine.width, CV_8UC3, const_cast<std::uint8_t*>(fine.pixels.data()));
  cv::Mat to(into.height, into.width, CV_8UC3, into.pixels.data());
  cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
}

class Bench {
 public:
  Settings settings;
  std::vector<Sample> cards;
  std::atomic<std::size_t> done = 0;

  void one(const judge::Grade& grade, int index, std::size_t row) {
    const std::uint64_t seed =
        (settings.train ? 0u : 40'000'000u) + static_cast<std::uint64_t>(index) * 128 + row;
    cv::RNG rng(seed * 2654435761u + 131);
    for (int i = 0; i < 4; ++i) rng.next();
    const auto pick = [&](std::size_t n) {
      return static_cast<std::size_t>(rng.uniform(0, static_cast<int>(n)));
    };
    const std::size_t a = pick(cards.size()), b = (a + 1 + pick(cards.size() - 1)) % cards.size();
    const bool front = grade.front_only || index % 2 == 0;
    const auto side = [&](const samples::Card& c, bool f) -> const ktp::Face& {
      return f ? c.front : c.back;
    };
    const ktp::Face& face = side(cards[a].printed, front);
    const ktp::Face& other =
        side(cards[grade.kind == std::string("wrong-card") && !front ? a : b].printed, front);
    judge::Press press = judge::any_press(rng);
    const judge::Optics optics = judge::any_optics(rng, settings.dpi);
    const judge::Damage damage{grade.kind, grade.size};
    const std::string kind = grade.kind;
    if (kind == "misplaced") press.place_x_mm = press.place_y_mm = 0;
    if (kind == "misregister")
      for (auto& r : press.register_mm) r[0] = r[1] = 0;
    ktp::Image photo;
    judge::PrintedCard card;
    const bool scene = std::string(grade.grade) == "scene";
    if (scene) {
      card = judge::print(face, other, side(cards[a].printed, !front), press, {}, rng);
      photo = kind == "empty-table"    ? judge::empty_table(optics)
              : kind == "two-cards"    ? judge::two_cards(card, optics)
              : kind == "half-in-view" ? judge::half_in_view(card, optics)
                                       : judge::no_card(optics);
    } else {
      const bool may_hide = kind == "void" || kind == "wrinkle" || kind == "dead-element" ||
                            kind == "stain" || kind == "fade" || kind == "scratch" || kind == "dust";
      const judge::PrintedCard plain =
          may_hide ? judge::print(face, other, face, press, {}, rng) : judge::PrintedCard{};
      for (int attempt = 0; attempt < 12; ++attempt) {
        card = judge::print(face, other, side(cards[a].printed, !front), press, damage, rng);
        if (!may_hide || visible(card, plain)) break;
      }
      cv::RNG hand(seed * 40503u + 77);
      photo = settings.hand ? judge::photograph(card, judge::any_hand_camera(hand, settings.dpi))
                            : judge::photograph(card, optics);
    }
    insp::Trace trace;
    const insp::Report report =
        insp::inspect_traced(front ? *cards[a].front : *cards[a].back, photo.view(), &trace);
    const bool good = std::string(grade.grade) == "good";
    const bool content = std::string(grade.grade) == "content";
    const bool missed = good ? report.verdict != Verdict::good : report.verdict == Verdict::good;
    const bool named =
        std::ranges::any_of(report.findings, [&](const auto& f) { return right_name(kind, f.kind); });
    bool located = false;
    for (const ktp::Finding& f : report.findings) {
      const double s = side(cards[a].expected, front).image.width / ktp::kCardWidthMm;
      for (const ktp::BoxMm& t : card.truth) {
        const double slack = 0.6;
        located = located || (f.box.x / s < t.x + t.w + slack && (f.box.x + f.box.w) / s > t.x - slack &&
                              f.box.y / s < t.y + t.h + slack && (f.box.y + f.box.h) / s > t.y - slack);
      }
    }
    const std::scoped_lock guard(lock_);
    Tally& t = tallies_[row];
    ++t.n, t.missed += missed, t.named += named, t.located += located;
    ++t.verdicts[ktp::to_string(report.verdict).data()];
    for (const auto& f : report.findings) ++t.kinds[f.kind];
    t.scores.push_back(report.score);
    if (content) content_as_damage_ += report.verdict == Verdict::damaged;
    for (const auto& stage : trace.stages) times_[stage.name].push_back(stage.ms);
    if (good) {
      for (const auto& m : trace.measures) good_measures_[m.detector].push_back(m.highest);
    } else {
      for (const auto& m : trace.measures)
        bad_measures_[kind + " " + grade.grade][m.detector].push_back(m.highest);
    }
    if (missed && std::string(grade.grade) != "may" &&
        (settings.verbose || good || std::string(grade.grade) != "should"))
      tell(grade, index, front, report, trace, optics);
    if (!settings.save.empty() && (missed || settings.verbose)) {
      const std::string base = settings.save + "/" + kind + "-" + grade.grade + "-" + std::to_string(index);
      (void)ktp::artwork::write_png(base + "-photo.png", photo.view());
      if (!report.rectified.empty())
        (void)ktp::artwork::write_png(base + "-marked.png",
                                      insp::marked(report.rectified, report.findings).view());
    }
    if (++done % 50 == 0) std::fprintf(stderr, "%zu pictures\n", done.load());
  }

  void print_results(const std::vector<judge::Grade>& rows) {
    std::vector<double> good, must, should;
    std::map<std::string, std::array<int, 2>> grades;
    std::printf("\n%-15s %-7s %5s %6s %5s %7s %20s %6s %6s  verdicts, names\n", "kind", "grade", "size", "n",
                "miss", "", "95 %", "named", "found");
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto at = tallies_.find(r);
      if (at == tallies_.end()) continue;
      const Tally& t = at->second;
      const std::string grade = rows[r].grade;
      auto& into = grade == "good" ? good : grade == "must" || grade == "content" ? must : should;
      if (grade != "may" && grade != "scene") into.insert(into.end(), t.scores.begin(), t.scores.end());
      grades[grade][0] += t.missed, grades[grade][1] += t.n;
      const auto [low, high] = interval(t.missed, t.n);
      std::printf("%-15s %-7s %5.2f %6d %5d %6.1f%% (%5.1f to %5.1f) %% %5.0f%% %5.0f%% ", rows[r].kind,
                  rows[r].grade, rows[r].size, t.n, t.missed, 100.0 * t.missed / t.n, 100 * low, 100 * high,
                  100.0 * t.named / t.n, 100.0 * t.located / t.n);
      for (const auto& [v, n] : t.verdicts) std::printf(" %s:%d", v.c_str(), n);
      std::printf(" |");
      for (const auto& [k, n] : t.kinds) std::printf(" %s:%d", k.c_str(), n);
      std::printf("\n");
    }
    for (const auto& [grade, n] : grades) {
      const auto [low, high] = interval(n[0], n[1]);
      std::printf("all of grade %-8s %s %d of %d = %.2f %% (%.2f to %.2f)\n", grade.c_str(),
                  grade == "good" ? "rejected" : "missed", n[0], n[1], 100.0 * n[0] / std::max(1, n[1]),
                  100 * low, 100 * high);
    }
    std::vector<double> both = must;
    both.insert(both.end(), should.begin(), should.end());
    std::printf("AUROC must %.4f, must and should %.4f; wrong content called damage only: %d\n",
                auroc(good, must), auroc(good, both), content_as_damage_);
    std::printf("score of good cards: 50 %% %.2f, 90 %% %.2f, 99 %% %.2f, max %.2f\n", quantile(good, .5),
                quantile(good, .9), quantile(good, .99), quantile(good, 1));
    std::printf("\nmeasurement / limit of good cards by detector: 50 / 90 / 99 %% / max\n");
    for (const auto& [name, v] : good_measures_)
      std::printf("  %-14s %.2f %.2f %.2f %.2f\n", name.c_str(), quantile(v, .5), quantile(v, .9),
                  quantile(v, .99), quantile(v, 1));
    if (settings.verbose) {
      for (const auto& [kind, by] : bad_measures_) {
        std::printf("%-22s", kind.c_str());
        for (const auto& [name, v] : by)
          std::printf(" %s %.2f/%.2f", name.c_str(), quantile(v, .1), quantile(v, .5));
        std::printf("\n");
      }
    }
    std::printf("\nthread CPU time by stage, ms: median / 95 %%\n");
    double sum = 0;
    for (const auto& [stage, v] : times_) {
      std::printf("  %-14s %6.2f / %6.2f\n", stage.c_str(), quantile(v, .5), quantile(v, .95));
      sum += quantile(v, .5);
    }
    std::printf("  %-14s %6.2f\n", "sum of medians", sum);
  }

 private:
  void tell(const judge::Grade& grade, int index, bool front, const insp::Report& report,
            const insp::Trace& trace, const judge::Optics& o) {
    std::printf("  %s %s %.2f #%d %s: %s %.2f match %.2f blur %.2f res %.3f |", grade.kind, grade.grade,
                grade.size, index, front ? "front" : "back", ktp::to_string(report.verdict).data(),
                report.score, trace.match, trace.blur_px, report.align_residual_mm);
    for (std::size_t i = 0; i < std::min<std::size_t>(report.findings.size(), 3); ++i) {
      const auto& f = report.findings[i];
      std::printf(" [%s %.2f %d,%d %dx%d]", f.kind.c_str(), f.score, f.box.x, f.box.y, f.box.w, f.box.h);
    }
    for (const auto& m : trace.measures) {
      if (m.highest > 0.7) std::printf(" %s=%.2f", m.detector, m.highest);
    }
    std::printf(
        " | %.1f px/mm margin %.0f turns %d psf %.3f haze %.3f sheen %.3f expo %.2f jpeg %d sharpen %.2f "
        "table %d\n",
        o.px_per_mm, o.margin_mm, o.quarter_turns, o.psf_mm, o.haze, o.sheen, o.exposure, o.jpeg, o.sharpen,
        static_cast<int>(o.table));
    std::fflush(stdout);
  }

  std::map<std::size_t, Tally> tallies_;
  std::map<std::string, std::vector<double>> times_, good_measures_;
  std::map<std::string, std::map<std::string, std::vector<double>>> bad_measures_;
  int content_as_damage_ = 0;
  std::mutex lock_;
};

std::vector<fs::path> face_files(const std::string& folder) {
  std::vector<fs::path> files;
  if (folder.empty()) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg" || entry.path().extension() == ".png")
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// The portrait on the left and everything else moved: what an engine that knows one layout by heart does not
// expect.
fs::path other_template() {
  std::ifstream in(KTP_SOURCE_DIR "/config/templates/ektp.yaml");
  std::stringstream text;
  text << in.rdbuf();
  std::string all = text.str();
  const auto swap = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = all.find(from, at)) != std::string::npos; at += to.size())
      all.replace(at, from.size(), to);
  };
  swap("regions: ../regions", std::string("regions: ") + KTP_SOURCE_DIR "/config/regions");
  swap("portrait: {box: [62.3, 13.4", "portrait: {box: [3.4, 14.4");
  swap("signature: {box: [63.5", "signature: {box: [4.5");
  swap("centre: [72.5, 38.6]", "centre: [13.6, 39.6]");
  swap("labels: {x: 3.0, colon_x: 22.0", "labels: {x: 25.4, colon_x: 44.4");
  swap("nik: {box: [17.6", "nik: {box: [40.6");
  swap("label_size: 3.2, label_x: 3.0, colon_x: 14.6", "label_size: 3.2, label_x: 26.0, colon_x: 37.6");
  swap("box: [23.3", "box: [45.7");
  swap("label_x: 5.4", "label_x: 27.8");
  swap("box: [56.2", "box: [78.6"), swap("label_x: 43.6, colon_x: 54.9", "label_x: 66.0, colon_x: 77.3");
  swap("box: [61.3", "box: [2.4");
  const fs::path file = fs::temp_directory_path() / "ktp-judge-template.yaml";
  std::ofstream(file) << all;
  return file;
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  Settings& s = bench.settings;
  CLI::App app{"Judges the inspection on photographs worked out from dye to sensor"};
  app.add_flag("--train", s.train, "Seeds for setting limits; without it, seeds for judging");
  app.add_flag("--bare", s.bare, "Expected pictures without layout, as `inspect --cases` has them");
  app.add_flag("--other-layout", s.other_layout, "Cards of another template (implies --bare)");
  app.add_flag("--verbose", s.verbose, "Also tell of every missed `should`, and of each detector by kind");
  app.add_flag("--hand", s.hand, "Photographs by the third model: a hand camera with a strong processor");
  app.add_option("--good", s.good, "Good cards")->capture_default_str();
  app.add_option("--bad", s.bad, "Cards of each row of the catalogue")->capture_default_str();
  app.add_option("--from", s.from, "First index: another part of the same seeds")->capture_default_str();
  app.add_option("--cards", s.cards, "Different contents")->check(CLI::Range(2, 400))->capture_default_str();
  app.add_option("--threads", s.threads)->capture_default_str();
  app.add_option("--dpi", s.dpi, "Of expected picture and photograph")->check(CLI::IsMember({300, 600}));
  app.add_option("--kind", s.only, "Only these kinds, comma between");
  app.add_option("--grade", s.grade, "Only this grade");
  app.add_option("--save", s.save, "Folder for photographs that were judged wrongly");
  app.add_option("--faces", s.faces, "Folder of portraits (measuring only); drawn ones otherwise");
  app.add_option("--profile", s.profile)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  cv::setNumThreads(1);
  const auto profile = insp::load_profile(s.profile);
  if (!profile) return std::fprintf(stderr, "%s\n", profile.error().message.c_str()), 78;
  s.bare = s.bare || s.other_layout;
  const fs::path layout =
      s.other_layout ? other_template() : fs::path(KTP_SOURCE_DIR "/config/templates/ektp.yaml");
  const samples::CardMaker fine(judge::kDpi, layout), maker(s.dpi, layout);
  const auto faces = face_files(s.faces);
  bench.cards.resize(static_cast<std::size_t>(s.cards));
  std::vector<double> prepare_ms;
  for (int i = 0; i < s.cards; ++i) {
    const std::uint64_t seed = static_cast<std::uint64_t>(i) + (s.train ? 20'001 : 30'001);
    ktp::Image portrait = samples::portrait(seed);
    if (!faces.empty()) {
      // Train and judge take from the two halves.
      const std::size_t half = faces.size() / 2,
                        at = (s.train ? 0 : half) + static_cast<std::size_t>(i) % half;
      auto picture = ktp::artwork::read_picture(faces[at]);
      if (!picture) return std::fprintf(stderr, "%s\n", picture.error().message.c_str()), 66;
      portrait = std::move(*picture);
    }
    Sample& sample = bench.cards[static_cast<std::size_t>(i)];
    sample.printed = fine.make(seed, portrait);
    sample.expected = s.dpi > 450 ? sample.printed : maker.make(seed, portrait);
    // What is printed is the expected picture itself, not another drawing of the same text: at half the
    // resolution the typeface's hinting would move single characters by a third of a pixel and more.
    if (s.dpi < 450) {
      halve(sample.printed.front.image, sample.expected.front.image);
      halve(sample.printed.back.image, sample.expected.back.image);
    }
    ktp::Face front = sample.expected.front, back = sample.expected.back;
    if (s.bare) {
      for (ktp::Face* f : {&front, &back}) f->layout.clear(), f->glyphs.clear(), f->atlas.reset();
    }
    const auto start = std::chrono::steady_clock::now();
    auto a = insp::prepare(front, *profile, s.bare ? nullptr : &back);
    auto b = insp::prepare(back, *profile, s.bare ? nullptr : &front);
    prepare_ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / 2);
    if (!a || !b) return std::fprintf(stderr, "%s\n", (a ? b : a).error().message.c_str()), 70;
    sample.front = *a, sample.back = *b;
  }
  std::fprintf(stderr, "%d cards prepared, %.0f ms a side\n", s.cards, quantile(prepare_ms, 0.5));

  std::vector<judge::Grade> rows = judge::catalogue();
  for (const char* kind : {"empty-table", "two-cards", "half-in-view", "no-card"})
    rows.push_back({kind, "scene", 0, false});
  const auto wanted = [&](const judge::Grade& g) {
    if (!s.grade.empty() && s.grade != g.grade) return false;
    if (s.only.empty()) return true;
    return ("," + s.only + ",").find("," + std::string(g.kind) + ",") != std::string::npos;
  };
  struct Task {
    std::size_t row;
    int index;
  };
  std::vector<Task> tasks;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (!wanted(rows[r])) continue;
    const int n = std::string(rows[r].grade) == "good" ? s.good : s.bad;
    for (int i = 0; i < n; ++i) tasks.push_back({r, s.from + i});
  }
  std::fprintf(stderr, "%zu pictures to judge on %u threads\n", tasks.size(), s.threads);
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < s.threads; ++t) {
      threads.emplace_back([&] {
        for (std::size_t i; (i = next++) < tasks.size();)
          bench.one(rows[tasks[i].row], tasks[i].index, tasks[i].row);
      });
    }
  }
  bench.print_results(rows);
}
