// SPDX-License-Identifier: Apache-2.0
// A list of what is forbidden, not of what is allowed: nobody can know what a vendor's library calls, and
// what it may reach is held by the file rules and the lack of privileges already. Two ways to say no: `quiet`
// for what harmless libraries try now and then, `loud` for what no driver does by accident.
#include "syscall_filter.hpp"

#include <linux/net.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace ktp::worker {
namespace {

struct Loud {
  int number;
  const char* doing;  ///< "tried to ..."
};
constexpr const char* kProgram = "start another program";
constexpr const char* kProcess = "start another process";
constexpr const char* kPeep = "look into another process";
constexpr const char* kSignal = "signal another process";
constexpr const char* kMount = "change what is mounted";
constexpr const char* kKernel = "change the running system";
constexpr const char* kNetwork = "use a network or a local service without being a network driver";
constexpr const char* kUnbind = "outlive the station";

const std::array kAlways{Loud{SCMP_SYS(execve), kProgram},
                         Loud{SCMP_SYS(execveat), kProgram},
                         Loud{SCMP_SYS(fork), kProcess},
                         Loud{SCMP_SYS(vfork), kProcess},
                         Loud{SCMP_SYS(ptrace), kPeep},
                         Loud{SCMP_SYS(process_vm_readv), kPeep},
                         Loud{SCMP_SYS(process_vm_writev), kPeep},
                         Loud{SCMP_SYS(pidfd_open), kPeep},
                         Loud{SCMP_SYS(pidfd_getfd), kPeep},
                         Loud{SCMP_SYS(kcmp), kPeep},
                         Loud{SCMP_SYS(process_madvise), kPeep},
                         Loud{SCMP_SYS(process_mrelease), kPeep},
                         Loud{SCMP_SYS(move_pages), kPeep},
                         Loud{SCMP_SYS(migrate_pages), kPeep},
                         Loud{SCMP_SYS(pidfd_send_signal), kSignal},
                         Loud{SCMP_SYS(tkill), kSignal},
                         Loud{SCMP_SYS(mount), kMount},
                         Loud{SCMP_SYS(umount2), kMount},
                         Loud{SCMP_SYS(pivot_root), kMount},
                         Loud{SCMP_SYS(chroot), kMount},
                         Loud{SCMP_SYS(setns), kMount},
                         Loud{SCMP_SYS(unshare), kMount},
                         Loud{SCMP_SYS(fsopen), kMount},
                         Loud{SCMP_SYS(fsmount), kMount},
                         Loud{SCMP_SYS(fsconfig), kMount},
                         Loud{SCMP_SYS(fspick), kMount},
                         Loud{SCMP_SYS(move_mount), kMount},
                         Loud{SCMP_SYS(open_tree), kMount},
                         Loud{SCMP_SYS(mount_setattr), kMount},
                         Loud{SCMP_SYS(swapon), kMount},
                         Loud{SCMP_SYS(swapoff), kMount},
                         Loud{SCMP_SYS(kexec_load), kKernel},
                         Loud{SCMP_SYS(kexec_file_load), kKernel},
                         Loud{SCMP_SYS(init_module), kKernel},
                         Loud{SCMP_SYS(finit_module), kKernel},
                         Loud{SCMP_SYS(delete_module), kKernel},
                         Loud{SCMP_SYS(bpf), kKernel},
                         Loud{SCMP_SYS(perf_event_open), kKernel},
                         Loud{SCMP_SYS(iopl), kKernel},
                         Loud{SCMP_SYS(ioperm), kKernel},
                         Loud{SCMP_SYS(reboot), kKernel},
                         Loud{SCMP_SYS(acct), kKernel},
                         Loud{SCMP_SYS(sethostname), kKernel},
                         Loud{SCMP_SYS(setdomainname), kKernel},
                         Loud{SCMP_SYS(settimeofday), kKernel},
                         Loud{SCMP_SYS(clock_settime), kKernel},
                         Loud{SCMP_SYS(add_key), kKernel},
                         Loud{SCMP_SYS(request_key), kKernel},
                         Loud{SCMP_SYS(keyctl), kKernel},
                         Loud{SCMP_SYS(open_by_handle_at), kKernel},
                         Loud{SCMP_SYS(fanotify_init), kKernel},
                         Loud{SCMP_SYS(userfaultfd), kKernel}};

/// Libraries fall back when these are not there.
const std::array kNotThere{SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
                           SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret)};

