// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/station_run.hpp"

namespace ktp::model {

/// The cameras' process, on this process's own machine (own_machine.hpp). Throws std::runtime_error when it
/// does not come up.
class GigeCameras {
 public:
  static constexpr const char* kFront = "127.0.0.1";
  static constexpr const char* kBack = "127.0.0.2";

  /// `options` as camera_peer.cpp has them.
  GigeCameras(const std::filesystem::path& folder, const std::filesystem::path& world, bool back = true,
              std::vector<std::string> options = {});

  void lose_packets(bool yes) const;
  /// Ends them, and tells how many pictures they had sent, whole or not.
  [[nodiscard]] int sent();
  void unplug();   ///< ends, as with a pulled plug
  void plug_in();  ///< starts anew

 private:
  void start();
  const std::filesystem::path folder_;
  std::vector<std::string> command_;
  std::unique_ptr<test::Process> process_;
};

}  // namespace ktp::model
