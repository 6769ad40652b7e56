// SPDX-License-Identifier: Apache-2.0
#include "sim-world/world_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "sim-world/trouble.hpp"

namespace sim {
namespace {

// The program's name as it was started; comm would cut it at 15 letters.
std::string process_name(long pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string name;
  std::getline(file, name, '\0');
  if (name.empty()) {
    std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
    std::getline(comm, name);
  }
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

std::string holder(int fd) {
  char text[32] = {};
  const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
  const long pid = n > 0 ? std::strtol(text, nullptr, 10) : 0;
  if (pid <= 0) return "another process";
  const std::string name = process_name(pid);
  return "process " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace

WorldLock::WorldLock(const std::filesystem::path& world, const std::function<bool()>& wait_a_little) {
  const std::filesystem::path file = world / ".lock";
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd_ < 0) throw Trouble(Kind::io, "cannot open " + file.string() + ": " + std::strerror(errno));
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    const int reason = errno;
    if (reason == EWOULDBLOCK && wait_a_little && wait_a_little()) continue;
    const std::string why = reason == EWOULDBLOCK ? "" : std::string(": ") + std::strerror(reason);
    const std::string who = holder(fd_);
    ::close(fd_);
    throw Trouble(Kind::busy, "in use by " + who + ": world folder " + world.string() + why);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd_, 0) != 0 ||
      ::pwrite(fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    ::close(fd_);
    throw Trouble(Kind::io, "cannot write " + file.string());
  }
}

WorldLock::~WorldLock() {
  // The file stays: removing it would let two processes lock two files of the same name.
  if (::ftruncate(fd_, 0) != 0) {
    // A stale pid in a free lock harms nobody.
  }
  ::close(fd_);
}

}  // namespace sim
