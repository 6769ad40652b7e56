// SPDX-License-Identifier: Apache-2.0
// What the drivers of card printers cost beside the printer's own time: from the print command to the last
// byte of a two-sided colour card, processor time, and the processor time of devices that only stand there
// (printer, camera). Printers are the byte-level models behind umockdev's usbfs, by the unmodified worker;
// the camera is a fake GigE Vision one. Times of transfers come out of the worker's own USB transcript, in
// which "in transfers" is libusb, umockdev and the model.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <thread>

#include "artwork/picture.hpp"
#include "bench/processor_time.hpp"
#include "devices/devices.hpp"
#include "devices/wire/transcript.hpp"
#include "models/gige/peer_process.hpp"
#include "models/own_machine.hpp"
#include "scenarios/usb_printer.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ktp::bench::processor_seconds;
using ktp::devices::DeviceConfig;

struct Options {
  int cards = 10, idle_s = 20;
  // Of the part that runs with umockdev before it:
  std::string inside, plugin, worker, folder;
};

double ms_since(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[values.size() / 2];
}

const std::map<std::string, std::string>& settings_of(const std::string& plugin) {
  static const std::map<std::string, std::map<std::string, std::string>> all{
      {"evolis", {}}, {"magicard", {{"output-sensor", "OUTPUT=1"}, {"counter", "fed"}}}};
  return all.at(plugin);
}

DeviceConfig config_of(const Options& options) {
  DeviceConfig config;
  config.name = "printer";
  config.plugin = fs::path(KTP_BINARY_DIR) / "lib/ktp-station/plugins" / (options.plugin + ".so");
  config.worker = options.worker;
  return config;
}

// ---- beneath umockdev ----

template <class Device>
void idle(const Options& options, Device& device, const char* what) {
  const auto share = [&](bool asked) {
    const int pid = device.last_status().worker_pid;
    const double before = processor_seconds(pid);
    const auto began = Clock::now();
    while (Clock::now() - began < std::chrono::seconds(options.idle_s)) {
      std::this_thread::sleep_for(2s);
      ktp::devices::DeviceStatus status;
      if (asked) device.status(status);
    }
    return 1e5 * (processor_seconds(pid) - before) / ms_since(began);
  };
  const double alone = share(false), asked = share(true);
  std::printf("%s: idle, %d s each: %.2f %% of a core untouched, %.2f %% asked every 2 s\n", what,
              options.idle_s, alone, asked);
}

int print_cards(const Options& options) {
  DeviceConfig config = config_of(options);
  config.settings = settings_of(options.plugin);
  config.transcripts = fs::path(options.folder) / "bench-transcripts";
  auto front = ktp::artwork::read_picture(fs::path(options.folder) / "front.png");
  auto back = ktp::artwork::read_picture(fs::path(options.folder) / "back.png");
  if (!front || !back) return 1;
  auto printer = ktp::devices::Printer::open(config, [](const ktp::devices::DeviceEvent&) {});
  if (!printer) {
    std::fprintf(stderr, "%s\n", printer.error().message.c_str());
    return 1;
  }
  std::vector<double> walls, cpus;
  for (int i = 0; i < options.cards; ++i) {
    const int pid = (*printer)->last_status().worker_pid;
    const double before = processor_seconds(pid);
    const auto began = Clock::now();
    const auto result = (*printer)->print("bench-" + std::to_string(i), *front, &*back, 300);
    walls.push_back(ms_since(began));
    cpus.push_back(1e3 * (processor_seconds(pid) - before));
    if (result.outcome != ktp::devices::CardOutcome::printed) {
      std::fprintf(stderr, "card %d: %s\n", i + 1, result.message.c_str());
      return 1;
    }
    std::fputs("take\n", stdout);  // the operator is the other process
    std::fflush(stdout);
    std::this_thread::sleep_for(300ms);
  }
  const double cpu = std::accumulate(cpus.begin(), cpus.end(), 0.0);
  const double wall = std::accumulate(walls.begin(), walls.end(), 0.0);
  std::printf(
      "%s: %d cards of two sides: print call %.0f ms median; processor time of its worker %.0f ms a "
      "card, %.0f %% of a core meanwhile\n",
      options.plugin.c_str(), options.cards, median(walls), cpu / options.cards, 100 * cpu / wall);
  idle(options, **printer, options.plugin.c_str());
  return 0;
}

// ---- the other side ----

