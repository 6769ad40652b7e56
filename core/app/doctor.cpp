// SPDX-License-Identifier: Apache-2.0
#include "app/doctor.hpp"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/open_station.hpp"

namespace ktp::app {

namespace fs = std::filesystem;

const char* to_string(Finding::Grade grade) {
  return grade == Finding::Grade::ok ? "ok" : grade == Finding::Grade::warning ? "warning" : "bad";
}

namespace {

constexpr std::uintmax_t kLittleSpace = std::uintmax_t{1} << 30;  // a day's evidence and ledger

std::string kernel() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : std::string("unknown");
}

void look_at_worker(const Paths& paths, std::vector<Finding>& findings) {
  const auto checked = devices::check_isolation(paths.worker);
  if (!checked) {
    findings.push_back({Finding::Grade::bad, "plugin worker", checked.error().message});
    return;
  }
  findings.push_back({Finding::Grade::ok, "plugin worker", paths.worker.string() + " on " + kernel()});
  for (const devices::Protection& protection : *checked) {
    const bool held = protection.force == devices::Protection::Force::in_force;
    findings.push_back({held ? Finding::Grade::ok : Finding::Grade::warning, "isolation: " + protection.name,
                        std::string(devices::to_string(protection.force)) + ", " + protection.detail});
  }
}

/// Nobody but root and the station's user may put a library where the station looks for them.
void look_at_plugins(const Paths& paths, std::vector<Finding>& findings) {
  struct stat about{};
  if (::stat(paths.plugins.c_str(), &about) != 0) {
    findings.push_back({Finding::Grade::bad, "plugins", paths.plugins.string() + " is not there"});
    return;
  }
  const bool safe = (about.st_uid == 0 || about.st_uid == ::geteuid()) && (about.st_mode & 022) == 0;
  findings.push_back(
      {safe ? Finding::Grade::ok : Finding::Grade::warning, "plugins",
       paths.plugins.string() + (safe ? "" : " can be written by others: chmod go-w, chown root")});
}

void look_at_data(const fs::path& data, std::vector<Finding>& findings) {
  fs::path there = fs::absolute(data);
  while (!fs::exists(there) && there.has_relative_path()) there = there.parent_path();
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    findings.push_back(
        {Finding::Grade::bad, "data folder", there.string() + " cannot be written by this user"});
    return;
  }
  struct stat about{};
  if (there == fs::absolute(data) && ::stat(there.c_str(), &about) == 0 && (about.st_mode & 007) != 0) {
    findings.push_back({Finding::Grade::warning, "data folder",
                        data.string() + " holds personal records and is open to every user: chmod o-rwx"});
  } else {
    findings.push_back({Finding::Grade::ok, "data folder", data.string()});
  }
  std::error_code none;
  const auto space = fs::space(there, none);
  if (none) return;
  findings.push_back({space.available < kLittleSpace ? Finding::Grade::warning : Finding::Grade::ok, "disk",
                      std::to_string(space.available >> 20) + " MiB free in " + there.string()});
}

void look_at_config(const fs::path& file, const fs::path& data, const Paths& paths,
                    std::vector<Finding>& findings) {
  const auto config = config_of(file, paths);
  if (!config) {
    findings.push_back({Finding::Grade::bad, "configuration", config.error().message});
    return;
  }
  findings.push_back({Finding::Grade::ok, "configuration", config->file.string()});
  if (config->face_detector.empty()) {
    findings.push_back({Finding::Grade::ok, "face features", kFaceFeaturesOff});
  } else if (const auto faces =
                 inspection::FaceFeatures::load(config->face_detector, config->face_recogniser)) {
    findings.push_back({Finding::Grade::ok, "face features", config->face_recogniser.string()});
  } else {
    findings.push_back({Finding::Grade::bad, "face features", faces.error().message});
  }
  if (config->simulated())
    findings.push_back({Finding::Grade::warning, "devices", "simulated: test mode, no card is printed"});
  for (const LaneEntry& lane : config->lanes)
    for (const auto& [name, entry] :
         {std::pair<std::string, const DeviceEntry*>{lane.device("printer"), &lane.printer},
          {lane.device("camera"), &lane.camera},
          {lane.device("reader"), lane.reader ? &*lane.reader : nullptr}}) {
      if (entry == nullptr) continue;
      const auto allowed =
          granted(device_config(name, *entry, config->supervision, paths, data, data / "world"));
      const std::string what = "device " + name;
      if (!allowed)
        findings.push_back({Finding::Grade::bad, what, allowed.error().message});
      else if (allowed->network)
        findings.push_back(
            {Finding::Grade::warning, what,
             "its driver " + entry->plugin + " may use the network: its manifest asks for it"});
      else
        findings.push_back({Finding::Grade::ok, what, entry->plugin});
    }
}

}  // namespace

std::vector<Finding> look_at_machine(const fs::path& config, const fs::path& data) {
  const Paths paths = find_paths();
  std::vector<Finding> findings;
  look_at_worker(paths, findings);
  look_at_plugins(paths, findings);
  look_at_config(config, data, paths, findings);
  look_at_data(data, findings);
  return findings;
}

}  // namespace ktp::app
