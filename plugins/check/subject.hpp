// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace ktp::check {

/// What one test is about: a driver of a plugin, and how it is opened here.
struct Subject {
  std::filesystem::path library;                ///< absolute
  std::uint32_t driver = 0;                     ///< index in the module
  std::map<std::string, std::string> settings;  ///< for open; "@TEMP@" already replaced
  std::string serial;
  std::filesystem::path temp;  ///< a fresh folder of this test
  bool real_time = false;      ///< a device or a model of one is behind it: sleeps are not shortened
  bool fault = false;          ///< settings and model bring about a fault at the first print
  bool needs_network = false;
  std::uint64_t seed = 1;  ///< of the fuzz test
};

}  // namespace ktp::check
