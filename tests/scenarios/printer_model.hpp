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

#include "models/control_socket.hpp"
#include "scenarios/station_run.hpp"

namespace ktp::test {

/// A printer model's process (tests/models/evolis, magicard), and the operator who stands before it.
class PrinterModel {
 public:
  /// `model`: the words that start it. `mend`: what the operator does when the printer asks for somebody.
  PrinterModel(const StationRun& run, const std::string& faults, int blanks,
               const std::vector<std::string>& model, std::string mend)
      : folder_(run.folder()), control_((run.folder() / "control").string()), mend_(std::move(mend)) {
    std::vector<std::string> words{model[0],   run.world().string(),   "--control", control_,
                                   "--blanks", std::to_string(blanks), "--faults",  faults};
    words.insert(words.end(), model.begin() + 1, model.end());
    peer_ = std::make_unique<Process>(words, run.folder());
    for (int i = 0; i < 500 && address_.empty() && peer_->running(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      address_ = ready();
    }
    if (address_.empty()) throw std::runtime_error("the printer model did not start: " + peer_->err_so_far());
  }

  /// Where its cable ends: the UMOCKDEV_DIR, or the usbredir socket, of whoever shall see it.
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::string complaints() const { return peer_->err_so_far(); }
  std::string ask(const std::string& line) const { return ::model::ask_at(control_, line); }

  /// Does what a station asks for on its standard error, line by line, until it ends or the time is over.
  void attend(auto& station, std::chrono::seconds most) const {
    std::size_t read = 0;
    const auto until = std::chrono::steady_clock::now() + most;
    while (station.running() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const std::string said = station.err_so_far();
      for (std::size_t end = said.find('\n', read); end != std::string::npos; end = said.find('\n', read)) {
        obey(said.substr(read, end - read));
        read = end + 1;
      }
    }
  }

 private:
  void obey(const std::string& line) const {
    constexpr std::string_view kBin = "put it into bin ";
    if (const auto at = line.find(kBin);
        at != std::string::npos && line.find("ATTENTION") != std::string::npos) {
      if (ask("take " + line.substr(at + kBin.size())) != "ok") ask(mend_);  // it is stuck inside
    } else if (line.find("lies in the output") != std::string::npos) {
      ask("take damaged");  // nobody has judged it
    } else if (line.find("needs you") != std::string::npos) {
      ask(mend_);
    }
  }
  std::string ready() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (!entry.path().filename().string().starts_with("out-")) continue;
      std::ifstream in(entry.path());
      std::string word, address;
      if (in >> word >> address && word == "ready") return address;
    }
    return "";
  }
  std::filesystem::path folder_;
  std::string control_, address_, mend_;
  std::unique_ptr<Process> peer_;
};

}  // namespace ktp::test
