// SPDX-License-Identifier: Apache-2.0
#include "models/ipp/card_tray.hpp"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim-printer/print_faults.hpp"
#include "sim-world/random.hpp"

namespace model {
namespace {

/// PWG 5102.4: how a printer of each kind expects its back pages, read the other way round: what the reader
/// sees.
void undo_sheet_back(Page& page, const Sheet& sheet) {
  const bool tumble = sheet.sides == "two-sided-short-edge";
  bool mirror_x = false, mirror_y = false;
  if (sheet.sheet_back == "flipped") (tumble ? mirror_x : mirror_y) = true;
  if (sheet.sheet_back == "rotated" && !tumble) mirror_x = mirror_y = true;
  if (sheet.sheet_back == "manual-tumble" && tumble) mirror_x = mirror_y = true;
  const Page before = page;
  for (int y = 0; y < page.height; ++y)
    for (int x = 0; x < page.width; ++x)
      std::memcpy(&page.rgb[(static_cast<std::size_t>(y) * page.width + x) * 3],
                  &before.rgb[(static_cast<std::size_t>(mirror_y ? page.height - 1 - y : y) * page.width +
                               (mirror_x ? page.width - 1 - x : x)) *
                              3],
                  3);
}

/// The landscape face that a reader sees who turns the card over like the page of a book.
sim::Picture face_of(Page page, const Sheet& sheet, bool back) {
  if (back) undo_sheet_back(page, sheet);
  const bool upside_down = back && sheet.sides == "two-sided-long-edge";
  sim::Picture face(page.height, page.width, 255);
  for (int py = 0; py < page.height; ++py)
    for (int px = 0; px < page.width; ++px) {
      int x = py, y = page.width - 1 - px;
      if (upside_down) x = face.width - 1 - x, y = face.height - 1 - y;
      std::memcpy(face.at(x, y), &page.rgb[(static_cast<std::size_t>(py) * page.width + px) * 3], 3);
    }
  return face;
}

}  // namespace

CardTray::CardTray(const std::filesystem::path& world, std::uint64_t blanks, const std::string& faults)
    : world_({.folder = world,
              .blanks = blanks,
              .wait_a_little = {},
              .before_change = {},
              .warn = [](const std::string& text) { std::fprintf(stderr, "model: %s\n", text.c_str()); }}),
      faults_(sim::Script::parse(faults, sim::print_fault_rules())) {}

std::uint64_t CardTray::left() {
  const std::lock_guard lock(mutex_);
  return world_.left();
}
std::uint64_t CardTray::fed() {
  const std::lock_guard lock(mutex_);
  return world_.taken();
}
int CardTray::doubles() {
  const std::lock_guard lock(mutex_);
  return doubles_;
}
bool CardTray::inside() {
  const std::lock_guard lock(mutex_);
  return inside_.has_value();
}

void CardTray::feed(const std::string& job) {
  const std::lock_guard lock(mutex_);
  std::string name = job;
  if (world_.find(job))
    name = "double-" + std::to_string(++doubles_) + "-of-" + std::to_string(world_.taken());
  inside_ = world_.feed(name).number;
}

void CardTray::put(std::uint64_t card, const std::vector<Page>& pages, const Sheet& sheet) {
  const sim::Zones zones{{62.31, 13.38, 20.4, 27.26}, {3, 3, 60, 5}};
  for (std::size_t i = 0; i < pages.size() && i < 2; ++i) {
    const auto side = i == 0 ? sim::Side::front : sim::Side::back;
    sim::Picture face = face_of(pages[i], sheet, i == 1);
    sim::apply(faults_.at(card, 1), side, zones, nullptr,
               sim::mix_all({card, static_cast<std::uint64_t>(side)}), face);
    world_.put_face(card, side, face.view());
  }
}

void CardTray::eject(const std::vector<Page>& pages, const Sheet& sheet, bool intact, bool swallowed) {
  const std::lock_guard lock(mutex_);
  if (!inside_) return;
  put(*inside_, pages, sheet);
  world_.finish(*inside_, intact ? sim::State::printed : sim::State::spoiled);
  world_.move(*inside_, swallowed ? sim::bin_folder("damaged") : std::string(sim::kAtCamera));
  inside_.reset();
}

void CardTray::jam(const std::vector<Page>& pages, const Sheet& sheet) {
  const std::lock_guard lock(mutex_);
  if (!inside_) return;
  put(*inside_, pages, sheet);
  world_.finish(*inside_, sim::State::spoiled);
}

void CardTray::take_out() {
  const std::lock_guard lock(mutex_);
  if (!inside_) return;
  world_.move(*inside_, sim::bin_folder("damaged"));
  inside_.reset();
}

bool CardTray::in_output() {
  const std::lock_guard lock(mutex_);
  return !world_.at_camera().empty();
}

bool CardTray::take(const std::string& bin) {
  const std::lock_guard lock(mutex_);
  const auto there = world_.at_camera();
  if (there.empty() || !sim::is_bin(bin)) return false;
  for (const std::uint64_t card : there) world_.move(card, sim::bin_folder(bin));
  return true;
}

void CardTray::fill(std::uint64_t more) {
  const std::lock_guard lock(mutex_);
  const auto file = world_.folder() / "hopper.json";
  std::ifstream in(file);
  auto json = nlohmann::ordered_json::parse(in);
  json["left"] = json["left"].get<std::uint64_t>() + more;
  const std::string text = json.dump() + "\n";
  world_.files().replace(file, sim::bytes(text));
}

}  // namespace model
