// SPDX-License-Identifier: Apache-2.0
#include "models/gige/peer_process.hpp"

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "models/own_machine.hpp"

namespace ktp::model {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

GigeCameras::GigeCameras(const fs::path& folder, const fs::path& world, bool back,
                         std::vector<std::string> options)
    : folder_(folder), command_{GIGE_CAMERA_PEER, world.string(), kFront} {
  fs::create_directories(folder_);
  if (back) {
    if (const std::string why = add_loopback_address(kBack); !why.empty()) throw std::runtime_error(why);
    command_.emplace_back(kBack);
  }
  command_.insert(command_.end(), options.begin(), options.end());
  start();
}

void GigeCameras::start() {
  for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry.path());
  process_ = std::make_unique<test::Process>(command_, folder_);
  for (int i = 0; i < 500 && process_->running(); ++i) {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      std::ifstream in(entry.path());
      std::string word;
      if (entry.path().filename().string().starts_with("out-") && in >> word && word == "ready") return;
    }
    std::this_thread::sleep_for(20ms);
  }
  throw std::runtime_error("the cameras do not start: " + process_->err_so_far());
}

void GigeCameras::lose_packets(bool yes) const {
  process_->signal(yes ? SIGUSR1 : SIGUSR2);
  std::this_thread::sleep_for(50ms);
}

int GigeCameras::sent() {
  process_->signal(SIGTERM);
  const std::string said = process_->wait(5s).out;
  const auto at = said.find("sent ");
  return at == std::string::npos ? -1 : std::stoi(said.substr(at + 5));
}

void GigeCameras::unplug() {
  process_->signal(SIGKILL);
  process_->wait(5s);
}

void GigeCameras::plug_in() {
  process_.reset();
  start();
}

}  // namespace ktp::model
