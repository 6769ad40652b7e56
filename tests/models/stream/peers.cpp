// SPDX-License-Identifier: Apache-2.0
#include "models/stream/peers.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ktp::model {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

CameraPeer::CameraPeer(const fs::path& folder, std::vector<std::string> command)
    : folder_(folder), command_(std::move(command)) {
  fs::create_directories(folder_);
  fault("");
  start();
}

void CameraPeer::start() {
  process_ = std::make_unique<test::Process>(command_, folder_);
  for (int i = 0; i < 500 && process_->running(); ++i) {
    if (process_->out_so_far().starts_with("ready")) return;
    std::this_thread::sleep_for(20ms);
  }
  throw std::runtime_error("the camera does not start: " + process_->err_so_far());
}

void CameraPeer::fault(const std::string& words) const {
  std::ofstream(folder_ / "control.new") << words << '\n';
  fs::rename(folder_ / "control.new", folder_ / "control");
  // Three pictures later it has been seen.
  std::this_thread::sleep_for(200ms);
}

void CameraPeer::unplug() {
  process_->signal(SIGKILL);
  process_->wait(5s);
}

void CameraPeer::plug_in() {
  process_.reset();
  start();
}

RtspCameras::RtspCameras(const fs::path& folder, const fs::path& world,
                         const std::vector<std::string>& options)
    : CameraPeer(folder, with({RTSP_CAMERA_PEER, world.string(), std::to_string(kPort),
                               (folder / "control").string()},
                              options)) {}

V4lCamera::V4lCamera(const fs::path& folder, const fs::path& world, const std::vector<std::string>& options)
    : CameraPeer(folder, with({V4L_CAMERA_PEER, world.string(), (folder / "frames").string(),
                               (folder / "control").string()},
                              options)) {
  std::ofstream(node()) << "";  // something that can be granted to the worker
}

fs::path V4lCamera::worker(const fs::path& worker) const {
  const fs::path script = folder() / "station-plugin-worker";
  std::ofstream(script) << "#!/bin/sh\nexport LD_PRELOAD=" << V4L_PRELOAD
                        << " V4L_PEER_NODE=" << node().string()
                        << " V4L_PEER_FRAMES=" << (folder() / "frames").string() << "\nexec "
                        << worker.string() << " \"$@\"\n";
  fs::permissions(script, fs::perms::owner_all);
  return script;
}

StillCamera::StillCamera(const fs::path& folder, const fs::path& world, bool back,
                         const std::vector<std::string>& options)
    : CameraPeer(folder, with({PTPIP_CAMERA_PEER, world.string(), back ? "15742" : "15741",
                               back ? "back" : "front", (folder / "control").string()},
                              options)) {}

}  // namespace ktp::model
