// SPDX-License-Identifier: Apache-2.0
// `produce` over a printer on USB: the unmodified program, its worker behind its walls, the unmodified
// libusb. What they see of /sys and /dev/bus/usb is umockdev's; the printer is tests/models/evolis. The
// worker's environment is cleaned by the station, so a two-line script in its place gives umockdev back to
// it.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "scenarios/station_run.hpp"

namespace ktp::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The model's process, and the program as it sees it.
class UsbPrinter {
 public:
  UsbPrinter(const StationRun& run, const std::string& faults, int blanks)
      : folder_(run.folder()), control_((run.folder() / "control").string()) {
    peer_ = std::make_unique<Process>(
        std::vector<std::string>{EVOLIS_USB_PEER, run.world().string(), "--control", control_, "--blanks",
                                 std::to_string(blanks), "--faults", faults},
        run.folder());
    for (int i = 0; i < 500 && root_.empty() && peer_->running(); ++i) {
      std::this_thread::sleep_for(20ms);
      root_ = ready();
    }
    if (root_.empty()) throw std::runtime_error("the printer model did not start: " + peer_->err_so_far());
    fs::create_directories(folder_ / "bin");
    fs::copy_file(station_program(), folder_ / "bin/ktp-station");
    fs::create_directory_symlink(fs::path(KTP_BINARY_DIR) / "lib", folder_ / "lib");
    std::ofstream script(folder_ / "bin/station-plugin-worker");
    script << "#!/bin/sh\nexec env LD_PRELOAD=" << kPreload << " UMOCKDEV_DIR=" << root_ << " "
           << KTP_BINARY_DIR << "/bin/station-plugin-worker \"$@\"\n";
    script.close();
    fs::permissions(folder_ / "bin/station-plugin-worker", fs::perms::owner_all);
  }

  std::string ask(const std::string& line) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, control_.c_str(), sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{5, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string answer;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
        ::send(fd, (line + "\n").data(), line.size() + 1, MSG_NOSIGNAL) > 0) {
      char buffer[256];
      for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(fd);
    while (answer.ends_with('\n')) answer.pop_back();
    return answer;
  }

  /// `produce`, with an operator who does what the station asks for, line by line.
  Ended produce(const StationRun& run, const fs::path& batch) {
    std::vector<std::string> words = run.produce_command(batch);
    words[0] = (folder_ / "bin/ktp-station").string();
    words.insert(words.begin(),
                 {"/usr/bin/env", std::string("LD_PRELOAD=") + kPreload, "UMOCKDEV_DIR=" + root_});
    Process station(words, folder_);
    std::size_t read = 0;
    const auto until = std::chrono::steady_clock::now() + 200s;
    while (station.running() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(20ms);
      const std::string said = station.err_so_far();
      for (std::size_t end = said.find('\n', read); end != std::string::npos; end = said.find('\n', read)) {
        obey(said.substr(read, end - read));
        read = end + 1;
      }
    }
    return station.wait(1s);
  }

 private:
  void obey(const std::string& line) const {
    constexpr std::string_view kBin = "put it into bin ";
    if (const auto at = line.find(kBin);
        at != std::string::npos && line.find("ATTENTION") != std::string::npos) {
      if (ask("take " + line.substr(at + kBin.size())) != "ok") ask("clear");  // it is stuck inside
    } else if (line.find("needs you") != std::string::npos) {
      ask("clear");
    }
  }
  std::string ready() const {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (!entry.path().filename().string().starts_with("out-")) continue;
      std::ifstream in(entry.path());
      std::string word, root;
      if (in >> word >> root && word == "ready") return root;
    }
    return "";
  }
  static constexpr const char* kPreload = "libumockdev-preload.so.0";
  fs::path folder_;
  std::string control_, root_;
  std::unique_ptr<Process> peer_;
};

StationRun::Lane evolis_lane(const std::string& camera) {
  return {.printer = "", .camera = camera, .plugin = "evolis"};
}

/// Cards by the number that the printer's counter gave them, which is the world's.
std::map<std::uint64_t, nlohmann::json> cards_by_number(StationRun& run) {
  std::map<std::string, std::uint64_t> numbers;
  for (const auto& event : run.events())
    if ((event["type"] == "print-ended" || event["type"] == "settled") && event.contains("number"))
      numbers[event["card"]] = event["number"];
  std::map<std::uint64_t, nlohmann::json> cards;
  for (const auto& card : run.rows("cards"))
    if (const auto number = numbers.find(card["card"]); number != numbers.end()) cards[number->second] = card;
  return cards;
}

