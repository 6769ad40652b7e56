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

}  // namespace drivers_test
