// SPDX-License-Identifier: Apache-2.0
#include "models/chip/desk.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ktp::model {

namespace fs = std::filesystem;

namespace {

struct Lying {
  std::uint64_t number = 0;
  std::string uid;
};

/// The card whose n.json decides that it lies here.
std::optional<Lying> lying_in(const fs::path& folder) {
  std::error_code gone;
  for (fs::directory_iterator entry(folder, gone), end; !gone && entry != end; entry.increment(gone)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(".") || !name.ends_with(".json")) continue;
    std::ifstream in(entry->path());
    const auto json = nlohmann::json::parse(in, nullptr, false);
    if (json.is_discarded()) continue;  // it was moved on at this moment
    return Lying{json.value("n", std::uint64_t{0}), json.value("uid", "")};
  }
  return std::nullopt;
}

/// What the blank of a card has, wherever the card lies now; empty: there is no such card.
Bytes uid_of(const fs::path& world, std::uint64_t number) {
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(world, none)) {
    if (entry.path().filename() != std::to_string(number) + ".json") continue;
    std::ifstream in(entry.path());
    const auto json = nlohmann::json::parse(in, nullptr, false);
    if (!json.is_discarded()) return bytes_of(json.value("uid", ""));
  }
  return {};
}

}  // namespace

ChipDesk::ChipDesk(fs::path world, Plan plan, int port)
    : at_camera_(std::move(world) / "at-camera"),
      plan_(std::move(plan)),
      port_(port),
      thread_([this] { watch(); }) {}

ChipDesk::~ChipDesk() {
  end_ = true;
  thread_.join();
}

void ChipDesk::watch() {
  std::unique_ptr<CardInField> card;
  std::uint64_t number = 0;
  while (!end_) {
    const auto lying = lying_in(at_camera_);
    if (const std::uint64_t now = lying ? lying->number : 0; now != number) {
      card.reset();
      number = now;
      if (now != 0) {
        const auto planned = plan_.find(now);
        auto chip =
            planned == plan_.end() ? std::optional(Chip{.uid = bytes_of(lying->uid)}) : planned->second;
        if (chip) {
          if (chip->copy_of != 0) chip->uid = uid_of(at_camera_.parent_path(), chip->copy_of);
          // This thread looks only now and then; the card that has gone must not answer for the next.
          chip->there = [file = at_camera_ / (std::to_string(now) + ".json")] {
            std::error_code none;
            return fs::exists(file, none);
          };
          card = std::make_unique<CardInField>(*std::move(chip), port_);
        }
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace ktp::model
