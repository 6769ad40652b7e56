// SPDX-License-Identifier: Apache-2.0
// Writes pictures for the commands `inspect` and `calibrate`: expected faces, photographs of good and of
// damaged cards worked out from dye to sensor (press.hpp, optics.hpp), CASES.csv and TRUTH.csv. One station:
// the same camera and printer for all cards of one --seed, each card with its own content, place and noise.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>
#include <vector>

#include "artwork/picture.hpp"
#include "bench/inspection/optics.hpp"
#include "bench/inspection/press.hpp"
#include "inspection/sample_cards.hpp"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  fs::path out;
  int cards = 12, good = 100, bad = 0;
  std::uint64_t seed = 1, from = 0;
  double dpi = 300;
  std::string grade = "must";
  bool any_station = false;
  CLI::App app{"Photographs for `inspect` and `calibrate`"};
  app.add_option("--out", out, "Folder")->required();
  app.add_option("--cards", cards, "Different contents")->check(CLI::Range(2, 400))->capture_default_str();
  app.add_option("--good", good, "Pictures of good cards")->capture_default_str();
  app.add_option("--bad", bad, "Of each row of the catalogue")->capture_default_str();
  app.add_option("--grade", grade, "Of the bad ones: must, should, content")->capture_default_str();
  app.add_option("--seed", seed, "The station")->capture_default_str();
  app.add_option("--from", from, "First picture: other cards of the same station")->capture_default_str();
  app.add_option("--dpi", dpi)->check(CLI::IsMember({300, 600}));
  app.add_flag("--any-station", any_station, "Another printer and camera for each picture");
  CLI11_PARSE(app, argc, argv);
  cv::setNumThreads(1);
  fs::create_directories(out);
  const samples::CardMaker fine(judge::kDpi), maker(dpi);
  std::vector<samples::Card> printed, expected;
  for (int i = 0; i < cards; ++i) {
    const std::uint64_t content = 50'001 + static_cast<std::uint64_t>(i) + from;
    printed.push_back(fine.make(content));
    expected.push_back(maker.make(content));
    for (const ktp::Face* face : {&expected.back().front, &expected.back().back})
      if (!ktp::artwork::write_png(out / ("e" + std::to_string(i) + "-" + to_string(face->side) + ".png"),
                                   face->image.view()))
        return 70;
  }
  struct Task {
    judge::Grade grade;
    int index;
  };
  std::vector<Task> tasks;
  for (int i = 0; i < good; ++i) tasks.push_back({{"good", "good", 0, false}, i});
  for (const judge::Grade& row : judge::catalogue())
    if (grade == row.grade && std::string(row.grade) != "good")
      for (int i = 0; i < bad; ++i) tasks.push_back({row, i});
  std::vector<std::string> rows(tasks.size()), truths(tasks.size());
  std::atomic<std::size_t> next = 0, wrong = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < tasks.size();) {
      const Task& task = tasks[i];
      const std::uint64_t own = (from + i) * 2654435761u + 977;
      cv::RNG station(seed * 40503u + 7), rng(own);
      for (int k = 0; k < 4; ++k) station.next(), rng.next();
      cv::RNG& machine = any_station ? rng : station;
      judge::Press press = judge::any_press(machine);
      judge::Optics optics = judge::any_optics(machine, dpi);
      optics.seed = press.seed = own;
      // One machine is not the same on every card.
      press.place_x_mm += rng.uniform(-0.1, 0.1), press.place_y_mm += rng.uniform(-0.1, 0.1);
      for (int c = 0; c < 3; ++c) {
        press.density[c] *= 1 + rng.uniform(-0.02, 0.02);
        for (int k = 0; k < 2; ++k) press.register_mm[c][k] += rng.uniform(-0.02, 0.02);
      }
      optics.rotation_deg += rng.uniform(-1.0, 1.0);
      optics.shift_x_mm += rng.uniform(-1.0, 1.0), optics.shift_y_mm += rng.uniform(-1.0, 1.0);
      optics.exposure *= 1 + rng.uniform(-0.02, 0.02);
      const auto a = static_cast<std::size_t>(rng.uniform(0, cards));
      const std::size_t b = (a + 1) % static_cast<std::size_t>(cards);
      const bool front = task.grade.front_only || task.index % 2 == 0;
      const auto side = [&](const samples::Card& c, bool f) -> const ktp::Face& {
        return f ? c.front : c.back;
      };
      const auto card =
          judge::print(side(printed[a], front), side(printed[b], front), side(printed[a], !front), press,
                       {task.grade.kind, task.grade.size}, rng);
      const ktp::Image photo = judge::photograph(card, optics);
      const std::string id =
          std::string(task.grade.kind) + "-" + std::to_string(from) + "-" + std::to_string(i);
      if (!ktp::artwork::write_png(out / (id + ".png"), photo.view())) ++wrong;
      const std::string word = front ? "front" : "back";
      rows[i] = id + "," + word + ",e" + std::to_string(a) + "-" + word + ".png," + id + ".png\n";
      truths[i] =
          id + "," + task.grade.kind + "," + std::to_string(task.grade.size) + "," + task.grade.grade + "\n";
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); ++t)
      threads.emplace_back(work);
  }
  std::ofstream cases(out / "CASES.csv"), truth(out / "TRUTH.csv");
  cases << "id,side,expected,captured\n";
  truth << "id,kind,size,grade\n";
  for (const std::string& row : rows) cases << row;
  for (const std::string& row : truths) truth << row;
  std::printf("%zu pictures in %s\n", tasks.size(), out.c_str());
  return wrong == 0 ? 0 : 70;
}
