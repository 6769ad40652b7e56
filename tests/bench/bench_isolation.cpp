// SPDX-License-Identifier: Apache-2.0
// What the wall between the station and a driver costs: the same plugin called through its worker process
// and, in this program alone, directly. Both in turn in one run, so that the ratio does not depend on the
// machine. CPU counts both processes.
//
//   obedient   draws a frame in one pass over its bytes and does nothing else: the dearest the wall can look
//   sim-camera photographs a card with optics and noise: a driver that works
#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/in_process.hpp"
#include "devices/devices.hpp"
#include "temp_folder.hpp"

namespace {

namespace fs = std::filesystem;
using ktp::Image;
using ktp::Side;
using ktp::bench::InProcess;
using ktp::devices::Camera;
using ktp::devices::DeviceConfig;
using ktp::devices::Frame;
using ktp::devices::Printer;

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Cost {
  std::vector<double> wall_us, cpu_us;
  void add(double wall, double cpu) {
    wall_us.push_back(wall * 1e6);
    cpu_us.push_back(cpu * 1e6);
  }
  static double at(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(static_cast<double>(values.size()) * share))];
  }
};

/// `through`: by way of the worker with this pid; `direct`: the same without.
void compare(const char* what, int rounds, int worker_pid, const std::function<void()>& through,
             const std::function<void()>& direct) {
  clockid_t worker = CLOCK_PROCESS_CPUTIME_ID;
  if (::clock_getcpuclockid(worker_pid, &worker) != 0) worker_pid = 0;
  Cost with, without;
  for (int i = -2; i < rounds; ++i) {
    const double w0 = seconds_of(CLOCK_MONOTONIC), c0 = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
                 k0 = worker_pid != 0 ? seconds_of(worker) : 0;
    through();
    const double w1 = seconds_of(CLOCK_MONOTONIC), c1 = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
                 k1 = worker_pid != 0 ? seconds_of(worker) : 0;
    direct();
    const double w2 = seconds_of(CLOCK_MONOTONIC), c2 = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    if (i < 0) continue;  // first touches of fresh memory
    with.add(w1 - w0, c1 - c0 + k1 - k0);
    without.add(w2 - w1, c2 - c1);
  }
  const double w = Cost::at(with.wall_us, 0.5), d = Cost::at(without.wall_us, 0.5),
               cw = Cost::at(with.cpu_us, 0.5), cd = Cost::at(without.cpu_us, 0.5);
  std::printf("%-46s %10.0f %10.0f %7.2f   %10.0f %10.0f %7.2f   %10.0f\n", what, w, d, w / d, cw, cd,
              cw / cd, Cost::at(with.wall_us, 0.95));
  std::fflush(stdout);
}

