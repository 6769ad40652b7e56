// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/error.hpp"
#include "handover/item_number.hpp"
#include "pipeline/station.hpp"
#include "web/binding.hpp"

namespace ktp::app {

struct DeviceEntry {
  std::string
      plugin;  ///< name of a plugin in the plugin folder ("sim-printer"), or an absolute path of a .so
  std::string serial;
  std::map<std::string, std::string> settings;
  std::filesystem::path transcripts;  ///< absolute; of a printer: folder of its USB transcripts; "" = none
  bool transcript_whole = false;      ///< with pictures; only in test mode
  /// How long one call may take before the driver is interrupted and then ended.
  struct Deadlines {
    std::chrono::seconds open{20}, print{120}, move{30}, grab{30}, read{15}, status{5};
  } deadlines;
};

/// One printer with the camera that photographs its cards and, where there is one, the reader of their chips.
struct LaneEntry {
  std::string name;  ///< "" for the first unless it was given one; the ledger knows the hopper by it
  DeviceEntry printer, camera;
  std::optional<DeviceEntry> reader;  ///< lies where the camera looks
  bool turn_over = false;             ///< one camera takes both sides; the operator turns the card over

  /// "printer", or "printer-NAME": what notices and the ledger call it; the same for its camera.
  [[nodiscard]] std::string device(const std::string& kind) const {
    return name.empty() ? kind : kind + "-" + name;
  }
};

/// What is done about devices whose worker is lost.
struct Supervision {
  int restarts = 5;  ///< of one device within `window`; then it is quarantined
  std::chrono::seconds window{180};
  std::chrono::seconds quarantine{0};  ///< then it is tried again; 0 = when the station is started again
};

/// One station, as station.yaml describes it. Every key has a default; an unknown key or a value out of range
/// is an error that names file, line and what is allowed.
struct Config {
  std::filesystem::path file;
  std::string station = "ktp-station";
  std::filesystem::path card_template, profile, regions;  ///< absolute
  pipeline::Settings settings;
  std::vector<LaneEntry> lanes;  ///< at least one; names are unique
  Supervision supervision;
  handover::ItemRange items;
  std::filesystem::path post_mapping;                    ///< absolute; how the post office's files say things
  web::Binding page;                                     ///< files absolute
  std::filesystem::path face_detector, face_recogniser;  ///< absolute; both "" = face features are off

  /// Simulated printers: test mode, where the test prefix is accepted. `test-mode: true` says so for any
  /// other printer: a new one, or its model, is tried with invented people.
  [[nodiscard]] bool simulated() const {
    return std::ranges::all_of(lanes,
                               [](const LaneEntry& lane) { return lane.printer.plugin == "sim-printer"; });
  }
};

Result<Config> load_config(const std::filesystem::path& file);

}  // namespace ktp::app
