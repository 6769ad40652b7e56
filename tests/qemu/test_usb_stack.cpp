// SPDX-License-Identifier: Apache-2.0
// The printer models as usbredir peers of a Debian kernel: our bytes go through libusb, usbfs, the kernel's
// USB core and an xhci controller. Slow (README.md); skipped by name where nobody asked for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stop_token>
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
        std::vector<StationRun::Lane>{{.printer = printer.settings,
                                       .camera = "seed: 1",
                                       .plugin = printer.plugin,
                                       .printer_more = "serial: " + printer.serial}},
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

  /// Of the device on the bus: ids, serial, speed in Mbit/s, kernel driver, group and mode of its node.
  std::string bus() {
    const Ended ended = machine_->run({"sh", "-c",
                                       "cd /sys/bus/usb/devices/1-1 || exit 1; udevadm settle; "
                                       "n=$(printf /dev/bus/usb/%03d/%03d $(cat busnum) $(cat devnum)); "
                                       "echo $(cat idVendor idProduct serial speed) $(basename $(readlink "
                                       "1-1:1.0/driver)) $(stat -c '%G %a' $n)"},
                                      60s, "root");
    return ended.out.substr(0, ended.out.find('\n'));
  }

  Ended produce(const std::filesystem::path& batch) {
    auto order = machine_->start(run_->produce_command(batch));
    model_->attend(order, kMostBatch);
    Ended ended = order.wait(1s);
    told_ += ended.err;
    return ended;
  }

  /// Again and again as an operator would: where the station stops, the printer is seen to and what lies in
  /// it is written down.
  Ended produce_to_the_end(const std::filesystem::path& batch) {
    Ended ended;
    for (int i = 0; i < 4; ++i) {
      ended = produce(batch);
      if (ended.exit_code == 0 || ended.timed_out) return ended;
      model_->ask(GetParam().mend);  // what was inside comes out, to be thrown away
      model_->ask("take damaged");
      std::this_thread::sleep_for(3s);
      std::istringstream cards(station({"cards", "--json"}).out);
      for (std::string line; std::getline(cards, line);) {
        const auto card = nlohmann::json::parse(line);
        if (card["state"] != "unknown") continue;
        const Ended settled =
            station({"settle", card["card"], "--found", "inside the printer", "--by", "petugas"});
        EXPECT_EQ(settled.exit_code, 0) << settled.err;
      }
    }
    return ended;
  }

  bool card_is_inside(int number, const std::stop_token& stop) const {
    const std::string wanted = "inside=" + std::to_string(number) + " ";
    while (!stop.stop_requested()) {
      if (model_->ask("state").find(wanted) != std::string::npos) return true;
      std::this_thread::sleep_for(20ms);
    }
    return false;
  }

  static bool said(const std::string& text, const std::vector<std::string>& words) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      if (std::ranges::all_of(words,
                              [&](const std::string& word) { return line.find(word) != std::string::npos; }))
        return true;
    return false;
  }

  /// Bodies in bins other than the good one.
  std::set<std::uint64_t> rejected() {
    std::set<std::uint64_t> all;
    for (const auto& [token, body] : run_->world_cards())
      if (body.place != "good") all.insert(body.n);
    return all;
  }

  /// Ledger (brought out of the machine) and world (never in it) agree.
  void expect_all_accounted_for(int orders, int blanks) {
    const auto balance = run_->balance();
    EXPECT_EQ(balance["received"], blanks);
    EXPECT_EQ(balance["good"], orders);
    EXPECT_EQ(balance["unknown"], 0);
    EXPECT_EQ(balance["discrepancy"], 0);
    EXPECT_EQ(balance["in_machine"], run_->hopper_left());
    for (const auto& order : run_->rows("orders")) EXPECT_EQ(order["state"], "done") << order;
    const auto bodies = run_->world_cards();
    std::map<std::string, int> in_world, in_ledger, live;
    for (const auto& [token, body] : bodies) ++in_world[body.place];
    for (const auto& card : run_->rows("cards")) {
      if (card["state"] == "not-started") continue;
      ++in_ledger[card["bin"]];
      if (card["bin"] == "good") ++live[card["order_id"]];
    }
    EXPECT_EQ(in_ledger, in_world);
    EXPECT_EQ(live.size(), static_cast<std::size_t>(orders));
    for (const auto& [order, cards] : live) EXPECT_EQ(cards, 1) << order;
    EXPECT_EQ(static_cast<std::int64_t>(bodies.size()) + run_->hopper_left(), blanks);
    EXPECT_EQ(run_->command({"ledger", "verify"}).exit_code, 0);
    EXPECT_EQ(model_->complaints().find("protocol"), std::string::npos) << model_->complaints();
  }

  std::string told_;  ///< by all runs of `produce`
  std::unique_ptr<StationRun> run_;
  std::unique_ptr<PrinterModel> model_;
  std::unique_ptr<Machine> machine_;
};

