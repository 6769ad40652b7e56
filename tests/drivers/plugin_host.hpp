// SPDX-License-Identifier: Apache-2.0
// A station in miniature for driver tests: loads one built plugin into this process and keeps what it posts.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sim-world/picture.hpp"
#include "station/abi.h"

namespace drivers_test {

namespace fs = std::filesystem;

/// A folder that goes away with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// The host services. One a process is enough, as in a worker; the plugins keep the first they are given.
class TestHost {
 public:
  static TestHost& instance();

  [[nodiscard]] const stn_host* abi() const { return &host_; }
  std::atomic<bool> cancel{false};

  struct Posted {
    std::uint32_t kind;
    std::int64_t a, b;
    std::string text, detail;
  };
  std::vector<Posted> take_events();
  std::vector<std::string> take_log();

 private:
  TestHost();
  stn_host host_{};
  std::mutex mutex_;
  std::vector<Posted> events_;
  std::vector<std::string> log_;
};

using SettingsMap = std::map<std::string, std::string>;

/// One open device. Settings not given have the declared default; unknown ones throw std::invalid_argument.
class Device {
 public:
  /// Throws OpenFailed with the driver's result when it does not open.
  Device(const std::string& plugin, const SettingsMap& settings);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] const stn_driver& driver() const { return *driver_; }
  [[nodiscard]] void* handle() const { return device_; }
  [[nodiscard]] const stn_printer_v1& printer() const;
  [[nodiscard]] const stn_camera_v1& camera() const;

  stn_result status();
  stn_result print(const std::string& token, const sim::Picture& front, const sim::Picture* back = nullptr,
                   int dpi = 100);
  stn_result to_camera(const std::string& token);
  stn_result route(const std::string& token, const std::string& bin);
  stn_result lookup(const std::string& token, stn_card& card);
  [[nodiscard]] std::uint64_t counter();
  /// Photographs; `picture` is empty when it fails.
  stn_result grab(std::uint32_t view, std::uint64_t card_number, sim::Picture& picture,
                  std::uint64_t not_before_ns = 0, stn_frame* frame = nullptr);

 private:
  const stn_driver* driver_ = nullptr;
  void* device_ = nullptr;
};

struct OpenFailed {
  stn_result result;
};

[[nodiscard]] const stn_driver& load_driver(const std::string& plugin);
[[nodiscard]] std::uint64_t now_ns();
[[nodiscard]] std::string read_text(const fs::path& file);
void write_text(const fs::path& file, const std::string& text);

}  // namespace drivers_test
