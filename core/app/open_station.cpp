// SPDX-License-Identifier: Apache-2.0
#include "app/open_station.hpp"

#include "plugins/may_use.hpp"

namespace ktp::app {

Result<Config> config_of(const std::filesystem::path& given, const Paths& paths) {
  return load_config(given.empty() ? paths.config / "station.yaml" : given);
}

Result<devices::DeviceConfig> granted(devices::DeviceConfig config) {
  const devices::PluginAbi abi = devices::plugin_abi();
  const auto approved = plugins::may_use(config.plugin, find_paths().plugins, {abi.major, abi.minor});
  if (!approved) return std::unexpected(approved.error());
  config.network = config.network || approved->manifest.needs_network;
  return config;
}

devices::DeviceConfig device_config(const std::string& name, const DeviceEntry& entry, int worker_restarts,
                                    const Paths& paths, const std::filesystem::path& data,
                                    const std::filesystem::path& world) {
  devices::DeviceConfig config;
  config.name = name;
  config.plugin = entry.plugin.starts_with('/') ? std::filesystem::path(entry.plugin)
                                                : paths.plugins / (entry.plugin + ".so");
  config.serial = entry.serial;
  config.settings = entry.settings;
  config.worker = paths.worker;
  config.restart_budget = worker_restarts;
  config.keep_out = {std::filesystem::absolute(data)};
  if (entry.plugin.starts_with("sim-") && !config.settings.contains("world"))
    config.settings["world"] = std::filesystem::absolute(world).string();
  return config;
}

}  // namespace ktp::app