TEST(UsbPrinter, ABatchWithDamagedCardsAJamAndAnEmptyRibbonIsProducedAndBalances) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  constexpr int kOrders = 10, kBlanks = 30;
  StationRun run({evolis_lane("seed: 1\ndamage: \"scratch@3:30x0.5; stain@8:4\"")}, StationRun::kManyRestarts,
                 "test-mode: true\n");
  const auto batch = run.make_batch(kOrders, 2026);
  UsbPrinter printer(run, "missing-panel@2; half-print@7:0.6", kBlanks);
  ASSERT_EQ(printer.ask("fault 4 Dbc;m CARD JAM"), "ok");
  ASSERT_EQ(printer.ask("fault 6 Dbc;c ERROR RIBBON"), "ok");
  ASSERT_EQ(run.command({"blanks", "receive", std::to_string(kBlanks)}).exit_code, 0);
  ASSERT_EQ(run.command({"blanks", "load", std::to_string(kBlanks)}).exit_code, 0);

  const Ended ended = printer.produce(run, batch);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;

  const auto balance = run.balance();
  EXPECT_EQ(balance["received"], kBlanks);
  EXPECT_EQ(balance["good"], kOrders);
  EXPECT_EQ(balance["unknown"], 0);
  EXPECT_EQ(balance["discrepancy"], 0);
  EXPECT_EQ(balance["in_machine"], run.hopper_left());
  for (const auto& order : run.rows("orders")) EXPECT_EQ(order["state"], "done") << order;

  // Ledger and world agree card by card, and every fault was found.
  const auto cards = cards_by_number(run);
  std::set<std::uint64_t> spoiled, rejected;
  std::size_t bodies = 0;
  for (const auto& [token, body] : run.world_cards()) {
    ++bodies;
    ASSERT_TRUE(cards.contains(body.n)) << "card " << body.n << " is not in the ledger";
    const auto& card = cards.at(body.n);
    EXPECT_EQ(card["bin"], body.place) << "card " << body.n;
    EXPECT_EQ(card["state"] == "spoiled" || card["verdict"] == "", body.state == "spoiled") << card;
    if (body.state == "spoiled")
      spoiled.insert(body.n);
    else if (body.place != "good")
      rejected.insert(body.n);
  }
  EXPECT_EQ(bodies, cards.size());
  EXPECT_EQ(static_cast<std::int64_t>(bodies) + run.hopper_left(), kBlanks);
  EXPECT_EQ(spoiled, (std::set<std::uint64_t>{4, 6}));
  EXPECT_EQ(rejected, (std::set<std::uint64_t>{2, 3, 7, 8})) << ended.err;
  EXPECT_NE(ended.err.find("CARD JAM"), std::string::npos);
  EXPECT_NE(ended.err.find("ERROR RIBBON"), std::string::npos);
  EXPECT_NE(printer.ask("state").find("mode=0"), std::string::npos) << "the error mode was not given back";
  EXPECT_EQ(run.command({"ledger", "verify"}).exit_code, 0);

  const Ended again = printer.produce(run, batch);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(run.world_cards().size(), bodies) << "the same file again prints nothing";
}

TEST(UsbPrinter, ThatIsNotPluggedInIsSaidWithWhatWasLookedFor) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  StationRun run({evolis_lane("seed: 1")}, StationRun::kManyRestarts, "test-mode: true\n");
  const auto batch = run.make_batch(1, 5);
  UsbPrinter printer(run, "", 5);
  ASSERT_EQ(printer.ask("unplug"), "ok");
  const Ended ended = printer.produce(run, batch);
  EXPECT_EQ(ended.exit_code, 70);
  EXPECT_NE(ended.err.find("no such USB device is plugged in"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("0f49"), std::string::npos) << ended.err;
}

TEST(UsbPrinter, WithoutBookedBlanksPrintsNothingAndSaysWhatToBook) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's runtime must be loaded before umockdev's";
#endif
  StationRun run({evolis_lane("seed: 1")}, StationRun::kManyRestarts, "test-mode: true\n");
  const auto batch = run.make_batch(1, 5);
  UsbPrinter printer(run, "", 5);
  const Ended ended = printer.produce(run, batch);
  EXPECT_EQ(ended.exit_code, 70);
  EXPECT_NE(ended.err.find("blanks load N --printer printer"), std::string::npos) << ended.err;
  EXPECT_EQ(run.hopper_left(), 5);
}

}  // namespace
}  // namespace ktp::test
