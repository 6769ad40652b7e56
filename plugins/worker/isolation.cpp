// SPDX-License-Identifier: Apache-2.0
#include "isolation.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <system_error>
#include <thread>

#include "devices/wire/fd.hpp"
#include "file_rules.hpp"
#include "syscall_filter.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KTP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KTP_SANITIZED 1
#endif
#endif
#ifndef KTP_SANITIZED
#define KTP_SANITIZED 0
#endif

namespace ktp::worker {
namespace {

using wire::Measure;

/// The largest file a driver can write: a log gone wild ends there, not at a full disk.
constexpr rlim_t kMostFileBytes = rlim_t{1} << 30;

bool limit(decltype(RLIMIT_CORE) what, rlim_t value) {
  rlimit now{};
  if (::getrlimit(what, &now) != 0) return false;
  const rlim_t allowed = std::min(now.rlim_max, value);
  const rlimit wanted{allowed, allowed};
  return ::setrlimit(what, &wanted) == 0;
}

std::string refused(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

/// Where the machine runs out of memory, the kernel shall take this process and not the core.
void volunteer_for_the_oom_killer() {
  const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (file.valid()) static_cast<void>(!::write(file.get(), "500", 3));
}

/// Also of root: a service may well be started as one.
std::string drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // EPERM where there was none to begin with
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (::syscall(SYS_capset, &header, none) != 0) return refused("capabilities cannot be given up");
  return {};
}

std::string set_limits(const Policy& policy, std::vector<Measure>& measures) {
  if (policy.memory_bytes != 0 && !KTP_SANITIZED) {
    if (!limit(RLIMIT_AS, policy.memory_bytes)) return refused("memory cannot be limited");
    measures.push_back(
        {"memory", Measure::kInForce, std::to_string(policy.memory_bytes >> 20) + " MiB of address space"});
  } else {
    measures.push_back({"memory", Measure::kMissing,
                        KTP_SANITIZED
                            ? "this build looks for memory errors and needs the address space"
                            : "no limit was configured: a leak ends only when the machine is full"});
  }
  if (!limit(RLIMIT_FSIZE, kMostFileBytes)) return refused("file sizes cannot be limited");
  if (!limit(RLIMIT_MEMLOCK, 64 << 10)) return refused("locked memory cannot be limited");
  if (!limit(RLIMIT_RTPRIO, 0) || !limit(RLIMIT_NICE, 0)) return refused("priorities cannot be limited");
  measures.push_back({"limits", Measure::kInForce, "256 descriptors, files of 1 GiB, no core dump"});
  return {};
}

}  // namespace

std::expected<std::vector<Measure>, std::string> isolate(const Policy& policy, int socket) {
  std::vector<Measure> measures;
  volunteer_for_the_oom_killer();
  if (std::string wrong = set_limits(policy, measures); !wrong.empty()) return std::unexpected(wrong);
  // Before Landlock and seccomp: without it neither may be entered by an ordinary user.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return std::unexpected(refused("new privileges cannot be renounced"));
  if (std::string wrong = drop_capabilities(); !wrong.empty()) return std::unexpected(wrong);
  measures.push_back({"privileges", Measure::kInForce, "no_new_privs, no capability"});
  auto files = restrict_files(policy);
  if (!files) return std::unexpected(files.error());
  measures.push_back(*std::move(files));
  auto calls = restrict_system_calls(policy, socket);
  if (!calls) return std::unexpected(calls.error());
  measures.push_back(*std::move(calls));
  return measures;
}

void prove(std::vector<Measure>& measures, int parent) {
  const auto show = [&](const char* name, bool holds, const char* what) {
    for (Measure& measure : measures) {
      if (measure.name == name && measure.state == Measure::kInForce && !holds)
        measure = {name, Measure::kMissing, std::string("claimed, but ") + what};
    }
  };
  const auto opens = [](const char* path, int how) { return Fd(::open(path, how | O_CLOEXEC)).valid(); };
  show("files", !opens("/etc/passwd", O_RDONLY), "/etc/passwd can be read");
  show("files", !opens("/tmp/.ktp-station-doctor", O_WRONLY | O_CREAT | O_EXCL), "/tmp can be written");
  show("files", opens("/dev/null", O_RDWR), "/dev/null cannot be opened");
  const Fd network(::socket(AF_INET, SOCK_STREAM, 0));
  show("system-calls", !network.valid(), "a network socket can be made");
  show("system-calls", ::kill(parent, 0) != 0, "the station can be signalled");
  show("system-calls", ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0, "ptrace works");
#ifdef SYS_fork
  const long child = ::syscall(SYS_fork);
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  show("system-calls", child < 0, "a process can be started");
#endif
  bool ran = false;
  try {
    std::thread([&] { ran = true; }).join();
  } catch (const std::system_error&) {
  }
  show("system-calls", ran, "a thread cannot be started");
  show("privileges", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "new privileges can be had");
  rlimit memory{};
  ::getrlimit(RLIMIT_AS, &memory);
  show("memory", memory.rlim_max != RLIM_INFINITY, "there is no limit");
}

}  // namespace ktp::worker