/// Landlock does not hold these (the kernel's own list of its limits), and the station's files belong to the
/// same user; shared memory and queues would outlive the worker.
const std::array kQuiet{
    SCMP_SYS(chmod),         SCMP_SYS(fchmod),       SCMP_SYS(fchmodat),      SCMP_SYS(chown),
    SCMP_SYS(fchown),        SCMP_SYS(lchown),       SCMP_SYS(fchownat),      SCMP_SYS(truncate),
    SCMP_SYS(setxattr),      SCMP_SYS(lsetxattr),    SCMP_SYS(fsetxattr),     SCMP_SYS(removexattr),
    SCMP_SYS(lremovexattr),  SCMP_SYS(fremovexattr), SCMP_SYS(utime),         SCMP_SYS(utimes),
    SCMP_SYS(futimesat),     SCMP_SYS(shmget),       SCMP_SYS(msgget),        SCMP_SYS(semget),
    SCMP_SYS(mq_open),       SCMP_SYS(syslog),       SCMP_SYS(quotactl),      SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime), SCMP_SYS(vhangup),      SCMP_SYS(lookup_dcookie)};
constexpr int kFchmodat2 = 452;  // newer than Debian 12's libseccomp

// ---- telling the core ----

struct Words {
  int number;
  std::vector<std::uint8_t> packet;  ///< made beforehand: a signal handler may not
  std::atomic<bool> told{false};
};
std::array<Words, 96> words;
std::size_t words_used = 0;
int report_to = -1;

void prepare(int number, const char* doing) {
  if (number < 0 || words_used == words.size()) return;
  const std::unique_ptr<char, decltype(&std::free)> name(
      ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
  words[words_used].number = number;
  words[words_used].packet = wire::encode(
      {0, 0,
       wire::Violation{std::string("forbidden-call: tried to ") + doing + " (" +
                       (name ? name.get() : "system call " + std::to_string(number)) + "); it was refused"}});
  ++words_used;
}

/// In place of the forbidden call: it fails with EPERM, and the core hears of it once.
void on_forbidden(int, siginfo_t* info, void* where) {
  auto* context = static_cast<ucontext_t*>(where);
#if defined(__x86_64__)
  context->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__aarch64__)
  context->uc_mcontext.regs[0] = static_cast<std::uint64_t>(-EPERM);
#else
#error "how does a system call return its result here?"
#endif
  if (report_to < 0) return;
  const int before = errno;
  for (std::size_t i = 0; i < words_used; ++i) {
    if (words[i].number != info->si_syscall || words[i].told.exchange(true)) continue;
    ::send(report_to, words[i].packet.data(), words[i].packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  errno = before;
}

// ---- the filter ----

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ALLOW)) {}
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { ::seccomp_release(context_); }

  template <class... Comparison>
  void loud(int number, const char* doing, Comparison... when) {
    prepare(number, doing);
    rule(SCMP_ACT_TRAP, number, when...);
  }
  template <class... Comparison>
  void quiet(int number, int error, Comparison... when) {
    rule(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), number, when...);
  }
  [[nodiscard]] int load() {
    if (context_ == nullptr) return -ENOMEM;
    // no_new_privs has been set already; the filter is a search tree, as it is asked at every call.
    ::seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return error_ != 0 ? error_ : ::seccomp_load(context_);
  }

 private:
  template <class... Comparison>
  void rule(std::uint32_t action, int number, Comparison... when) {
    if (context_ == nullptr) return;
    const int failed =
        ::seccomp_rule_add(context_, action, number, static_cast<unsigned>(sizeof...(when)), when...);
    // A call that this architecture does not have needs no rule.
    if (failed != 0 && failed != -EDOM && failed != -EEXIST && error_ == 0) error_ = failed;
  }
  scmp_filter_ctx context_;
  int error_ = 0;
};

