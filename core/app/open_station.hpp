// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "app/config.hpp"
#include "app/paths.hpp"
#include "devices/devices.hpp"

namespace ktp::app {

inline constexpr const char* kFaceFeaturesOff =
    "face-features: off (no models configured); the same person in another photograph is not recognised";

/// The configuration a command asked for: `given`, or the station.yaml beside the program.
Result<Config> config_of(const std::filesystem::path& given, const Paths& paths);

/// What the devices room needs to know of a configured device. Simulated devices that name no world get
/// `world`; no setting may open the data folder to a driver.
devices::DeviceConfig device_config(const std::string& name, const DeviceEntry& entry, int worker_restarts,
                                    const Paths& paths, const std::filesystem::path& data,
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

}  // namespace ktp::app
