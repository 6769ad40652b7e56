// SPDX-License-Identifier: Apache-2.0
#include "models/usb/world_tray.hpp"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim-world/random.hpp"

namespace model {

WorldTray::WorldTray(const std::filesystem::path& folder, std::uint64_t blanks, const std::string& faults)
    : world_({.folder = folder,
              .blanks = blanks,
              .wait_a_little = {},
              .before_change = {},
              .warn = [](const std::string& text) { std::fprintf(stderr, "model: %s\n", text.c_str()); }}),
      faults_(sim::Script::parse(faults, sim::print_fault_rules())) {}

// The wire carries no token: the number names the card.
std::uint64_t WorldTray::feed() {
  return world_.feed("model" + std::to_string(world_.taken() + 1)).number;
}

void WorldTray::finish(std::uint64_t card, const Face& front, const Face& back, bool whole) {
  put(card, sim::Side::front, front);
  put(card, sim::Side::back, back);
  world_.finish(card, whole ? sim::State::printed : sim::State::spoiled);
}

void WorldTray::to_output(std::uint64_t card) {
  world_.move(card, sim::kAtCamera);
}
void WorldTray::to_reject(std::uint64_t card) {
  world_.move(card, sim::bin_folder("damaged"));
}

bool WorldTray::take(const std::string& bin) {
  const auto there = world_.at_camera();
  if (there.size() != 1 || !sim::is_bin(bin)) return false;
  world_.move(there[0], sim::bin_folder(bin));
  return true;
}

void WorldTray::fill(std::uint64_t more) const {
  const auto file = world_.folder() / "hopper.json";
  std::ifstream in(file);
  auto json = nlohmann::ordered_json::parse(in);
  json["left"] = json["left"].get<std::uint64_t>() + more;
  const std::string text = json.dump() + "\n";
  world_.files().replace(file, sim::bytes(text));
}

void WorldTray::put(std::uint64_t card, sim::Side side, const Face& face) {
  sim::Picture picture(
      sim::View{face.rgb.data(), Face::kWidth, Face::kHeight, std::size_t{Face::kWidth} * 3});
  const sim::Zones zones{{62.31, 13.38, 20.4, 27.26}, {17.6, 10.6, 41.6, 4.2}};  // as sim-printer's defaults
  std::optional<sim::Picture> whole;
  if (side == sim::Side::front) whole = picture;
  sim::apply(faults_.at(card, 1), side, zones, before_ ? &*before_ : nullptr,
             sim::mix_all({card, static_cast<std::uint64_t>(side)}), picture);
  if (whole) before_ = std::move(whole);
  world_.put_face(card, side, picture.view());
}

}  // namespace model
