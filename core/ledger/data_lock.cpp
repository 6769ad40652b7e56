// SPDX-License-Identifier: Apache-2.0
#include "ledger/data_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace ktp::ledger {

namespace {

std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size() - 1, 0);
  const long pid = n > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
  if (pid <= 0) return "another process";
  std::string name;
  std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
  std::getline(comm, name);
  return "process " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace

Result<DataLock> DataLock::acquire(const std::filesystem::path& dir, std::chrono::milliseconds wait,
                                   const std::function<void(const std::string&)>& waiting) {
  std::error_code made;
  std::filesystem::create_directories(dir, made);
  if (made)
    return fail(ErrorCode::configuration,
                "cannot make the data folder " + dir.string() + ": " + made.message());
  const auto file = dir / ".lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(ErrorCode::configuration,
                "cannot write in the data folder " + dir.string() + ": " + std::strerror(errno));
  DataLock lock(fd);
  const auto until = std::chrono::steady_clock::now() + wait;
  bool told = false;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(ErrorCode::configuration, "cannot lock " + file.string() + ": " + std::strerror(errno));
    if (std::chrono::steady_clock::now() >= until)
      return fail(ErrorCode::in_use, "data folder " + dir.string() + " is in use by " + holder_of(fd) +
                                         "; let it finish, or give another folder with --data");
    if (!std::exchange(told, true) && waiting) waiting(holder_of(fd));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0)
    return fail(ErrorCode::configuration, "cannot write " + file.string() + ": " + std::strerror(errno));
  return lock;
}

DataLock::DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
DataLock& DataLock::operator=(DataLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace ktp::ledger
