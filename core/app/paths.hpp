// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

namespace ktp::app {

/// Where the program's own files are, found from the program itself: in a build tree (build/bin/ktp-station)
/// or installed.
struct Paths {
  std::filesystem::path config;   ///< folder with station.yaml, templates/, inspection/, regions/
  std::filesystem::path plugins;  ///< folder with <plugin>.so
  std::filesystem::path worker;   ///< station-plugin-worker
  std::filesystem::path checker;  ///< station-plugin-check
  std::filesystem::path page;     ///< folder with the page's index.html
};
[[nodiscard]] Paths find_paths();

/// $KTP_STATION_DATA, else $XDG_DATA_HOME/ktp-station, else ~/.local/share/ktp-station.
[[nodiscard]] std::filesystem::path default_data_folder();

}  // namespace ktp::app
