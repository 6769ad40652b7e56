// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "scenarios/station_run.hpp"

namespace ktp::test {

using Numbers = std::set<std::uint64_t>;

/// What the operator does with the cards under the camera, once he has been asked.
class TurningOperator {
 public:
  explicit TurningOperator(StationRun& run) : run_(run) {}
  /// Lays a card that is still to come with its back up, by mistake.
  void lay_wrongly(std::uint64_t card) { turned_.insert(card), write(); }
  /// Number of the card at the camera; 0: none.
  [[nodiscard]] std::uint64_t at_camera() const {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(run_.world() / "at-camera", none))
      if (entry.path().extension() == ".json") return std::stoull(entry.path().stem().string());
    return 0;
  }
  void turn_over() {
    const std::uint64_t card = at_camera();
    if (!turned_.erase(card)) turned_.insert(card);
    write();
  }
  /// `produce`; each question is answered unless `absent`.
  Ended produce(const std::filesystem::path& batch, bool absent = false,
                std::chrono::seconds most = std::chrono::seconds(400)) {
    const auto station = run_.start(batch);
    std::size_t read = 0;
    const auto until = std::chrono::steady_clock::now() + most;
    while (station->running() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const std::string said = station->err_so_far();
      for (std::size_t end = said.find('\n', read); end != std::string::npos; end = said.find('\n', read)) {
        const std::string line = said.substr(read, end - read);
        read = end + 1;
        if (line.find("needs you: kartu") == std::string::npos) continue;
        ++asked;
        if (line.find("it shows its BACK") != std::string::npos) ++told_wrong;
        if (!absent) turn_over();
      }
    }
    return station->wait(std::chrono::seconds(1));
  }
  int asked = 0, told_wrong = 0;

 private:
  void write() const {
    std::filesystem::create_directories(run_.world());  // before the first run there is none yet
    std::ofstream out(run_.world() / "turned.new");
    for (const auto card : turned_) out << card << '\n';
    out.close();
    std::filesystem::rename(run_.world() / "turned.new", run_.world() / "turned");
  }
  StationRun& run_;
  Numbers turned_;
};

/// Numbers of the cards that were judged anything but good.
inline Numbers rejected(StationRun& run) {
  std::map<std::string, std::uint64_t> numbers;
  for (const auto& event : run.events())
    if (event["type"] == "print-ended" && event.contains("number")) numbers[event["card"]] = event["number"];
  Numbers found;
  for (const auto& card : run.rows("cards"))
    if (card.contains("verdict") && card["verdict"] != "good" && card["verdict"] != "")
      found.insert(numbers[card["card"]]);
  return found;
}

}  // namespace ktp::test
