// SPDX-License-Identifier: Apache-2.0
#include "drivers/ipp/room.hpp"

#include <nlohmann/json.hpp>
#include <thread>

#include "sim-world/png_file.hpp"
#include "sim-world/world.hpp"

namespace drivers_test {

using namespace std::chrono_literals;

Room::Room(std::vector<std::string> options)
    : peer(folder_ / "peer", folder_ / "world", std::move(options)) {}

SettingsMap Room::settings(SettingsMap more) const {
  more.emplace("uri", peer.uri());
  more.emplace("answer-wait", "3000");
  more.emplace("output-wait", "500");
  more.emplace("fault-wait", "300");
  return more;
}

sim::Picture Room::face(std::uint64_t card, sim::Side side, const std::string& place) const {
  const fs::path file = world() / place / (std::to_string(card) + "-" + sim::to_string(side) + ".png");
  return sim::decode_png(sim::read_file(file, sim::kMaxFileBytes));
}

std::vector<Room::Body> Room::bodies() const {
  std::vector<Body> found;
  std::vector<std::string> places{"inside", "at-camera"};
  for (const char* bin : sim::kBins) places.push_back(sim::bin_folder(bin));
  for (const std::string& place : places) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(world() / place, none)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with(".json") || name.starts_with(".")) continue;
      const auto json = nlohmann::json::parse(read_text(entry.path()));
      found.push_back({json.at("token"), json.at("state"), place});
    }
  }
  return found;
}

std::vector<Room::Body> Room::bodies_of(const std::string& token) const {
  std::vector<Body> found;
  for (const Body& body : bodies())
    if (body.token == token) found.push_back(body);
  return found;
}

bool Room::tidy_up() {
  for (int i = 0; i < 500; ++i) {
    peer.ask("clear");
    peer.ask("take damaged");
    if (peer.state("jobs") == "0" && peer.state("inside") == "0" && peer.state("output") == "0") return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

const char* name_of(std::uint32_t outcome) {
  constexpr const char* kNames[] = {"not started", "printed", "spoiled", "unknown"};
  return outcome < 4 ? kNames[outcome] : "?";
}

Fate print_and_settle(Room& room, Device& first, const std::string& token, const sim::Picture& front,
                      const sim::Picture* back, const std::function<Device*()>& reopen,
                      const std::function<void()>& printed) {
  Device* device = &first;
  Fate fate;
  bool error = false;
  const auto hear = [&] {
    error = false;
    for (const auto& event : TestHost::instance().take_events())
      if (event.kind == STN_EV_REASON && event.b == 1 && event.a == STN_SEVERITY_ERROR) {
        error = true;
        fate.reasons.insert(event.text);
      }
  };
  TestHost::instance().take_events();
  const auto begun = std::chrono::steady_clock::now();
  fate.print = device->print(token, front, back, 300);
  fate.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  hear();
  fate.outcome = fate.print.outcome;
  if (printed) printed();
  if (fate.outcome != STN_CARD_UNKNOWN) return fate;
  fate.by_lookup = true;
  if (fate.print.code == STN_E_REMOVED) device = reopen();  // its worker ends
  for (int i = 0; i < 200; ++i) {
    const bool answered = device->status().code == STN_OK;
    hear();
    if (answered && !error) break;
    room.peer.ask("clear");
    std::this_thread::sleep_for(20ms);
  }
  stn_card found{};
  const stn_result result = device->lookup(token, found);
  if (result.code == STN_E_NOT_FOUND)
    fate.outcome = STN_CARD_NOT_STARTED;
  else if (result.code == STN_OK)
    fate.outcome = found.outcome;
  return fate;
}

}  // namespace drivers_test