/// What the transcript of those cards says.
void tell_transfers(const Options& options) {
  std::ifstream in(fs::path(options.folder) / "bench-transcripts/printer-1.jsonl", std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  const auto read = ktp::transcript::parse(all.str());
  if (!read) {
    std::printf("%s: its transcript cannot be read: %s\n", options.plugin.c_str(), read.error().c_str());
    return;
  }
  std::vector<double> to_last, in_transfers, waiting;
  double began = -1, last = 0, out = 0, out_to_last = 0, answers = 0, answers_to_last = 0;
  for (const auto& entry : read->entries) {
    if (const auto* call = std::get_if<ktp::transcript::Call>(&entry); call && call->name == "print") {
      began = static_cast<double>(call->at_us);
      out = answers = 0;
    } else if (const auto* transfer = std::get_if<ktp::transcript::Transfer>(&entry);
               transfer && began >= 0) {
      if (ktp::transcript::is_in(transfer->kind)) {
        answers += static_cast<double>(transfer->took_us);
      } else {
        out += static_cast<double>(transfer->took_us);
        // The last byte of the picture: questions after it are not the card's.
        if (transfer->hidden) {
          last = static_cast<double>(transfer->at_us + transfer->took_us);
          out_to_last = out;
          answers_to_last = answers;
        }
      }
    } else if (const auto* ended = std::get_if<ktp::transcript::Ended>(&entry);
               ended && ended->name == "print") {
      to_last.push_back((last - began) / 1'000);
      in_transfers.push_back(out_to_last / 1'000);
      waiting.push_back(answers_to_last / 1'000);
      began = -1;
    }
  }
  std::printf(
      "%s: print command to the last byte of the picture %.0f ms median: %.0f in transfers to the "
      "printer, %.0f waiting for its answers, %.0f the driver's own\n",
      options.plugin.c_str(), median(to_last), median(in_transfers), median(waiting),
      median(to_last) - median(in_transfers) - median(waiting));
}

bool bench_printer(Options options, const std::vector<std::string>& model) {
  using ktp::test::StationRun;
  StationRun run({StationRun::Lane{.printer = "", .plugin = options.plugin}}, StationRun::kManyRestarts,
                 "test-mode: true\n");
  const auto batch = run.make_batch(1, 77);
  ktp::test::UsbPrinter printer(run, "", options.cards + 5, model);
  options.folder = run.folder().string();
  const auto drawn = run.command({"render", batch.string(), "--out", (run.folder() / "faces").string()});
  if (drawn.exit_code != 0) {
    std::fprintf(stderr, "%s\n", drawn.err.c_str());
    return false;
  }
  for (const auto& file : fs::directory_iterator(run.folder() / "faces"))
    for (const char* side : {"front.png", "back.png"})
      if (file.path().filename().string().ends_with(std::string("-") + side))
        fs::copy_file(file.path(), run.folder() / side);
  std::vector<std::string> inside{"/usr/bin/env",
                                  "LD_PRELOAD=libumockdev-preload.so.0",
                                  "UMOCKDEV_DIR=" + printer.root(),
                                  fs::read_symlink("/proc/self/exe").string(),
                                  "--inside",
                                  "yes",
                                  "--plugin",
                                  options.plugin,
                                  "--folder",
                                  options.folder,
                                  "--worker",
                                  (run.folder() / "bin/station-plugin-worker").string(),
                                  "--cards",
                                  std::to_string(options.cards),
                                  "--idle-s",
                                  std::to_string(options.idle_s)};
  ktp::test::Process process(inside, run.folder());
  const auto until = Clock::now() + std::chrono::seconds(60 + 3 * options.idle_s + 20 * options.cards);
  std::size_t taken = 0;
  while (process.running() && Clock::now() < until) {
    std::this_thread::sleep_for(20ms);
    const std::string said = process.out_so_far();
    for (std::size_t at = said.find("take\n", taken); at != std::string::npos;
         at = said.find("take\n", taken)) {
      printer.ask("take good");
      taken = at + 5;
    }
  }
  const auto ended = process.wait(1s);
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);)
    if (line != "take") std::printf("%s\n", line.c_str());
  if (ended.exit_code != 0)
    std::fprintf(stderr, "%s failed: %s\n", options.plugin.c_str(), ended.err.c_str());
  else
    tell_transfers(options);
  return ended.exit_code == 0;
}

bool bench_camera(Options options) {
  if (const std::string& why = ktp::model::own_machine(); !why.empty()) {
    std::printf("genicam: not measured: %s\n", why.c_str());
    return true;
  }
  const ktp::test::TempFolder folder;
  fs::create_directories(folder / "world");
  const ktp::model::GigeCameras cameras(folder / "cameras", folder / "world");
  options.plugin = "genicam";
  options.worker = (fs::path(KTP_BINARY_DIR) / "bin/station-plugin-worker").string();
  DeviceConfig config = config_of(options);
  config.name = "camera";
  config.network = true;
  config.settings = {{"front", ktp::model::GigeCameras::kFront}, {"back", ktp::model::GigeCameras::kBack}};
  auto camera = ktp::devices::Camera::open(config, [](const ktp::devices::DeviceEvent&) {});
  if (!camera) {
    std::fprintf(stderr, "genicam: %s\n", camera.error().message.c_str());
    return false;
  }
  idle(options, **camera, "genicam, two cameras");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Drivers of card printers: time to the last byte of a card, processor time, idle devices");
  Options options;
  app.add_option("--cards", options.cards, "Cards a printer")->check(CLI::Range(1, 200));
  app.add_option("--idle-s", options.idle_s, "Seconds of standing still, each")->check(CLI::Range(2, 600));
  for (const auto& [name, value] :
       {std::pair("--inside", &options.inside), std::pair("--plugin", &options.plugin),
        std::pair("--worker", &options.worker), std::pair("--folder", &options.folder)})
    app.add_option(name, *value)->group("");
  CLI11_PARSE(app, argc, argv);
  if (!options.inside.empty()) return print_cards(options);
  bool well = true;
  for (const auto& [plugin, model] : std::map<std::string, std::vector<std::string>>{
           {"evolis", {EVOLIS_USB_PEER}}, {"magicard", {MAGICARD_USB_PEER, "--counts", "fed"}}}) {
    options.plugin = plugin;
    well = bench_printer(options, model) && well;
  }
  well = bench_camera(options) && well;
  return well ? 0 : 1;
}
