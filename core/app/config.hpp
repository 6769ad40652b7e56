// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "domain/error.hpp"
#include "handover/item_number.hpp"
#include "pipeline/station.hpp"

namespace ktp::app {

struct DeviceEntry {
  std::string
      plugin;  ///< name of a plugin in the plugin folder ("sim-printer"), or an absolute path of a .so
  std::string serial;
  std::map<std::string, std::string> settings;
};

/// One station, as station.yaml describes it. Every key has a default; an unknown key or a value out of range
/// is an error that names file, line and what is allowed.
struct Config {
  std::filesystem::path file;
  std::string station = "ktp-station";
  std::filesystem::path card_template, profile, regions;  ///< absolute
  pipeline::Settings settings;
  DeviceEntry printer, camera;
  handover::ItemRange items;
  std::filesystem::path post_mapping;                    ///< absolute; how the post office's files say things
  std::filesystem::path face_detector, face_recogniser;  ///< absolute; both "" = face features are off
  int worker_restarts = 5;  ///< of one device within three minutes; then it is quarantined and the run stops

  /// Simulated printer: test mode, where the test prefix is accepted. `test-mode: true` says so for any other
  /// printer: a new one, or its model, is tried with invented people.
  [[nodiscard]] bool simulated() const { return printer.plugin == "sim-printer"; }
};

Result<Config> load_config(const std::filesystem::path& file);

}  // namespace ktp::app
