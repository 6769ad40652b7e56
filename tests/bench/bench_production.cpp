// SPDX-License-Identifier: Apache-2.0
// How fast the whole station is with simulated devices that take no time of their own, where that time goes,
// and whether memory stays flat over a long batch.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/processor_time.hpp"
#include "scenarios/station_run.hpp"

namespace {

using ktp::bench::processor_seconds;
using ktp::test::StationRun;

long status_kib(pid_t pid, const std::string& key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::strtol(line.c_str() + key.size() + 1, nullptr, 10);
  return 0;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code none;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task", none)) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

std::string name_of(pid_t pid) {
  std::ifstream line("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::stringstream all;
  all << line.rdbuf();
  const std::string text = all.str();
  if (text.find("sim-printer") != std::string::npos) return "printer worker";
  return text.find("sim-camera") != std::string::npos ? "camera worker" : "station";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Throughput and memory of a whole batch with simulated devices at zero delay");
  int cards = 2000;
  std::uint64_t seed = 424242;
  app.add_option("--cards", cards, "people in the batch")
      ->check(CLI::Range(10, 100000))
      ->capture_default_str();
  app.add_option("--seed", seed, "of the batch and the devices")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  StationRun run("seed: " + std::to_string(seed) + "\nblanks: " + std::to_string(cards + 200) +
                     "\nribbon: " + std::to_string(cards + 500),
                 "seed: " + std::to_string(seed));
  const auto batch = run.make_batch(cards, seed);
  auto command = run.produce_command(batch);
  command.emplace_back("--json");
  const auto begun = std::chrono::steady_clock::now();
  ktp::test::Process process(command, run.folder());
  struct Sample {
    double seconds;
    long station, printer, camera;
  };
  std::vector<Sample> samples;
  std::map<std::string, double> cpu;
  auto next = begun;
  while (process.running()) {
    Sample sample{std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(),
                  status_kib(process.pid(), "VmRSS:"), 0, 0};
    cpu["station"] = processor_seconds(process.pid());
    for (const pid_t child : children_of(process.pid())) {
      const std::string name = name_of(child);
      (name == "printer worker" ? sample.printer : sample.camera) = status_kib(child, "VmRSS:");
      cpu[name] = processor_seconds(child);
    }
    if (sample.station > 0 && sample.camera > 0) samples.push_back(sample);
    std::this_thread::sleep_until(next += std::chrono::milliseconds(500));
  }
  const auto ended = process.wait(std::chrono::seconds(60));
  if (ended.exit_code != 0) {
    std::fprintf(stderr, "the run failed with %d:\n%s\n", ended.exit_code, ended.err.c_str());
    return 1;
  }
  const auto json = nlohmann::json::parse(ended.out);
  const double seconds = json.at("seconds");
  const double printed = json.at("printed");
  std::printf("%.0f cards in %.1f s: %.2f cards/s (intake, start and report not counted)\n", printed, seconds,
              printed / seconds);
  std::printf("wall time in each part, ms a card (parts run side by side):\n");
  for (const auto& [stage, time] : json.at("stage_seconds").items())
    std::printf("  %-18s %7.1f\n", stage.c_str(), 1000 * time.get<double>() / printed);
  std::printf("processor time, ms a card:\n");
  for (const auto& [name, time] : cpu) std::printf("  %-18s %7.1f\n", name.c_str(), 1000 * time / printed);
  if (samples.size() >= 8) {
    const auto show = [](const char* when, const Sample& s) {
      std::printf("  %-10s %6.0f s  station %5ld  printer worker %5ld  camera worker %5ld\n", when, s.seconds,
                  s.station / 1024, s.printer / 1024, s.camera / 1024);
    };
    std::printf("resident memory, MiB:\n");
    show("a quarter", samples[samples.size() / 4]);
    show("half", samples[samples.size() / 2]);
    show("the end", samples[samples.size() - 2]);
    std::printf("station at the end / at a quarter: %.3f\n",
                static_cast<double>(samples[samples.size() - 2].station) /
                    static_cast<double>(samples[samples.size() / 4].station));
  }
  return 0;
}
