// SPDX-License-Identifier: Apache-2.0
// Workers killed at random points over a production run on two simulated printers: nothing may be lost or
// double, and no printer may wait for the other one's crash. Exit 1 if anything is.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>
#include <sstream>
#include <thread>

#include "scenarios/station_run.hpp"

namespace {

using ktp::test::StationRun;
using nlohmann::json;

/// Milliseconds of the day of an RFC 3339 time ("2026-11-24T16:00:00.123Z").
double ms_of(const std::string& time) {
  int hours = 0, minutes = 0;
  double seconds = 0;
  std::sscanf(time.c_str() + 11, "%d:%d:%lf", &hours, &minutes, &seconds);
  return (hours * 3600 + minutes * 60) * 1000.0 + seconds * 1000.0;
}

struct Span {
  double from, to;
  [[nodiscard]] bool meets(const Span& other) const { return from < other.to && other.from < to; }
};

/// What one printer did, from the log.
struct Lane {
  std::vector<Span> idle;     // from the end of one print command to the start of the next
  std::vector<Span> trouble;  // from device-fault to device-cleared
};

std::map<std::string, Lane> lanes_of(const std::vector<json>& events) {
  std::map<std::string, Lane> lanes;
  std::map<std::string, double> ended, fault;
  std::map<std::string, std::string> printer_of_card;
  for (const json& event : events) {
    const std::string type = event.at("type");
    const double now = ms_of(event.at("time"));
    if (type == "batch-opened") {
      ended.clear();  // what lies between two batches is nobody's waiting
    } else if (type == "print-started") {
      const std::string printer = event.at("device");
      printer_of_card[event.at("card")] = printer;
      if (const auto before = ended.find(printer); before != ended.end())
        lanes[printer].idle.push_back({before->second, now});
    } else if (type == "print-ended") {
      ended[printer_of_card[event.at("card")]] = now;
    } else if (type == "device-fault") {
      fault[event.at("device")] = now;
    } else if (type == "device-cleared") {
      lanes[event.at("device")].trouble.push_back({fault[event.at("device")], now});
    }
  }
  return lanes;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double worst(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::ranges::max_element(values);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Worker crashes at random points over a production run on two simulated printers");
  int crashes = 1000, every = 160, orders = 0;
  unsigned seed = 2020;
  app.add_option("--crashes", crashes, "workers to kill")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--every-ms", every, "mean time between two")
      ->check(CLI::Range(5, 60000))
      ->capture_default_str();
  app.add_option("--orders", orders, "people in each batch (default: crashes / 4)");
  app.add_option("--seed", seed, "of the storm and the batches")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (orders <= 0) orders = std::max(20, crashes / 4);
  const int blanks = orders * 8;

  StationRun run(
      {StationRun::Lane{"seed: 1\nblanks: " + std::to_string(blanks) + "\nribbon: " + std::to_string(blanks)},
       StationRun::Lane{"seed: 2\nblanks: " + std::to_string(blanks) +
                        "\nribbon: " + std::to_string(blanks)}},
      "operator-wait-s: 120\nworker-restarts: 100000\ncards-per-order: 20\nnot-started-per-order: 100");
  std::mt19937 random(seed);
  int struck = 0, batches = 0, people = 0;
  std::vector<double> medians, worsts;
  double seconds = 0;
  // Batch after batch until the storm is over; each is finished, and the books must close after each.
  while (struck < crashes) {
    const auto batch = run.make_batch(orders, seed + static_cast<unsigned>(++batches));
    people += orders;
    auto command = run.produce_command(batch);
    command.emplace_back("--json");
    ktp::test::Process process(command, run.folder());
    while (process.running() && !run.worker(process.pid(), 1, "sim-camera"))
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // all four are up
    while (process.running()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1 + random() % static_cast<unsigned>(2 * every)));
      if (struck >= crashes) continue;
      // A device, not whoever happens to be up: else the last one standing would take every blow.
      const auto worker =
          run.worker(process.pid(), random() % 2, random() % 2 == 0 ? "sim-printer" : "sim-camera");
      if (worker && ::kill(*worker, SIGKILL) == 0) ++struck;
    }
    const auto ended = process.wait(std::chrono::seconds(60));
    if (ended.exit_code != 0) {
      std::fprintf(stderr, "batch %d ended with %d:\n%s\n", batches, ended.exit_code, ended.err.c_str());
      return 1;
    }
    const json report = json::parse(ended.out);
    medians.push_back(report.at("worker_restarts").at("median_ms"));
    worsts.push_back(report.at("worker_restarts").at("worst_ms"));
    seconds += report.at("seconds").get<double>();
  }

  const std::string difference = run.difference(2 * blanks);
  const json balance = run.balance();
  // Rows of a person who is in an earlier batch are refused, and look-alikes are held: both before any print.
  int done = 0, before_print = 0, not_done = 0;
  for (const json& order : run.rows("orders")) {
    const std::string state = order.at("state"), reason = order.at("reason");
    if (state == "done")
      ++done;
    else if (state == "refused" || (state == "held" && !reason.starts_with("card:")))
      ++before_print;
    else
      ++not_done;
  }
  const auto events = run.events();
  std::map<std::string, int> unknown;
  for (const json& event : events)
    if (event.at("type") == "print-ended" || event.at("type") == "settled")
      ++unknown[event.at("type").get<std::string>() + " " + event.at("outcome").get<std::string>()];
  std::vector<double> calm, beside;
  const auto lanes = lanes_of(events);
  for (const auto& [printer, lane] : lanes)
    for (const Span& idle : lane.idle) {
      if (std::ranges::any_of(lane.trouble, [&](const Span& own) { return idle.meets(own); })) continue;
      bool other = false;
      for (const auto& [name, another] : lanes)
        other |= name != printer &&
                 std::ranges::any_of(another.trouble, [&](const Span& its) { return idle.meets(its); });
      (other ? beside : calm).push_back(idle.to - idle.from);
    }
  for (const auto& [what, count] : unknown) std::printf("%-28s %d\n", what.c_str(), count);
  std::printf(
      "between two cards of a printer, ms: %.0f median, %.0f worst while nobody had crashed (%zu); %.0f "
      "median, "
      "%.0f worst while only the other one had (%zu)\n",
      median(calm), worst(calm), calm.size(), median(beside), worst(beside), beside.size());
  const bool closed = difference.empty() && not_done == 0 && balance.at("unknown") == 0 &&
                      balance.at("discrepancy") == 0 && balance.at("good") == done &&
                      done + before_print == people;
  if (!closed)
    std::fprintf(stderr, "NOT CLOSED: %s; %d orders not done; balance %s\n", difference.c_str(), not_done,
                 balance.dump().c_str());
  std::printf(
      "%d crashes over %d cards in %d batches, %.0f s: %s; working worker again after %.1f ms (median of the "
      "batches), %.1f ms worst\n",
      struck, done, batches, seconds, closed ? "0 lost, 0 double" : "NOT CLOSED", median(medians),
      worst(worsts));
  return closed ? 0 : 1;
}
