// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "app/config.hpp"
#include "app/paths.hpp"
#include "devices/devices.hpp"
#include "pipeline/station.hpp"

namespace ktp::app {

inline constexpr const char* kFaceFeaturesOff =
    "face-features: off (no models configured); the same person in another photograph is not recognised";

/// The configuration a command asked for: `given`, or the station.yaml beside the program.
Result<Config> config_of(const std::filesystem::path& given, const Paths& paths);

/// What the devices room needs to know of a configured device. Simulated devices that name no world get
/// `world`; no setting may open the data folder to a driver.
devices::DeviceConfig device_config(const std::string& name, const DeviceEntry& entry,
                                    const Supervision& supervision, const Paths& paths,
                                    const std::filesystem::path& data, const std::filesystem::path& world);

/// The world of a lane: its printer's setting `world`; without one `world` for the first, `world`-NAME for
/// each further lane (docs/contracts.md section 3).
[[nodiscard]] std::filesystem::path world_of(const Config& config, const LaneEntry& lane,
                                             const std::filesystem::path& world);

/// The configuration with what the plugin's manifest asks for, if it may be used at all: shipped with the
/// station, or checked (core/plugins). Error configuration names the command to run.
Result<devices::DeviceConfig> granted(devices::DeviceConfig config);

/// Opens a device whose plugin may be used, again if its worker dies on the way (error internal): at most
/// three times.
template <class Device>
Result<std::unique_ptr<Device>> open_device(const devices::DeviceConfig& config,
                                            const devices::EventSink& sink) {
  const auto allowed = granted(config);
  if (!allowed) return std::unexpected(allowed.error());
  constexpr int kTries = 3;
  auto opened = Device::open(*allowed, sink);
  for (int i = 1; i < kTries && !opened && opened.error().code == ErrorCode::internal; ++i)
    opened = Device::open(*allowed, sink);
  return opened;
}

/// The configured printers and cameras that are in a run.
struct OpenLanes {
  struct Lane {
    std::unique_ptr<devices::Printer> printer;
    std::unique_ptr<devices::Camera> camera;
    std::unique_ptr<devices::ChipReader> reader;  ///< null: this lane has none
    bool turn_over = false;                       ///< its operator turns the cards over
  };
  std::vector<Lane> lanes;

  /// For pipeline::Station; valid as long as this is.
  [[nodiscard]] std::vector<pipeline::LaneDevices> devices() const;
  void cancel() const;  ///< every operation under way is asked to stop [any thread]
};

struct OpenLanesOptions {
  std::filesystem::path data, world;  ///< world: of the first lane
  bool safe_mode = false;             ///< lanes with a plugin that was not shipped with the station stay out
  devices::EventSink sink;
  std::function<void(const std::string&)> say;  ///< a lane that is left out, and why
};

/// Opens every lane. One whose device does not work is left out and said so, as long as another one works; a
/// printer that is unplugged is waited for by the run. Errors: configuration (also when safe mode leaves
/// none), in_use.
Result<OpenLanes> open_lanes(const Config& config, const Paths& paths, const OpenLanesOptions& options);

/// Where the numbers of a camera's good cards are kept: DATA/drift.json, DATA/drift-NAME.json of a further
/// lane.
[[nodiscard]] std::filesystem::path drift_file(const std::filesystem::path& data, const LaneEntry& lane);

/// The list of pipeline::RecentGood.
[[nodiscard]] std::filesystem::path recent_good_file(const std::filesystem::path& data);

/// Gives the station a drift watch for each of its cameras and, where the configuration names the models,
/// face features. Error of the models.
Result<void> add_watchers(pipeline::Station& station, const Config& config,
                          const std::filesystem::path& data);
/// Writes down what the drift watches know; a file that cannot be written is told and costs history only.
void save_watchers(const pipeline::Station& station);

}  // namespace ktp::app
