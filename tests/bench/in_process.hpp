// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "domain/image.hpp"

namespace ktp::bench {

/// A plugin's driver in this very process, called as directly as can be: what isolation is measured against.
/// For benchmarks only: the station has no such mode. Exits the program with a message when something fails.
class InProcess {
 public:
  /// The first driver of `kind`, opened; options that `settings` does not name have their defaults.
  InProcess(const std::filesystem::path& plugin, std::uint32_t kind,
            const std::map<std::string, std::string>& settings);
  InProcess(const InProcess&) = delete;
  InProcess& operator=(const InProcess&) = delete;
  ~InProcess();

  void counter();
  void print(const std::string& token, const Image& front, const Image& back, int dpi);
  /// The driver writes straight into the picture's pixels.
  void grab(std::uint32_t view, Image& image);

 private:
  void expect_ok(std::int32_t code, const char* call);
  void* library_ = nullptr;
  const stn_module* module_ = nullptr;
  const stn_driver* driver_ = nullptr;
  const stn_printer_v1* printer_ = nullptr;
  const stn_camera_v1* camera_ = nullptr;
  void* dev_ = nullptr;
  std::uint64_t op_ = 0;
  stn_host host_{};
  stn_result result_{};
};

}  // namespace ktp::bench
