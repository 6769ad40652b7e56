// SPDX-License-Identifier: Apache-2.0
#include "models/chip/service.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

namespace ktp::model {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {
constexpr const char* kDaemon = "/usr/sbin/pcscd";
constexpr const char* kDriver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
}  // namespace

SmartCardService::SmartCardService(fs::path folder) : folder_(std::move(folder)) {}

SmartCardService::~SmartCardService() {
  kill();
}

std::string SmartCardService::start(bool with_reader) {
  for (const char* file : {kDaemon, kDriver})
    if (!fs::exists(file)) return std::string(file) + " is not here (packages pcscd, vsmartcard-vpcd)";
  fs::create_directories(folder_ / "readers");
  fs::remove(folder_ / "readers/vpcd");
  if (with_reader) {
    std::ofstream(folder_ / "readers/vpcd")
        << "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH " << kDriver
        << "\nCHANNELID 0x8C7B\n";
  }
  const std::string said = (folder_ / "pcscd.log").string(), readers = (folder_ / "readers").string();
  pid_ = ::fork();
  if (pid_ == 0) {
    const int log = ::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execl(kDaemon, kDaemon, "-f", "-i", "-c", readers.c_str(), nullptr);
    ::_exit(127);
  }
  std::string text;
  for (int i = 0; i < 500; ++i) {
    std::ifstream in(said);
    text.assign(std::istreambuf_iterator<char>(in), {});
    if (text.find("daemon ready") != std::string::npos) return {};
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return "pcscd ended: " + text;
    }
    std::this_thread::sleep_for(20ms);
  }
  return "pcscd does not become ready: " + text;
}

void SmartCardService::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::kill(pid_, SIGCONT);
  for (int i = 0; i < 250; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(20ms);
  }
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  // What it would have removed itself; a next one refuses to start beside it.
  std::error_code none;
  fs::remove("/run/pcscd/pcscd.comm", none);
  fs::remove("/run/pcscd/pcscd.pid", none);
}

void SmartCardService::stop() {
  end(SIGTERM);
}
void SmartCardService::kill() {
  end(SIGKILL);
}
void SmartCardService::freeze(bool yes) {
  if (pid_ <= 0) return;
  ::kill(pid_, yes ? SIGSTOP : SIGCONT);
  // A signal is only sent so far: answers until the last thread stands still.
  int status = 0;
  if (yes) ::waitpid(pid_, &status, WUNTRACED);
}

}  // namespace ktp::model
