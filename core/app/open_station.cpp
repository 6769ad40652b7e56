// SPDX-License-Identifier: Apache-2.0
#include "app/open_station.hpp"

#include <map>
#include <optional>
#include <string>

#include "plugins/may_use.hpp"

namespace ktp::app {

namespace {

std::filesystem::path library_of(const DeviceEntry& entry, const Paths& paths) {
  return entry.plugin.starts_with('/') ? std::filesystem::path(entry.plugin)
                                       : paths.plugins / (entry.plugin + ".so");
}

Result<OpenLanes::Lane> open_lane(const LaneEntry& entry, const Config& config, const Paths& paths,
                                  const OpenLanesOptions& options, bool may_be_absent) {
  const auto world = world_of(config, entry, options.world);
  OpenLanes::Lane lane;
  lane.turn_over = entry.turn_over;
  auto printer_config =
      device_config(entry.device("printer"), entry.printer, config.supervision, paths, options.data, world);
  printer_config.may_be_absent = may_be_absent;
  auto printer = open_device<devices::Printer>(printer_config, options.sink);
  if (!printer) return std::unexpected(printer.error());
  lane.printer = *std::move(printer);
  auto camera = open_device<devices::Camera>(
      device_config(entry.device("camera"), entry.camera, config.supervision, paths, options.data, world),
      options.sink);
  if (!camera) return std::unexpected(camera.error());
  lane.camera = *std::move(camera);
  if (entry.reader) {
    auto reader = open_device<devices::ChipReader>(
        device_config(entry.device("reader"), *entry.reader, config.supervision, paths, options.data, world),
        options.sink);
    if (!reader) return std::unexpected(reader.error());
    lane.reader = *std::move(reader);
  }
  return lane;
}

/// Two printers in one world would be one machine with two minds.
Result<void> worlds_differ(const Config& config, const Paths& paths, const OpenLanesOptions& options) {
  std::map<std::filesystem::path, std::string> printers;
  for (const LaneEntry& lane : config.lanes) {
    const auto device = device_config(lane.device("printer"), lane.printer, config.supervision, paths,
                                      options.data, world_of(config, lane, options.world));
    const auto world = device.settings.find("world");
    if (!lane.printer.plugin.starts_with("sim-") || world == device.settings.end()) continue;
    const auto [other, fresh] =
        printers.emplace(std::filesystem::absolute(world->second).lexically_normal(), device.name);
    if (!fresh)
      return fail(ErrorCode::configuration, config.file.string() + ": " + other->second + " and " +
                                                device.name + " have the same world " + world->second +
                                                "; every simulated printer needs its own");
  }
  return {};
}

}  // namespace

Result<Config> config_of(const std::filesystem::path& given, const Paths& paths) {
  return load_config(given.empty() ? paths.config / "station.yaml" : given);
}

Result<devices::DeviceConfig> granted(devices::DeviceConfig config) {
  const devices::PluginAbi abi = devices::plugin_abi();
  const auto approved = plugins::may_use(config.plugin, find_paths().plugins, {abi.major, abi.minor});
  if (!approved) return std::unexpected(approved.error());
  config.network = config.network || approved->manifest.needs_network;
  config.pcsc = config.pcsc || approved->manifest.needs_pcsc;
  if (!config.transcripts.empty() && !config.transcript_whole && !approved->manifest.shows_commands)
    return fail(ErrorCode::configuration,
                "device \"" + config.name + "\": no USB transcript: the manifest of " +
                    config.plugin.string() +
                    " does not say (transcript: commands) that its commands tell nothing of a person; take "
                    "`transcript` out, or record `bytes: whole` in test mode, with invented people");
  return config;
}

devices::DeviceConfig device_config(const std::string& name, const DeviceEntry& entry,
                                    const Supervision& supervision, const Paths& paths,
                                    const std::filesystem::path& data, const std::filesystem::path& world) {
  devices::DeviceConfig config;
  config.name = name;
  config.plugin = library_of(entry, paths);
  config.serial = entry.serial;
  config.settings = entry.settings;
  config.transcripts = entry.transcripts;
  config.transcript_whole = entry.transcript_whole;
  config.worker = paths.worker;
  config.open_deadline = entry.deadlines.open;
  config.print_deadline = entry.deadlines.print;
  config.move_deadline = entry.deadlines.move;
  config.grab_deadline = entry.deadlines.grab;
  config.read_deadline = entry.deadlines.read;
  config.status_deadline = entry.deadlines.status;
  config.restart_budget = supervision.restarts;
  config.restart_window = supervision.window;
  config.quarantine = supervision.quarantine;
  config.keep_out = {std::filesystem::absolute(data)};
  if (entry.plugin.starts_with("sim-") && !config.settings.contains("world"))
    config.settings["world"] = std::filesystem::absolute(world).string();
  return config;
}

std::filesystem::path world_of(const Config& config, const LaneEntry& lane,
                               const std::filesystem::path& world) {
  // The camera of a simulated printer looks where its cards are.
  if (const auto own = lane.printer.settings.find("world"); own != lane.printer.settings.end())
    return own->second;
  if (&lane == &config.lanes.front()) return world;
  std::string beside = world.lexically_normal().string();
  while (beside.size() > 1 && beside.ends_with('/')) beside.pop_back();
  return beside + "-" + lane.name;
}

std::vector<pipeline::LaneDevices> OpenLanes::devices() const {
  std::vector<pipeline::LaneDevices> all;
  all.reserve(lanes.size());
  for (const Lane& lane : lanes)
    all.push_back({*lane.printer, *lane.camera, lane.reader.get(), lane.turn_over});
  return all;
}

void OpenLanes::cancel() const {
  for (const Lane& lane : lanes) {
    lane.printer->cancel();
    lane.camera->cancel();
    if (lane.reader) lane.reader->cancel();
  }
}

Result<OpenLanes> open_lanes(const Config& config, const Paths& paths, const OpenLanesOptions& options) {
  if (auto differ = worlds_differ(config, paths, options); !differ) return std::unexpected(differ.error());
  OpenLanes open;
  std::optional<Error> last;
  for (const LaneEntry& lane : config.lanes) {
    if (options.safe_mode) {
      std::string foreign;
      for (const DeviceEntry* entry : {&lane.printer, &lane.camera, lane.reader ? &*lane.reader : nullptr})
        if (entry != nullptr && !plugins::is_shipped(library_of(*entry, paths), paths.plugins))
          foreign += (foreign.empty() ? "" : " and ") + library_of(*entry, paths).string();
      if (!foreign.empty()) {
        options.say("safe mode: " + lane.device("printer") + " is left out, with plugin " + foreign);
        continue;
      }
    }
    auto opened = open_lane(lane, config, paths, options, config.lanes.size() > 1);
    if (opened) {
      open.lanes.push_back(*std::move(opened));
      continue;
    }
    // What is wrong in the configuration, or in other hands, is not mended by going on without it.
    if (opened.error().code != ErrorCode::internal || config.lanes.size() == 1)
      return std::unexpected(opened.error());
    options.say("ATTENTION: " + lane.device("printer") + " is left out: " + opened.error().message);
    last = opened.error();
  }
  if (!open.lanes.empty()) return open;
  if (last) return std::unexpected(*last);
  return fail(
      ErrorCode::configuration,
      "safe mode leaves no printer: every one in " + config.file.string() +
          " has a plugin that was not shipped with the station; start without --safe-mode, or configure "
          "a shipped one");
}

std::filesystem::path drift_file(const std::filesystem::path& data, const LaneEntry& lane) {
  return data / (lane.device("drift") + ".json");
}

std::filesystem::path recent_good_file(const std::filesystem::path& data) {
  return data / "recent-good.json";
}

Result<void> add_watchers(pipeline::Station& station, const Config& config,
                          const std::filesystem::path& data) {
  if (!config.face_detector.empty()) {
    auto faces = inspection::FaceFeatures::load(config.face_detector, config.face_recogniser);
    if (!faces) return std::unexpected(faces.error());
    station.faces = std::move(*faces);
  }
  station.recent_good = std::make_shared<pipeline::RecentGood>(
      pipeline::PictureSafe(station.evidence, &station.key), recent_good_file(data));
  for (const LaneEntry& lane : config.lanes) {
    const std::string camera =
        lane.camera.plugin + (lane.camera.serial.empty() ? "" : " " + lane.camera.serial);
    station.drift[lane.device("camera")] = std::make_shared<pipeline::DriftWatch>(
        drift_file(data, lane), "camera " + camera + ", profile " + inspection::version(*station.profile));
  }
  return {};
}

void save_watchers(const pipeline::Station& station) {
  for (const auto& [camera, watch] : station.drift)
    if (auto saved = watch->save(); !saved)
      station.tell(pipeline::Notice::Kind::warning,
                   "what good cards say of " + camera + " could not be kept: " + saved.error().message);
}

}  // namespace ktp::app
