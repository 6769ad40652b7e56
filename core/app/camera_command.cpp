// SPDX-License-Identifier: Apache-2.0
// `camera check`: guides whoever sets up a camera, with figures that follow his hand and a picture.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "artwork/picture.hpp"
#include "inspection/camera_setup.hpp"

namespace ktp::app {

namespace {

nlohmann::ordered_json to_json(const std::string& camera, const std::string& side,
                               const inspection::CameraSetup& setup) {
  nlohmann::ordered_json json{{"camera", camera},           {"side", side},
                              {"card", setup.card},         {"px_per_mm", setup.px_per_mm},
                              {"blur_mm", setup.blur_mm()}, {"white", setup.white},
                              {"clipped", setup.clipped},   {"even", setup.even}};
  json["wrong"] = setup.wrong;
  return json;
}

void print(const std::string& side, const inspection::CameraSetup& setup) {
  if (setup.card) {
    char line[200];
    std::snprintf(
        line, sizeof line,
        "%-6s scale %5.1f px/mm   focus %.3f mm   white %3.0f   blown out %4.1f %%   light %3.0f %%%s\n",
        side.c_str(), setup.px_per_mm, setup.blur_mm(), setup.white, setup.clipped * 100, setup.even * 100,
        setup.plain ? "" : " (not plain)");
    std::cout << line;
  }
  for (const std::string& what : setup.wrong) std::cout << "       CHANGE " << what << '\n';
  if (setup.wrong.empty()) std::cout << "       good\n";
}

}  // namespace

int camera_check_command(const CommonOptions& common, const CameraCheckOptions& options) {
  const Paths paths = find_paths();
  const auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  const auto lane = std::ranges::find(config->lanes, options.lane, &LaneEntry::name);
  if (lane == config->lanes.end()) {
    return report({ErrorCode::configuration,
                   config->file.string() + ": no printer is called \"" + options.lane + "\""});
  }
  const auto where = world_of(*config, *lane, options.world.empty() ? common.data / "world" : options.world);
  auto camera = open_device<devices::Camera>(
      device_config(lane->device("camera"), lane->camera, config->supervision, paths, common.data, where),
      [](const auto&) {});
  if (!camera) return report(camera.error());

  inspection::CameraSetup setup;
  for (int look = 0; look < options.looks; ++look) {
    if (look > 0) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    devices::Frame frame;
    const Side side = options.side == "back" ? Side::back : Side::front;
    const auto grabbed = (*camera)->grab(side, 0, devices::monotonic_ns(), frame);
    if (!grabbed.ok())
      return report(
          {ErrorCode::internal,
           (*camera)->name() + ": " + (grabbed.violation.empty() ? grabbed.message : grabbed.violation)});
    setup = inspection::camera_setup(frame.image.view());
    if (common.json)
      std::cout << to_json((*camera)->name(), options.side, setup).dump() << std::endl;
    else
      print(options.side, setup), std::cout.flush();
    if (!options.picture.empty()) {
      if (auto written = artwork::write_png(options.picture, setup.picture.view()); !written)
        return report(written.error());
    }
  }
  if (setup.wrong.empty()) return 0;
  return report({ErrorCode::configuration, (*camera)->name() + " is not set up: " + setup.wrong.front()});
}

}  // namespace ktp::app