TEST_P(UsbStack, ABatchIsPrintedThroughTheKernelTheDamagedCardIsFoundAndAllBalances) {
  constexpr int kOrders = 3, kBlanks = 10;
  boot("half-print@2:0.6", kBlanks);
  if (IsSkipped()) return;
  const Printer& printer = GetParam();
  const auto batch = run_->make_batch(kOrders, 2028);

  // What the kernel and its udevd have made of it: usblp holds it, and config/udev says who else may.
  const std::string before = bus();
  EXPECT_EQ(before,
            printer.vendor + " " + printer.product + " " + printer.serial + " 480 usblp ktp-station 660");
  const Ended devices = station({"devices", "--world", run_->world().string()});
  EXPECT_EQ(devices.exit_code, 0) << devices.err;
  EXPECT_TRUE(said(devices.out, {"printer", printer.plugin, "idle"})) << devices.out;
  const Ended stranger = machine_->run({station_program(), "devices", "--data", "/tmp/tamu", "--config",
                                        run_->config().string(), "--world", run_->world().string()},
                                       180s, "tamu");
  EXPECT_NE((stranger.out + stranger.err).find("may not be opened by this user"), std::string::npos)
      << stranger.out << stranger.err;

  load(kBlanks);
  const Ended ended = produce(batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(bus(), before) << "the kernel's own driver did not get the printer back";
  ASSERT_EQ(station({"ledger", "verify"}).exit_code, 0) << "in the machine";
  ASSERT_TRUE(machine_->off()) << machine_->console();
  expect_all_accounted_for(kOrders, kBlanks);
  EXPECT_EQ(rejected(), (std::set<std::uint64_t>{2})) << ended.err;
}

TEST_P(UsbStack, AnUnpluggedCableInTheMiddleOfACardLosesAndDoublesNothing) {
  constexpr int kOrders = 2, kBlanks = 10;
  boot("", kBlanks);
  if (IsSkipped()) return;
  const auto batch = run_->make_batch(kOrders, 2029);
  load(kBlanks);
  Ended ended;
  {
    const std::jthread hand([&](const std::stop_token& stop) {
      if (!card_is_inside(2, stop)) return;
      EXPECT_EQ(model_->ask("unplug"), "ok");
      std::this_thread::sleep_for(5s);
      EXPECT_EQ(model_->ask("plug"), "ok");
    });
    ended = produce_to_the_end(batch);
  }
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(told_.find("unplugged or switched off"), std::string::npos) << told_;
  ASSERT_TRUE(machine_->off()) << machine_->console();
  expect_all_accounted_for(kOrders, kBlanks);
  EXPECT_EQ(rejected(), (std::set<std::uint64_t>{2})) << told_;
}

TEST_P(UsbStack, AStalledEndpointIsClearedThroughTheKernelAndLosesAndDoublesNothing) {
  constexpr int kOrders = 2, kBlanks = 10;
  boot("", kBlanks);
  if (IsSkipped()) return;
  const auto batch = run_->make_batch(kOrders, 2030);
  load(kBlanks);
  Ended ended;
  {
    const std::jthread hand([&](const std::stop_token& stop) {
      for (const auto& [card, order] : {std::pair{1, "stall out"}, std::pair{2, "stall in"}}) {
        if (!card_is_inside(card, stop)) return;
        EXPECT_EQ(model_->ask(order), "ok");
      }
    });
    ended = produce_to_the_end(batch);
  }
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  ASSERT_TRUE(machine_->off()) << machine_->console();
  expect_all_accounted_for(kOrders, kBlanks);
}

INSTANTIATE_TEST_SUITE_P(Printers, UsbStack, testing::Values(kEvolis, kMagicard),
                         [](const auto& of) { return of.param.plugin; });

}  // namespace
}  // namespace ktp::test
