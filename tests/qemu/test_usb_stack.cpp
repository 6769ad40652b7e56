// SPDX-License-Identifier: Apache-2.0
// The printer models as usbredir peers of a Debian kernel: our bytes go through libusb, usbfs, the kernel's
// USB core and an xhci controller. Slow (README.md); skipped by name where nobody asked for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "qemu/machine.hpp"
#include "scenarios/printer_model.hpp"

namespace ktp::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kMostBatch = 1200s;

struct Printer {
  std::string plugin, peer, vendor, product, serial, mend, settings;
  std::vector<std::string> more;
};

void PrintTo(const Printer& printer, std::ostream* out) {
  *out << printer.plugin;
}

const Printer kEvolis{"evolis", EVOLIS_USB_PEER, "0f49", "0a00", "MODEL0001", "clear", "", {}};
const Printer kMagicard{"magicard",
                        MAGICARD_USB_PEER,
                        "0c1f",
                        "1800",
                        "MODEL0002",
                        "power",
                        "output-sensor: OUTPUT=1\ncounter: fed\npause-limit: 20\nprint-wait: 60",
                        {"--counts", "fed"}};

/// A run, the model of its printer, and the machine that it is plugged into.
class UsbStack : public testing::TestWithParam<Printer> {
 protected:
  void boot(const std::string& faults, int blanks) {
    if (const std::string why = Machine::missing(); !why.empty()) GTEST_SKIP() << why;
    const Printer& printer = GetParam();
    run_ = std::make_unique<StationRun>(
        std::vector<StationRun::Lane>{
            {.printer = printer.settings, .camera = "seed: 1", .plugin = printer.plugin}},
        StationRun::kManyRestarts, "test-mode: true\n");
    std::vector<std::string> words{printer.peer, "--redir", (run_->folder() / "cable").string()};
    words.insert(words.end(), printer.more.begin(), printer.more.end());
    model_ = std::make_unique<PrinterModel>(*run_, faults, blanks, words, printer.mend);
    machine_ = std::make_unique<Machine>(*run_, model_->address());
  }

  Ended station(std::vector<std::string> words, const std::string& user = "petugas") {
    words.insert(words.begin(), station_program());
    words.insert(words.end(), {"--data", run_->data().string(), "--config", run_->config().string()});
    return machine_->run(words, 180s, user);
  }

  void load(int blanks) {
    for (const char* const what : {"receive", "load"}) {
      const Ended booked = station({"blanks", what, std::to_string(blanks)});
      ASSERT_EQ(booked.exit_code, 0) << booked.err;
    }
  }

  std::unique_ptr<StationRun> run_;
  std::unique_ptr<PrinterModel> model_;
  std::unique_ptr<Machine> machine_;
};

TEST_P(UsbStack, ABatchIsPrintedThroughTheKernelTheDamagedCardIsFoundAndAllBalances) {
  constexpr int kOrders = 3, kBlanks = 10;
  boot("half-print@2:0.6", kBlanks);
  if (IsSkipped()) return;
  const auto start = std::chrono::steady_clock::now();
  const auto batch = run_->make_batch(kOrders, 2028);
  const Ended devices = station({"devices", "--world", run_->world().string()});
  std::fprintf(stderr, "%s\n%s\n", devices.out.c_str(), devices.err.c_str());
  load(kBlanks);
  auto produce = machine_->start(run_->produce_command(batch));
  model_->attend(produce, kMostBatch);
  const Ended ended = produce.wait(1s);
  std::fprintf(stderr, "%s\n%s\n", ended.out.c_str(), ended.err.c_str());
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  std::fprintf(stderr, "%lld s\n", static_cast<long long>((std::chrono::steady_clock::now() - start) / 1s));
}

INSTANTIATE_TEST_SUITE_P(Printers, UsbStack, testing::Values(kEvolis, kMagicard),
                         [](const auto& of) { return of.param.plugin; });

}  // namespace
}  // namespace ktp::test
