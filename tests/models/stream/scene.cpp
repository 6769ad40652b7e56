// SPDX-License-Identifier: Apache-2.0
#include "models/stream/scene.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "sim-world/world.hpp"

namespace ktp::model {

namespace fs = std::filesystem;

Scene::Scene(const drivers_test::SettingsMap& settings, int width, int height)
    : camera_("sim-camera", settings),
      folder_(fs::path(settings.at("world")) / "at-camera"),
      width_(width),
      height_(height) {}

std::string Scene::lying_there() const {
  std::vector<std::string> names;
  std::error_code gone;
  for (fs::directory_iterator at(folder_, gone), end; !gone && at != end; at.increment(gone))
    names.push_back(at->path().filename().string());
  std::ranges::sort(names);
  std::ifstream turned(folder_.parent_path() / sim::kTurned);
  names.emplace_back(std::istreambuf_iterator<char>(turned), std::istreambuf_iterator<char>());
  std::string all = ".";
  for (const auto& name : names) all += name + '/';
  return all;
}

sim::Picture Scene::look(std::uint32_t side, std::uint64_t& drawn) {
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[side];
  const std::string what = lying_there();
  if (seen.what != what) {
    camera_.grab(side, 0, seen.picture, drivers_test::now_ns());
    if (seen.picture.rgb.empty()) {
      seen.picture.width = width_;
      seen.picture.height = height_;
      seen.picture.rgb.assign(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 3, 52);
    }
    seen.what = what;
    seen.drawn = ++drawn_;
  }
  drawn = seen.drawn;
  return seen.picture;
}

}  // namespace ktp::model