scmp_arg_cmp arg(unsigned index, scmp_compare how, std::uint64_t value) {
  return {index, how, value, 0};
}
scmp_arg_cmp masked(unsigned index, std::uint64_t mask, std::uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

void forbid_processes(Filter& filter) {
  filter.loud(SCMP_SYS(clone), kProcess, masked(0, CLONE_THREAD | CLONE_VFORK, 0));
  // system() and popen() come this way with all signals blocked, where the loud refusal would end the worker,
  // and with it a card, for what may be no more than a library's curiosity.
  filter.quiet(SCMP_SYS(clone), EPERM, masked(0, CLONE_THREAD | CLONE_VFORK, CLONE_VFORK));
  // Its flags lie in memory, where no filter can look; the C library then uses clone for its threads.
  filter.quiet(SCMP_SYS(clone3), ENOSYS);
  const auto self = static_cast<std::uint64_t>(::getpid());
  filter.loud(SCMP_SYS(kill), kSignal, arg(0, SCMP_CMP_NE, self));
  filter.loud(SCMP_SYS(tgkill), kSignal, arg(0, SCMP_CMP_NE, self));
  filter.loud(SCMP_SYS(rt_sigqueueinfo), kSignal, arg(0, SCMP_CMP_NE, self));
  filter.loud(SCMP_SYS(rt_tgsigqueueinfo), kSignal, arg(0, SCMP_CMP_NE, self));
  // Another process of the same user could be starved through these.
  filter.quiet(SCMP_SYS(prlimit64), EPERM, arg(0, SCMP_CMP_NE, 0));
  filter.quiet(SCMP_SYS(setpriority), EPERM, arg(1, SCMP_CMP_NE, 0));
  filter.quiet(SCMP_SYS(ioprio_set), EPERM, arg(1, SCMP_CMP_NE, 0));
  for (const int number : {SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setparam),
                           SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setattr)})
    filter.quiet(number, EPERM, arg(0, SCMP_CMP_NE, 0));
  filter.loud(SCMP_SYS(prctl), kUnbind, arg(0, SCMP_CMP_EQ, PR_SET_PDEATHSIG));
  filter.quiet(SCMP_SYS(ioctl), EPERM, masked(1, 0xFFFFFFFF, TIOCSTI));
}

void forbid_networks(Filter& filter, bool granted) {
  if (granted) {
    constexpr int kHighest = 64;
    for (int family = 0; family <= kHighest; ++family) {
      if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) continue;
      filter.loud(SCMP_SYS(socket), kNetwork, arg(0, SCMP_CMP_EQ, static_cast<std::uint64_t>(family)));
    }
    filter.loud(SCMP_SYS(socket), kNetwork, arg(0, SCMP_CMP_GT, kHighest));
    return;
  }
  // Local sockets are good for talking within the process only: datagrams carry their address with them, so
  // there are none, and nothing connects.
  filter.loud(SCMP_SYS(socket), kNetwork, arg(0, SCMP_CMP_NE, AF_UNIX));
  filter.loud(SCMP_SYS(connect), kNetwork);
  for (const std::uint64_t type : {SOCK_DGRAM, SOCK_RAW}) {
    filter.quiet(SCMP_SYS(socket), EPERM, arg(0, SCMP_CMP_EQ, AF_UNIX), masked(1, 0xF, type));
    filter.quiet(SCMP_SYS(socketpair), EPERM, masked(1, 0xF, type));
  }
}

}  // namespace

std::expected<wire::Measure, std::string> restrict_system_calls(const Policy& policy, int socket) {
  // A kernel that has no filters says so before anything is built.
  if (::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
    return wire::Measure{
        "system-calls", wire::Measure::kMissing,
        "this kernel has no seccomp: a driver can start programs, use the network and signal "
        "the station"};
  }
  report_to = socket;
  struct sigaction action{};
  action.sa_sigaction = on_forbidden;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ::sigaction(SIGSYS, &action, nullptr);

  Filter filter;
  for (const Loud& call : kAlways) filter.loud(call.number, call.doing);
  for (const int number : kNotThere) filter.quiet(number, ENOSYS);
  for (const int number : kQuiet) filter.quiet(number, EPERM);
  filter.quiet(kFchmodat2, EPERM);
  filter.quiet(SCMP_SYS(utimensat), EPERM, arg(1, SCMP_CMP_NE, 0));
  forbid_processes(filter);
  forbid_networks(filter, policy.network);
  if (const int error = filter.load(); error != 0)
    return std::unexpected(std::string("the system call filter cannot be loaded: ") + std::strerror(-error));
  return wire::Measure{"system-calls", wire::Measure::kInForce,
                       policy.network ? "seccomp, network allowed" : "seccomp, no network"};
}

}  // namespace ktp::worker
