// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/printer_model.hpp"

namespace ktp::test {

/// A model, and the program as it sees it. What the program sees of /sys and /dev/bus/usb is umockdev's. The
/// worker's environment is cleaned by the station, so a script in its place gives umockdev back to the worker
/// of the printer, and to no other.
class UsbPrinter : public PrinterModel {
 public:
  UsbPrinter(const StationRun& run, const std::string& faults, int blanks,
             const std::vector<std::string>& model = {EVOLIS_USB_PEER}, std::string mend = "clear")
      : PrinterModel(run, faults, blanks, model, std::move(mend)), folder_(run.folder()) {
    namespace fs = std::filesystem;
    fs::create_directories(folder_ / "bin");
    fs::copy_file(station_program(), folder_ / "bin/ktp-station");
    fs::create_directory_symlink(fs::path(KTP_BINARY_DIR) / "lib", folder_ / "lib");
    std::ofstream script(folder_ / "bin/station-plugin-worker");
    script << "#!/bin/sh\nfor word; do\n  [ \"$word\" = --usb ] && export LD_PRELOAD=" << kPreload
           << " UMOCKDEV_DIR=" << root() << "\ndone\nexec " << KTP_BINARY_DIR
           << "/bin/station-plugin-worker \"$@\"\n";
    script.close();
    fs::permissions(folder_ / "bin/station-plugin-worker", fs::perms::owner_all);
  }

  /// The UMOCKDEV_DIR of whoever shall see it.
  [[nodiscard]] const std::string& root() const { return address(); }

  /// `produce`, with an operator who does what the station asks for.
  Ended produce(const StationRun& run, const std::filesystem::path& batch,
                std::chrono::seconds most = std::chrono::seconds(200)) {
    std::vector<std::string> words = run.produce_command(batch);
    words[0] = (folder_ / "bin/ktp-station").string();
    words.insert(words.begin(),
                 {"/usr/bin/env", std::string("LD_PRELOAD=") + kPreload, "UMOCKDEV_DIR=" + root()});
    Process station(words, folder_);
    attend(station, most);
    return station.wait(std::chrono::seconds(1));
  }

 private:
  static constexpr const char* kPreload = "libumockdev-preload.so.0";
  std::filesystem::path folder_;
};

}  // namespace ktp::test
