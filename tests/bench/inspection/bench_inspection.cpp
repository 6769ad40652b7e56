// SPDX-License-Identifier: Apache-2.0
// How long one side takes on one thread, from the raw photograph to the verdict, as a ratio to one copy of
// that photograph in memory, stage by stage; and what it needs of memory. Ratios within one run: the machine
// does not matter much.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "bench/inspection/optics.hpp"
#include "bench/inspection/press.hpp"
#include "inspection/inspect.hpp"
#include "inspection/sample_cards.hpp"

namespace {

namespace insp = ktp::inspection;

double median(std::vector<double> v) {
  std::ranges::sort(v);
  return v.empty() ? 0 : v[v.size() / 2];
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Highest resident size so far, MiB.
double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void halve(const ktp::Image& fine, ktp::Image& out) {
  cv::resize(samples::to_mat(fine), samples::to_mat(out), {out.width, out.height}, 0, 0, cv::INTER_AREA);
}

double copy_ms(const ktp::Image& photo) {
  std::vector<std::uint8_t> to(photo.pixels.size());
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) {
    const double start = now_ms();
    std::memcpy(to.data(), photo.pixels.data(), to.size());
    times.push_back(now_ms() - start);
    if (to[static_cast<std::size_t>(i)] == 1 && to[0] == 2) std::printf(" ");  // the copy is used
  }
  return median(times);
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 20, cards = 4;
  double dpi = 300;
  CLI::App app{"Time and memory of the inspection of one side, one thread"};
  app.add_option("--rounds", rounds, "Inspections of each photograph")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  app.add_option("--cards", cards, "Different cards, two sides each")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--dpi", dpi, "Of expected picture and photograph")
      ->capture_default_str()
      ->check(CLI::IsMember({300.0, 600.0}));
  CLI11_PARSE(app, argc, argv);
  cv::setNumThreads(1);
  const auto profile = insp::load_profile(KTP_SOURCE_DIR "/config/inspection/ektp.yaml");
  if (!profile) return std::fprintf(stderr, "%s\n", profile.error().message.c_str()), 78;
  const samples::CardMaker fine(judge::kDpi), maker(dpi);
  std::vector<double> sides, ratios, prepared;
  std::map<std::string, std::vector<double>> stages;
  double before = 0;
  for (int k = 0; k < cards; ++k) {
    const auto seed = static_cast<std::uint64_t>(700 + k);
    const samples::Card printed = fine.make(seed);
    samples::Card expected = dpi > 450 ? printed : maker.make(seed);
    if (dpi < 450) {  // what is printed is the expected picture
      halve(printed.front.image, expected.front.image);
      halve(printed.back.image, expected.back.image);
    }
    for (const bool front : {true, false}) {
      cv::RNG rng(seed * 2 + front);
      const judge::PrintedCard card =
          judge::print(front ? printed.front : printed.back, printed.front,
                       front ? printed.back : printed.front, judge::any_press(rng), {}, rng);
      const ktp::Image photo = judge::photograph(card, judge::any_optics(rng, dpi));
      if (before == 0) before = peak_mib();
      const double start = now_ms();
      const auto reference = insp::prepare(front ? expected.front : expected.back, *profile,
                                           front ? &expected.back : &expected.front);
      prepared.push_back(now_ms() - start);
      if (!reference) return std::fprintf(stderr, "%s\n", reference.error().message.c_str()), 1;
      const double copy = copy_ms(photo);
      for (int i = 0; i < rounds; ++i) {
        insp::Trace trace;
        const double begin = now_ms();
        const insp::Report report = insp::inspect_traced(**reference, photo.view(), &trace);
        const double took = now_ms() - begin;
        if (i == 0 && report.verdict != ktp::Verdict::good) {
          const bool named = !report.findings.empty();
          std::fprintf(stderr, "card %d, %s: %s %.2f, but it is good\n", k, front ? "front" : "back",
                       named ? report.findings[0].kind.c_str() : "nothing", report.score);
        }
        sides.push_back(took), ratios.push_back(took / copy);
        for (const auto& stage : trace.stages) stages[stage.name].push_back(stage.ms);
      }
    }
  }
  for (const auto& [name, times] : stages) std::printf("  %-12s %6.2f ms\n", name.c_str(), median(times));
  std::printf("prepare a reference %.1f ms\n", median(prepared));
  std::printf("side %.1f ms, %.0f copies of the photograph (median of %zu)\n", median(sides), median(ratios),
              sides.size());
  std::printf("memory beyond drawing the cards %.0f MiB\n", std::max(0.0, peak_mib() - before));
  return 0;
}
