// SPDX-License-Identifier: Apache-2.0
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"

namespace ktp::app {

namespace {

nlohmann::ordered_json to_json(const std::string& name, const DeviceEntry& entry,
                               const devices::DeviceStatus& status) {
  nlohmann::ordered_json json{
      {"name", name}, {"plugin", entry.plugin}, {"state", std::string(devices::to_string(status.state))}};
  json["reasons"] = nlohmann::ordered_json::array();
  for (const auto& reason : status.reasons) json["reasons"].push_back(reason.keyword);
  json["supplies"] = nlohmann::ordered_json::object();
  for (const auto& [id, supply] : status.supplies)
    json["supplies"][id] = {{"level", supply.level}, {"max", supply.max}, {"unit", supply.unit}};
  return json;
}

void print(const std::string& name, const DeviceEntry& entry, const devices::DeviceStatus& status) {
  std::cout << std::left << std::setw(10) << name << std::setw(18) << entry.plugin
            << devices::to_string(status.state);
  for (const auto& reason : status.reasons)
    std::cout << "  " << reason.keyword << (reason.text.empty() ? "" : " (" + reason.text + ")");
  for (const auto& [id, supply] : status.supplies)
    std::cout << "  " << id << ' ' << supply.level << (supply.max > 0 ? "/" + std::to_string(supply.max) : "")
              << ' ' << supply.unit;
  std::cout << '\n';
}

void print_options(const std::string& plugin, const Paths& paths) {
  const auto file =
      plugin.starts_with('/') ? std::filesystem::path(plugin) : paths.plugins / (plugin + ".so");
  const auto described = devices::describe(file, paths.worker);
  if (!described) {
    std::cout << "  " << plugin << ": " << described.error().message << '\n';
    return;
  }
  std::cout << '\n' << plugin << " (" << described->vendor << ", version " << described->version << ")\n";
  for (const auto& driver : described->drivers)
    for (const auto& option : driver.options)
      std::cout << "  " << std::left << std::setw(18) << option.key << std::setw(9) << option.type
                << std::setw(14) << (option.required ? "(required)" : option.default_value) << std::setw(6)
                << option.unit << option.doc << '\n';
}

}  // namespace

int devices_command(const CommonOptions& common, const std::filesystem::path& world) {
  const Paths paths = find_paths();
  auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  const auto where = world.empty() ? common.data / "world" : world;
  const auto ignore = [](const devices::DeviceEvent&) {};
  devices::DeviceStatus status;
  auto printer = open_device<devices::Printer>(
      device_config("printer", config->printer, config->worker_restarts, paths, common.data, where), ignore);
  if (!printer) return report(printer.error());
  if (const auto asked = (*printer)->status(status); !asked.ok())
    return report({ErrorCode::configuration, "printer: " + asked.message});
  if (common.json)
    std::cout << to_json("printer", config->printer, status).dump() << '\n';
  else
    print("printer", config->printer, status);
  devices::DeviceStatus seen;
  auto camera = open_device<devices::Camera>(
      device_config("camera", config->camera, config->worker_restarts, paths, common.data, where), ignore);
  if (!camera) return report(camera.error());
  if (const auto asked = (*camera)->status(seen); !asked.ok())
    return report({ErrorCode::configuration, "camera: " + asked.message});
  if (common.json) {
    std::cout << to_json("camera", config->camera, seen).dump() << '\n';
  } else {
    print("camera", config->camera, seen);
    print_options(config->printer.plugin, paths);
    print_options(config->camera.plugin, paths);
  }
  return 0;
}

int config_check_command(const CommonOptions& common) {
  const Paths paths = find_paths();
  auto config = config_of(common.config, paths);
  if (!config) return report(config.error());
  int worst = 0;
  const auto part = [&](const std::string& what, const auto& loaded) {
    if (loaded)
      std::cout << what << ": ok\n";
    else
      worst = report(loaded.error());
  };
  std::cout << config->file.string() << ": ok\n";
  part("template " + config->card_template.string(), artwork::Template::load(config->card_template));
  part("profile " + config->profile.string(), inspection::load_profile(config->profile));
  if (config->face_detector.empty())
    std::cout << kFaceFeaturesOff << '\n';
  else
    part("face-features", inspection::FaceFeatures::load(config->face_detector, config->face_recogniser));
  part("regions " + config->regions.string(), artwork::Regions::load(config->regions));
  for (const DeviceEntry* entry : {&config->printer, &config->camera}) {
    const auto device =
        device_config("device", *entry, config->worker_restarts, paths, common.data, common.data / "world");
    const auto described = devices::describe(device.plugin, paths.worker);
    part("plugin " + entry->plugin, described);
    if (!described) continue;
    if (const auto allowed = granted(device); !allowed) worst = report(allowed.error());
    for (const auto& [key, value] : entry->settings) {
      bool known = false;
      for (const auto& driver : described->drivers)
        for (const auto& option : driver.options) known |= option.key == key;
      if (!known)
        worst = report({ErrorCode::configuration, config->file.string() + ": plugin " + entry->plugin +
                                                      " has no setting '" + key +
                                                      "'; `ktp-station devices` lists them"});
    }
  }
  return worst == 0 ? 0 : static_cast<int>(ErrorCode::configuration);
}

}  // namespace ktp::app