/// Exits when a device does not open or a call fails: a figure of a failure is no figure.
template <class D>
std::unique_ptr<D> opened(DeviceConfig config) {
  auto device = D::open(std::move(config), nullptr);
  if (!device) {
    std::fprintf(stderr, "%s\n", device.error().message.c_str());
    std::exit(70);
  }
  return *std::move(device);
}
void ok(const ktp::devices::CallResult& result) {
  if (result.ok()) return;
  std::fprintf(stderr, "call failed: %s%s\n", result.message.c_str(), result.violation.c_str());
  std::exit(70);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cost of calling a driver through its worker process, against calling it directly"};
  int rounds = 60;
  app.add_option("--rounds", rounds, "Pairs of pictures each")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  constexpr int kWidth = 2400, kHeight = 1600;            // a camera's frame around a card at 600 dpi
  constexpr int kPrintWidth = 2022, kPrintHeight = 1275;  // the card itself
  const ktp::test::TempFolder folder;
  const fs::path obedient = fs::path(TEST_PLUGINS) / "test-obedient.so";
  DeviceConfig base;
  base.worker = WORKER;
  base.plugin = obedient;

  std::printf("%-46s %10s %10s %7s   %10s %10s %7s   %10s\n", "median, us", "worker", "direct", "ratio",
              "cpu worker", "cpu direct", "ratio", "worker 95 %");
  for (const char* kind : {"a", "b"}) fs::create_directory(folder / kind);
  DeviceConfig printing = base;
  printing.name = "printer";
  printing.settings = {{"folder", (folder / "a").string()}};
  auto printer = opened<Printer>(printing);
  InProcess direct_printer(obedient, STN_KIND_PRINTER, {{"folder", (folder / "b").string()}});
  compare(
      "counter()", rounds * 50, printer->last_status().worker_pid, [&] { ok(printer->counter()); },
      [&] { direct_printer.counter(); });
  const Image face(kPrintWidth, kPrintHeight);
  compare(
      "print of two sides, 600 dpi (2 x 7.7 MB)", rounds, printer->last_status().worker_pid,
      [&] { ok(printer->print("A", face, &face, 600)); },
      [&] { direct_printer.print("A", face, face, 600); });

  const std::map<std::string, std::string> size{{"width", std::to_string(kWidth)},
                                                {"height", std::to_string(kHeight)}};
  DeviceConfig seeing = base;
  seeing.name = "camera";
  seeing.settings = size;
  auto camera = opened<Camera>(seeing);
  InProcess direct_camera(obedient, STN_KIND_CAMERA, size);
  const auto pair = [](Camera& from) {
    for (const Side side : {Side::front, Side::back}) {
      Frame frame;
      ok(from.grab(side, 1, ktp::devices::monotonic_ns(), frame));
    }
  };
  const auto direct_pair = [](InProcess& from, int width, int height) {
    for (const std::uint32_t view : {STN_VIEW_FRONT, STN_VIEW_BACK}) {
      Image image;  // not zeroed by whoever fills it anyway: as cheap as a direct call can be
      image.width = width;
      image.height = height;
      image.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
      from.grab(view, image);
    }
  };
  compare(
      "two frames, obedient (2 x 11.5 MB)", rounds, camera->last_status().worker_pid, [&] { pair(*camera); },
      [&] { direct_pair(direct_camera, kWidth, kHeight); });

  // A card under the simulated camera.
  const std::string world = (folder / "world").string();
  DeviceConfig sim = base;
  sim.name = "sim-printer";
  sim.plugin = fs::path(SHIPPED_PLUGINS) / "sim-printer.so";
  sim.settings = {{"world", world}, {"dpi", "600"}};
  auto card = opened<Printer>(sim);
  ok(card->print("CARD", face, &face, 600));
  ok(card->to_camera("CARD"));
  const std::map<std::string, std::string> optics{{"world", world},
                                                  {"width", std::to_string(kWidth)},
                                                  {"height", std::to_string(kHeight)},
                                                  {"scale", "24"}};
  DeviceConfig eye = base;
  eye.name = "sim-camera";
  eye.plugin = fs::path(SHIPPED_PLUGINS) / "sim-camera.so";
  eye.settings = optics;
  auto real = opened<Camera>(eye);
  InProcess direct_real(eye.plugin, STN_KIND_CAMERA, optics);
  compare(
      "two frames, sim-camera (2 x 11.5 MB)", std::max(5, rounds / 6), real->last_status().worker_pid,
      [&] { pair(*real); }, [&] { direct_pair(direct_real, kWidth, kHeight); });

  // What of it is the one copy.
  const Image source(kWidth, kHeight);
  std::vector<double> copies;
  for (int i = 0; i < rounds; ++i) {
    const double begin = seconds_of(CLOCK_MONOTONIC);
    const Image one(source), two(source);
    copies.push_back(seconds_of(CLOCK_MONOTONIC) - begin);
  }
  std::printf("%-46s %10.0f\n", "of which: two copies of 11.5 MB into new memory",
              Cost::at(copies, 0.5) * 1e6);
  return 0;
}
