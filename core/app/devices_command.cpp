// SPDX-License-Identifier: Apache-2.0
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "app/commands.hpp"
#include "app/open_station.hpp"
#include "app/output.hpp"
#include "devices/log_levels.hpp"
#include "ledger/ledger.hpp"

namespace ktp::app {

namespace {

/// What the ledger remembers of a device's driver, over all runs (events device-report).
struct Remembered {
  std::int64_t restarts = 0;
  std::map<std::string, std::uint64_t> violations;
};

Result<std::map<std::string, Remembered>> remembered(const std::filesystem::path& data) {
  std::map<std::string, Remembered> all;
  auto ledger = ledger::Ledger::open(data, false);
  if (!ledger) {
    if (ledger.error().code == ErrorCode::input_missing) return all;  // a new station has nothing to remember
    return std::unexpected(ledger.error());
  }
  auto lines = (*ledger)->lines_of_type("device-report");
  if (!lines) return std::unexpected(lines.error());
  for (const std::string& line : *lines) {
    const auto event = nlohmann::json::parse(line);
    Remembered& device = all[event.at("device").get<std::string>()];
    device.restarts += event.at("restarts").get<std::int64_t>();
    for (const auto& [name, count] : event.at("violations").items())
      device.violations[name] += count.get<std::uint64_t>();
  }
  return all;
}

struct Shown {
  std::string name, plugin;
  devices::DeviceStatus status;
  Remembered remembered;
  std::string error;  ///< why it could not be asked
};

std::string_view to_string(devices::Severity severity) {
  return severity == devices::Severity::error     ? "error"
         : severity == devices::Severity::warning ? "warning"
                                                  : "report";
}

std::map<std::string, std::uint64_t> violations_of(const Shown& device) {
  auto all = device.remembered.violations;
  for (const auto& [name, count] : device.status.violations) all[name] += count;
  return all;
}

nlohmann::ordered_json to_json(const Shown& device) {
  nlohmann::ordered_json json{{"name", device.name},
                              {"plugin", device.plugin},
                              {"state", std::string(devices::to_string(device.status.state))}};
  json["reasons"] = json["details"] = nlohmann::ordered_json::array();
  for (const auto& reason : device.status.reasons) {
    json["reasons"].push_back(reason.keyword);
    json["details"].push_back({{"keyword", reason.keyword},
                               {"severity", std::string(to_string(reason.severity))},
                               {"text", reason.text}});
  }
  json["supplies"] = nlohmann::ordered_json::object();
  for (const auto& [id, supply] : device.status.supplies)
    json["supplies"][id] = {{"level", supply.level}, {"max", supply.max}, {"unit", supply.unit}};
  json["card_at"] = std::string(devices::to_string(device.status.card_at));
  json["restarts"] = device.status.restarts + device.remembered.restarts;
  json["violations"] = nlohmann::ordered_json::object();
  for (const auto& [name, count] : violations_of(device)) json["violations"][name] = count;
  json["error"] = device.error;
  return json;
}

void print(const Shown& device) {
  std::cout << std::left << std::setw(12) << device.name << std::setw(18) << device.plugin
            << devices::to_string(device.status.state);
  for (const auto& [id, supply] : device.status.supplies)
    std::cout << "  " << id << ' '
              << (supply.level >= 0 ? std::to_string(supply.level) : std::string("unknown"))
              << (supply.max > 0 ? "/" + std::to_string(supply.max) : "") << ' ' << supply.unit;
  std::cout << '\n';
  for (const auto& reason : device.status.reasons)
    std::cout << "            " << to_string(reason.severity) << ": " << reason.keyword
              << (reason.text.empty() ? "" : " (" + reason.text + ")") << '\n';
  if (!device.error.empty()) std::cout << "            error: " << device.error << '\n';
  if (const auto restarts = device.status.restarts + device.remembered.restarts; restarts > 0)
    std::cout << "            its worker was restarted " << restarts << " times so far\n";
  for (const auto& [name, count] : violations_of(device))
    std::cout << "            violation " << name << ": " << count << '\n';
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
  const auto past = remembered(common.data);
  if (!past) return report(past.error());
  std::optional<Error> first;
  const auto show = [&]<class Device>(const std::string& name, const DeviceEntry& entry,
                                      const std::filesystem::path& where, Device*) {
    Shown shown{.name = name, .plugin = entry.plugin, .status = {}, .remembered = {}, .error = {}};
    if (const auto found = past->find(name); found != past->end()) shown.remembered = found->second;
    auto device = open_device<Device>(
        device_config(name, entry, config->supervision, paths, common.data, where),
        [&name](const devices::DeviceEvent& event) {
          // What a driver says when it opens its device: models, firmware, sensor lines.
          if (event.kind == devices::DeviceEvent::Kind::log && event.a >= devices::kLogInfo)
            std::cerr << name + ": " + event.text + "\n";
        });
    if (!device) {
      shown.error = device.error().message;
      if (!first) first = device.error();
    } else if (const auto asked = (*device)->status(shown.status); !asked.ok()) {
      shown.error = asked.message;
      if (!first) first = Error{ErrorCode::internal, name + ": " + asked.message};
    }
    if (common.json)
      std::cout << to_json(shown).dump() << '\n';
    else
      print(shown);
  };
  std::set<std::string> plugins;
  for (const LaneEntry& lane : config->lanes) {
    const auto where = world_of(*config, lane, world.empty() ? common.data / "world" : world);
    show(lane.device("printer"), lane.printer, where, static_cast<devices::Printer*>(nullptr));
    show(lane.device("camera"), lane.camera, where, static_cast<devices::Camera*>(nullptr));
    plugins.insert({lane.printer.plugin, lane.camera.plugin});
    if (lane.reader) {
      show(lane.device("reader"), *lane.reader, where, static_cast<devices::ChipReader*>(nullptr));
      plugins.insert(lane.reader->plugin);
    }
  }
  if (!common.json)
    for (const std::string& plugin : plugins) print_options(plugin, paths);
  return first ? report(*first) : 0;
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
  const auto check = [&](const std::string& name, const DeviceEntry& entry) {
    const auto device =
        device_config(name, entry, config->supervision, paths, common.data, common.data / "world");
    const auto described = devices::describe(device.plugin, paths.worker);
    part("plugin " + entry.plugin + " of " + name, described);
    if (!described) return;
    if (const auto allowed = granted(device); !allowed) worst = report(allowed.error());
    for (const auto& [key, value] : entry.settings) {
      bool known = false;
      for (const auto& driver : described->drivers)
        for (const auto& option : driver.options) known |= option.key == key;
      if (!known)
        worst = report({ErrorCode::configuration, config->file.string() + ": plugin " + entry.plugin +
                                                      " has no setting '" + key +
                                                      "'; `ktp-station devices` lists them"});
    }
  };
  for (const LaneEntry& lane : config->lanes) {
    check(lane.device("printer"), lane.printer);
    check(lane.device("camera"), lane.camera);
    if (lane.reader) check(lane.device("reader"), *lane.reader);
  }
  return worst == 0 ? 0 : static_cast<int>(ErrorCode::configuration);
}

}  // namespace ktp::app
