// SPDX-License-Identifier: Apache-2.0
#include "app/paths.hpp"

#include <cstdlib>
#include <initializer_list>

namespace ktp::app {

namespace fs = std::filesystem;

Paths find_paths() {
  std::error_code none;
  const fs::path bin = fs::read_symlink("/proc/self/exe", none).parent_path();
  const auto first_that_exists = [&](std::initializer_list<fs::path> candidates) {
    for (const fs::path& candidate : candidates)
      if (fs::exists(candidate, none)) return fs::weakly_canonical(candidate, none);
    return *candidates.begin();
  };
  Paths paths;
  const char* const config = std::getenv("KTP_STATION_CONFIG");
  paths.config =
      config != nullptr
          ? fs::path(config)
          : first_that_exists({bin / "../../config", bin / "../share/ktp-station", "/etc/ktp-station"});
  paths.plugins = first_that_exists(
      {bin / "../lib/ktp-station/plugins", bin / "../lib/x86_64-linux-gnu/ktp-station/plugins"});
  paths.worker = first_that_exists(
      {bin / "station-plugin-worker", bin / "../libexec/ktp-station/station-plugin-worker"});
  paths.checker = bin / "station-plugin-check";
  paths.page = bin / "../share/ktp-station/page";
  return paths;
}

fs::path default_data_folder() {
  if (const char* const data = std::getenv("KTP_STATION_DATA"); data != nullptr && *data != '\0') return data;
  if (const char* const xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg != '\0')
    return fs::path(xdg) / "ktp-station";
  const char* const home = std::getenv("HOME");
  return fs::path(home != nullptr ? home : "/var/lib") / ".local/share/ktp-station";
}

}  // namespace ktp::app
