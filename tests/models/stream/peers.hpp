// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/station_run.hpp"

namespace ktp::model {

/// The process of a camera, and the word that says what is wrong with it. Throws
/// std::runtime_error when it does not come up.
class CameraPeer {
 public:
  CameraPeer(const std::filesystem::path& folder, std::vector<std::string> command);

  /// From the next picture on; the words of rtsp_peer.cpp, v4l_peer.cpp and ptpip/camera_peer.cpp, "" =
  /// nothing is wrong.
  void fault(const std::string& words) const;
  void unplug();   ///< the process ends
  void plug_in();  ///< and starts anew
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  void start();
  const std::filesystem::path folder_;
  std::vector<std::string> command_;
  std::unique_ptr<test::Process> process_;
};

/// Network cameras at rtsp://127.0.0.1:kPort/front and /back; this process needs a machine of its own.
class RtspCameras : public CameraPeer {
 public:
  static constexpr int kPort = 18554;
  static constexpr const char* kFront = "rtsp://127.0.0.1:18554/front";
  static constexpr const char* kBack = "rtsp://127.0.0.1:18554/back";
  RtspCameras(const std::filesystem::path& folder, const std::filesystem::path& world,
              const std::vector<std::string>& options = {});
};

/// A camera of this machine at `node()`, for the worker that `worker()` starts.
class V4lCamera : public CameraPeer {
 public:
  V4lCamera(const std::filesystem::path& folder, const std::filesystem::path& world,
            const std::vector<std::string>& options = {});
  [[nodiscard]] std::filesystem::path node() const { return folder() / "video0"; }
  /// A script that starts `worker` with the camera; the station gives its workers no environment.
  [[nodiscard]] std::filesystem::path worker(const std::filesystem::path& worker) const;
};

/// A still camera over PTP/IP; this process needs a machine of its own.
class StillCamera : public CameraPeer {
 public:
  static constexpr const char* kFront = "127.0.0.1:15741";
  static constexpr const char* kBack = "127.0.0.1:15742";
  StillCamera(const std::filesystem::path& folder, const std::filesystem::path& world, bool back,
              const std::vector<std::string>& options = {});
};

}  // namespace ktp::model
