// SPDX-License-Identifier: Apache-2.0
#include "check/watch.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace ktp::check {
namespace fs = std::filesystem;
namespace {

/// What every program reads without meaning anything by it.
constexpr std::array kHarmless{"/usr",         "/lib",           "/lib64",         "/bin",      "/etc",
                               "/proc/self",   "/proc/cpuinfo",  "/proc/meminfo",  "/proc/sys", "/proc/stat",
                               "/sys/devices", "/sys/kernel/mm", "/sys/fs/cgroup", "/dev/null", "/dev/zero",
                               "/dev/full",    "/dev/random",    "/dev/urandom",   "/dev/shm"};
/// Although below /etc, these are nobody's business.
constexpr std::array kSecrets{"/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/ktp-station",
                              "/etc/ssl/private"};

bool below(const fs::path& path, const fs::path& folder) {
  const auto end = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first;
  return end == folder.end() || (std::next(end) == folder.end() && end->empty());
}

/// The text at an address of another process, at most a path long.
std::string text_of(pid_t process, std::uint64_t address) {
  std::string text;
  std::array<char, 256> block{};
  while (text.size() < 4'096) {
    // Never over a page's end: the next page may not be there.
    const std::size_t n = std::min<std::size_t>(block.size(), 4'096 - (address + text.size()) % 4'096);
    const iovec to{block.data(), n};
    const iovec from{reinterpret_cast<void*>(address + text.size()), n};
    if (::process_vm_readv(process, &to, 1, &from, 1, 0) != static_cast<ssize_t>(n)) break;
    const auto* end = static_cast<const char*>(std::memchr(block.data(), 0, n));
    text.append(block.data(), end != nullptr ? static_cast<std::size_t>(end - block.data()) : n);
    if (end != nullptr) break;
  }
  return text;
}

fs::path whole_path(pid_t process, int folder, std::uint64_t address) {
  fs::path path = text_of(process, address);
  std::error_code none;
  if (path.is_relative()) {
    const std::string proc = "/proc/" + std::to_string(process);
    const std::string base = folder == AT_FDCWD ? proc + "/cwd" : proc + "/fd/" + std::to_string(folder);
    path = fs::read_symlink(base, none) / path;
  }
  path = path.lexically_normal();
  const std::string own = "/proc/" + std::to_string(process);
  if (below(path, own)) path = "/proc/self" / path.lexically_relative(own);
  return path;
}

bool may_open(const fs::path& path, bool write, const Allowed& allowed) {
  const auto in = [&](const fs::path& folder) { return below(path, folder); };
  if (std::ranges::any_of(allowed.write, in)) return true;
  if (path == "/dev/null" || path == "/dev/full" || path == "/dev/zero" || below(path, "/dev/shm"))
    return true;
  if (write) return false;
  if (std::ranges::any_of(kSecrets, in)) return false;
  return std::ranges::any_of(kHarmless, in) || std::ranges::any_of(allowed.read, in);
}

std::string open_of(pid_t process, int folder, std::uint64_t address, std::uint64_t flags,
                    const Allowed& allowed) {
  const bool write = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  const fs::path path = whole_path(process, folder, address);
  if (may_open(path, write, allowed)) return {};
  return (write ? "opened for writing " : "opened ") + path.string();
}

std::string change_of(const char* what, const fs::path& path, const Allowed& allowed) {
  return may_open(path, true, allowed) ? std::string() : what + path.string();
}

/// What the call means, "" = nothing to object to.
std::string meaning(const seccomp_data& call, pid_t asker, pid_t process, const Allowed& allowed) {
  const auto& a = call.args;
  switch (call.nr) {
#ifdef __NR_fork
    case __NR_fork:
    case __NR_vfork:
#endif
    case __NR_clone:
      return "started a process (fork)";
    case __NR_execve:
    case __NR_execveat:
      return "started the program " +
             whole_path(asker, AT_FDCWD, call.nr == __NR_execve ? a[0] : a[1]).string();
    case __NR_socket: {
      const int family = static_cast<int>(a[0]);
      if (family == AF_UNIX || allowed.network) return {};
      return "opened a socket of family " + std::to_string(family) +
             (family == AF_INET || family == AF_INET6 ? " (network)" : "") +
             "; its manifest does not say needs: [network]";
    }
    case __NR_kill: {
      const auto target = static_cast<pid_t>(a[0]);
      return target == process || target == asker
                 ? std::string()
                 : "sent signal " + std::to_string(a[1]) + " to another process";
    }
    case __NR_ptrace:
      return "used ptrace";
#ifdef __NR_open
    case __NR_open:
      return open_of(asker, AT_FDCWD, a[0], a[1], allowed);
    case __NR_creat:
      return open_of(asker, AT_FDCWD, a[0], O_CREAT | O_WRONLY, allowed);
    case __NR_unlink:
      return change_of("removed ", whole_path(asker, AT_FDCWD, a[0]), allowed);
    case __NR_rename:
      return change_of("renamed to ", whole_path(asker, AT_FDCWD, a[1]), allowed);
    case __NR_mkdir:
      return change_of("made the folder ", whole_path(asker, AT_FDCWD, a[0]), allowed);
#endif
    case __NR_openat:
      return open_of(asker, static_cast<int>(a[0]), a[1], a[2], allowed);
    case __NR_unlinkat:
      return change_of("removed ", whole_path(asker, static_cast<int>(a[0]), a[1]), allowed);
    case __NR_renameat2:
    case __NR_renameat:
      return change_of("renamed to ", whole_path(asker, static_cast<int>(a[2]), a[3]), allowed);
    case __NR_mkdirat:
      return change_of("made the folder ", whole_path(asker, static_cast<int>(a[0]), a[1]), allowed);
    default:
      return {};
  }
}

}  // namespace

int watch_this_process() {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return -1;
  bool good = true;
  const auto ask = [&](int call) {
    good = ::seccomp_rule_add(filter, SCMP_ACT_NOTIFY, call, 0) == 0 && good;
  };
  for (const int call :
       {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(socket), SCMP_SYS(kill), SCMP_SYS(ptrace),
        SCMP_SYS(openat), SCMP_SYS(unlinkat), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(mkdirat)})
    ask(call);
#ifdef __NR_open
  for (const int call : {SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(open), SCMP_SYS(creat), SCMP_SYS(unlink),
                         SCMP_SYS(rename), SCMP_SYS(mkdir)})
    ask(call);
#endif
  // A thread is not a process. clone3 and openat2 keep their flags in memory, where no filter sees them: the
  // C library goes the older way when they are not there.
  good = ::seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0 &&
         good;
  good = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 && good;
  good = ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0) == 0 && good;
  good = good && ::seccomp_load(filter) == 0;
  const int notify = good ? ::seccomp_notify_fd(filter) : -1;
  ::seccomp_release(filter);
  return notify;
}

std::string answer(int notify, pid_t process, const Allowed& allowed) {
  seccomp_notif* asked = nullptr;
  seccomp_notif_resp* reply = nullptr;
  if (::seccomp_notify_alloc(&asked, &reply) != 0) return {};
  std::string what;
  if (::seccomp_notify_receive(notify, asked) == 0) {
    what = meaning(asked->data, static_cast<pid_t>(asked->pid), process, allowed);
    reply->id = asked->id;
    if (what.empty()) {
      reply->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else {
      reply->error = asked->data.nr == __NR_openat ? -EACCES : -EPERM;
    }
    ::seccomp_notify_respond(notify, reply);
  }
  ::seccomp_notify_free(asked, reply);
  return what;
}

}  // namespace ktp::check
