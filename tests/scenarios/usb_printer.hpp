// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "scenarios/station_run.hpp"

namespace ktp::test {

/// The model's process, and the program as it sees it. What the program sees of /sys and /dev/bus/usb is
/// umockdev's; the printer is tests/models/evolis or magicard. The worker's environment is cleaned by the
/// station, so a script in its place gives umockdev back to the worker of the printer, and to no other.
class UsbPrinter {
 public:
  /// `model`: the words that start it. `mend`: what the operator does when the printer asks for somebody.
  UsbPrinter(const StationRun& run, const std::string& faults, int blanks,
             const std::vector<std::string>& model = {EVOLIS_USB_PEER}, std::string mend = "clear")
      : folder_(run.folder()), control_((run.folder() / "control").string()), mend_(std::move(mend)) {
    std::vector<std::string> words{model[0],   run.world().string(),   "--control", control_,
                                   "--blanks", std::to_string(blanks), "--faults",  faults};
    words.insert(words.end(), model.begin() + 1, model.end());
    peer_ = std::make_unique<Process>(words, run.folder());
    namespace fs = std::filesystem;
    for (int i = 0; i < 500 && root_.empty() && peer_->running(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      root_ = ready();
    }
    if (root_.empty()) throw std::runtime_error("the printer model did not start: " + peer_->err_so_far());
    fs::create_directories(folder_ / "bin");
    fs::copy_file(station_program(), folder_ / "bin/ktp-station");
    fs::create_directory_symlink(fs::path(KTP_BINARY_DIR) / "lib", folder_ / "lib");
    std::ofstream script(folder_ / "bin/station-plugin-worker");
    script << "#!/bin/sh\nfor word; do\n  [ \"$word\" = --usb ] && export LD_PRELOAD=" << kPreload
           << " UMOCKDEV_DIR=" << root_ << "\ndone\nexec " << KTP_BINARY_DIR
           << "/bin/station-plugin-worker \"$@\"\n";
    script.close();
    fs::permissions(folder_ / "bin/station-plugin-worker", fs::perms::owner_all);
  }

  /// The UMOCKDEV_DIR of whoever shall see it.
  [[nodiscard]] const std::string& root() const { return root_; }
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
  Ended produce(const StationRun& run, const std::filesystem::path& batch,
                std::chrono::seconds most = std::chrono::seconds(200)) {
    using namespace std::chrono_literals;
    std::vector<std::string> words = run.produce_command(batch);
    words[0] = (folder_ / "bin/ktp-station").string();
    words.insert(words.begin(),
                 {"/usr/bin/env", std::string("LD_PRELOAD=") + kPreload, "UMOCKDEV_DIR=" + root_});
    Process station(words, folder_);
    std::size_t read = 0;
    const auto until = std::chrono::steady_clock::now() + most;
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
      if (ask("take " + line.substr(at + kBin.size())) != "ok") ask(mend_);  // it is stuck inside
    } else if (line.find("needs you") != std::string::npos) {
      ask(mend_);
    }
  }
  std::string ready() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (!entry.path().filename().string().starts_with("out-")) continue;
      std::ifstream in(entry.path());
      std::string word, root;
      if (in >> word >> root && word == "ready") return root;
    }
    return "";
  }
  static constexpr const char* kPreload = "libumockdev-preload.so.0";
  std::filesystem::path folder_;
  std::string control_, root_, mend_;
  std::unique_ptr<Process> peer_;
};

}  // namespace ktp::test
