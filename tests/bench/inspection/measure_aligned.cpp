// SPDX-License-Identifier: Apache-2.0
// F1, AP and class-aware mAP of the profile aligned-print on template/test pairs in DeepPCB's layout
// (list.txt, pairs/ID_temp.jpg, ID_test.jpg, ID.txt). The pictures are not part of this project.
//   measure_aligned FOLDER [PROFILE [train|judge|all [v]]]      v: lists the boxes that are wrong
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <opencv2/core/utility.hpp>
#include <string>
#include <vector>

#include "artwork/picture.hpp"
#include "inspection/inspection.hpp"

namespace {

constexpr std::array kKinds{"open", "short", "mousebite", "spur", "copper", "pin-hole"};

struct Truth {
  double x1, y1, x2, y2;
  int type;
};
struct Hit {
  double confidence;
  bool right;
};

double iou(const Truth& t, const ktp::BoxPx& b) {
  const double w = std::min<double>(t.x2, b.x + b.w) - std::max<double>(t.x1, b.x),
               h = std::min<double>(t.y2, b.y + b.h) - std::max<double>(t.y1, b.y);
  if (w <= 0 || h <= 0) return 0;
  return w * h / ((t.x2 - t.x1) * (t.y2 - t.y1) + static_cast<double>(b.w) * b.h - w * h);
}

// Sum over hits in falling confidence of precision at that hit, divided by the truths; and the best F1.
std::pair<double, double> rate(std::vector<Hit> hits, int truths) {
  std::ranges::stable_sort(hits, [](const Hit& a, const Hit& b) { return a.confidence > b.confidence; });
  double sum = 0, best = 0;
  int right = 0, n = 0;
  for (const Hit& h : hits) {
    ++n;
    if (h.right) sum += static_cast<double>(++right) / n;
    best = std::max(best, 2.0 * right / (n + truths));
  }
  return {truths ? sum / truths : 0, best};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "measure_aligned FOLDER [PROFILE]\n"), 64;
  cv::setNumThreads(1);
  const std::string folder = argv[1];
  const auto profile = ktp::inspection::load_profile(
      argc > 2 ? argv[2] : KTP_SOURCE_DIR "/config/inspection/aligned-print.yaml");
  if (!profile) return std::fprintf(stderr, "%s\n", profile.error().message.c_str()), 78;
  std::ifstream list(folder + "/list.txt");
  std::vector<Hit> all;
  std::array<std::vector<Hit>, 6> by_kind;
  std::array<int, 6> truths{};
  std::array<std::array<int, 7>, 7> confusion{};
  int total = 0, pairs = 0;
  double ms = 0;
  const bool verbose = argc > 4;
  // Boards in groups of one kind: limits are chosen on some groups and judged on the others (13000, 44000,
  // 77000).
  const std::string part = argc > 3 ? argv[3] : "";
  for (std::string id; list >> id;) {
    const bool judge = id.starts_with("13000") || id.starts_with("44000") || id.starts_with("77000");
    if ((part == "train" && judge) || (part == "judge" && !judge)) continue;
    ++pairs;
    const std::string base = folder + "/pairs/" + id;
    auto expected = ktp::artwork::read_picture(base + "_temp.jpg"),
         seen = ktp::artwork::read_picture(base + "_test.jpg");
    if (!expected || !seen) return std::fprintf(stderr, "%s cannot be read\n", base.c_str()), 66;
    std::vector<Truth> truth;
    std::ifstream boxes(base + ".txt");
    for (Truth t{}; boxes >> t.x1 >> t.y1 >> t.x2 >> t.y2 >> t.type;)
      truth.push_back(t), ++truths[static_cast<std::size_t>(t.type - 1)], ++total;
    ktp::Face face;
    face.image = std::move(*expected);
    const auto reference = ktp::inspection::prepare(face, *profile);
    const auto start = std::chrono::steady_clock::now();
    const auto report = ktp::inspection::inspect(**reference, seen->view());
    ms += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    std::vector<bool> used(truth.size(), false), used_typed(truth.size(), false);
    for (const auto& f : report.findings) {
      const auto type = static_cast<std::size_t>(std::ranges::find(kKinds, f.kind) - kKinds.begin());
      int best = -1, typed = -1;
      for (std::size_t i = 0; i < truth.size(); ++i) {
        if (iou(truth[i], f.box) <= 0.33) continue;
        if (!used[i] && best < 0) best = static_cast<int>(i);
        if (!used_typed[i] && static_cast<std::size_t>(truth[i].type - 1) == type)
          typed = static_cast<int>(i);
      }
      if (best >= 0) used[static_cast<std::size_t>(best)] = true;
      if (typed >= 0) used_typed[static_cast<std::size_t>(typed)] = true;
      all.push_back({f.confidence, best >= 0});
      if (verbose && best < 0) {
        double closest = 0;
        for (const Truth& t : truth) closest = std::max(closest, iou(t, f.box));
        std::printf("%s %s %.2f %d,%d %dx%d IoU %.2f\n", id.c_str(), f.kind.c_str(), f.confidence, f.box.x,
                    f.box.y, f.box.w, f.box.h, closest);
      }
      by_kind[type].push_back({f.confidence, typed >= 0});
      ++confusion[best >= 0 ? static_cast<std::size_t>(truth[static_cast<std::size_t>(best)].type - 1) : 6]
                 [type];
    }
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (used[i]) continue;
      ++confusion[static_cast<std::size_t>(truth[i].type - 1)][6];
      double closest = 0;
      for (const auto& f : report.findings) closest = std::max(closest, iou(truth[i], f.box));
      if (verbose) {
        std::printf("%s missed %s %.0f,%.0f %.0fx%.0f IoU %.2f\n", id.c_str(),
                    kKinds[static_cast<std::size_t>(truth[i].type - 1)], truth[i].x1, truth[i].y1,
                    truth[i].x2 - truth[i].x1, truth[i].y2 - truth[i].y1, closest);
      }
    }
  }
  const auto [ap, f1] = rate(all, total);
  std::printf("%d pairs, %d truths, %zu boxes: best F1 %.3f, AP %.3f, %.1f ms a pair\n", pairs, total,
              all.size(), f1, ap, ms / std::max(pairs, 1));
  double mean = 0;
  for (std::size_t k = 0; k < 6; ++k) {
    const auto [kind_ap, kind_f1] = rate(by_kind[k], truths[k]);
    mean += kind_ap / 6;
    std::printf("  %-10s AP %.3f F1 %.3f   said:", kKinds[k], kind_ap, kind_f1);
    for (std::size_t j = 0; j < 7; ++j) std::printf(" %5d", confusion[k][j]);
    std::printf("\n");
  }
  std::printf("  nothing                        said:");
  for (std::size_t j = 0; j < 6; ++j) std::printf(" %5d", confusion[6][j]);
  std::printf("\nclass-aware mAP %.3f\n", mean);
}
