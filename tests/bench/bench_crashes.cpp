// SPDX-License-Identifier: Apache-2.0
// Workers killed at random points over a production run on two simulated printers: nothing may be lost or
// double, and no printer may wait for the other one's crash: its pace is told with and without one. Exit 1 if
// anything is.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>
#include <set>
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

double now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count() %
                             (24LL * 3600 * 1000));
}

struct Span {
  double from, to;
};

/// A worker that was killed.
struct Blow {
  double at;
  std::size_t lane;
  bool camera;
};

/// A batch as the log tells it.
struct Batch {
  double handed_out =
      0;  ///< when nobody held back a fresh order any more: from then on a printer may be idle
  double ended = 0;
  std::map<std::string, std::vector<double>> started, printed;  ///< by printer: when each card was
  std::map<std::string, std::vector<double>> captured;          ///< by camera
};

std::vector<Batch> batches_of(const std::vector<json>& events) {
  std::vector<Batch> batches;
  std::map<std::string, std::string> printer_of_card;
  std::set<std::string> begun;
  for (const json& event : events) {
    const std::string type = event.at("type");
    const double now = ms_of(event.at("time"));
    if (type == "batch-opened") batches.emplace_back();
    if (batches.empty()) continue;
    Batch& batch = batches.back();
    batch.ended = now;
    if (type == "print-started") {
      const std::string printer = event.at("device");
      printer_of_card[event.at("card")] = printer;
      batch.started[printer].push_back(now);
      if (begun.insert(event.at("order_id")).second) batch.handed_out = now;
    } else if (type == "print-ended" && event.at("outcome") == "printed") {
      batch.printed[printer_of_card[event.at("card")]].push_back(now);
    } else if (type == "captured") {
      batch.captured[event.at("camera")].push_back(now);
    }
  }
  return batches;
}

/// From each blow to the next sign that the lane works again: a card begun by its printer or seen by its
/// camera, whichever was killed.
std::vector<Span> troubles(const Batch& batch, const std::string& name, const std::vector<Blow>& blows,
                           std::size_t lane) {
  std::vector<Span> troubles;
  for (const Blow& blow : blows) {
    if (blow.lane != lane || blow.at > batch.ended) continue;
    const auto& signs = blow.camera ? batch.captured : batch.started;
    const auto of = signs.find((blow.camera ? "camera" : "printer") + name);
    double until = batch.ended;
    if (of != signs.end())
      if (const auto next = std::ranges::upper_bound(of->second, blow.at); next != of->second.end())
        until = *next;
    troubles.push_back({blow.at, until});
  }
  return troubles;
}

/// Cards that a printer printed in a part of the time. A mean over time and not over the pauses that meet a
/// crash: a long pause meets one sooner than a short one, whatever it was long for.
struct Pace {
  double ms = 0;
  int cards = 0;
  [[nodiscard]] double ms_a_card() const { return cards == 0 ? 0 : ms / cards; }
};

struct Paces {
  Pace calm, beside;  ///< while nobody was in trouble; while only the other printer or its camera was
};

void add_paces(Paces& paces, const Batch& batch, const std::vector<std::string>& names,
               const std::vector<Blow>& blows) {
  std::vector<std::vector<Span>> trouble;
  for (std::size_t lane = 0; lane < names.size(); ++lane)
    trouble.push_back(troubles(batch, names[lane], blows, lane));
  const auto in = [](const std::vector<Span>& spans, double time) {
    return std::ranges::any_of(spans, [&](const Span& span) { return span.from <= time && time < span.to; });
  };
  for (std::size_t lane = 0; lane < names.size(); ++lane) {
    const std::string printer = "printer" + names[lane];
    const auto started = batch.started.find(printer), printed = batch.printed.find(printer);
    if (started == batch.started.end() || printed == batch.printed.end()) continue;
    const auto part_of = [&](double time) -> Pace* {
      if (in(trouble[lane], time)) return nullptr;
      return in(trouble[1 - lane], time) ? &paces.beside : &paces.calm;
    };
    for (double time = started->second.front(); time < batch.handed_out; time += 1)
      if (Pace* part = part_of(time)) part->ms += 1;
    for (const double time : printed->second)
      if (time >= started->second.front() && time < batch.handed_out)
        if (Pace* part = part_of(time)) ++part->cards;
  }
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
      StationRun::kStorm);
  std::mt19937 random(seed);
  int struck = 0, batches = 0, people = 0;
  std::vector<double> medians, worsts;
  std::vector<std::vector<Blow>> blows;
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
    auto& struck_now = blows.emplace_back();
    while (process.running()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1 + random() % static_cast<unsigned>(2 * every)));
      if (struck >= crashes) continue;
      // A device, not whoever happens to be up: else the last one standing would take every blow.
      const std::size_t lane = random() % 2;
      const bool camera = random() % 2 != 0;
      const auto worker = run.worker(process.pid(), lane, camera ? "sim-camera" : "sim-printer");
      if (!worker || ::kill(*worker, SIGKILL) != 0) continue;
      ++struck;
      struck_now.push_back({now_ms(), lane, camera});
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
  Paces paces;
  const auto told = batches_of(events);
  for (std::size_t i = 0; i < told.size() && i < blows.size(); ++i)
    add_paces(paces, told[i], {"", "-2"}, blows[i]);
  for (const auto& [what, count] : unknown) std::printf("%-28s %d\n", what.c_str(), count);
  std::printf(
      "a printer's own pace: %.0f ms a card while nobody was in trouble (%d cards in %.0f s),\n"
      "%.0f while only the other one was (%d in %.0f s)\n",
      paces.calm.ms_a_card(), paces.calm.cards, paces.calm.ms / 1000, paces.beside.ms_a_card(),
      paces.beside.cards, paces.beside.ms / 1000);
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
