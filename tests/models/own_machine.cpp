// SPDX-License-Identifier: Apache-2.0
#include "models/own_machine.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace ktp::model {
namespace {

bool write_file(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool whole = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return whole;
}

bool loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq lo{};
  std::strncpy(lo.ifr_name, "lo", sizeof lo.ifr_name - 1);
  bool up = fd >= 0 && ::ioctl(fd, SIOCGIFFLAGS, &lo) == 0;
  lo.ifr_flags = static_cast<short>(lo.ifr_flags | IFF_UP);
  up = up && ::ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
  if (fd >= 0) ::close(fd);
  return up;
}

std::string enter();

}  // namespace

std::string add_loopback_address(const std::string& address) {
  if (!own_machine().empty()) return own_machine();
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq alias{};
  const std::string name = "lo:" + address.substr(address.rfind('.') + 1);
  std::strncpy(alias.ifr_name, name.c_str(), sizeof alias.ifr_name - 1);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
  std::memcpy(&alias.ifr_addr, &to, sizeof to);
  const bool done = fd >= 0 && ::ioctl(fd, SIOCSIFADDR, &alias) == 0;
  const std::string why = done ? "" : "no further address " + address + ": " + std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return why;
}

namespace {

std::string enter() {
  const auto lacks = [](const char* what) {
    return std::string("this machine lets a test have no ") + what + " of its own: " + std::strerror(errno);
  };
  const std::string user = "0 " + std::to_string(::geteuid()) + " 1",
                    group = "0 " + std::to_string(::getegid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) == 0) {
    if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", user) ||
        !write_file("/proc/self/gid_map", group))
      return lacks("users");
  } else if (::geteuid() != 0 || ::unshare(CLONE_NEWNS | CLONE_NEWNET) != 0) {
    return lacks("namespaces");
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("none", "/run", "tmpfs", 0, "mode=0755") != 0 || ::mkdir("/run/pcscd", 0755) != 0)
    return lacks("/run");
  if (!loopback_up()) return lacks("network");
  return {};
}

}  // namespace

const std::string& own_machine() {
  static const std::string why_not = enter();
  return why_not;
}

}  // namespace ktp::model
