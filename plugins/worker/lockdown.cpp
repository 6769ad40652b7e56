// SPDX-License-Identifier: Apache-2.0
// The process's place among others: dies with the core, deaf to the terminal, leaves no core dump. What the
// plugin may touch is isolation.cpp's.
#include "lockdown.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace ktp::worker {
namespace {

volatile sig_atomic_t core_pid = 0;

/// SIGTERM ends the worker only when the core sends it: a service manager that stops the whole station
/// signals every process at once, and the core then finishes the card before it ends us.
void on_terminate(int, siginfo_t* info, void*) {
  if (info->si_pid == core_pid) ::_exit(128 + SIGTERM);
}

bool limit(decltype(RLIMIT_CORE) what, rlim_t value) {
  rlimit now{};
  if (::getrlimit(what, &now) != 0) return false;
  const rlim_t allowed = now.rlim_max < value ? now.rlim_max : value;
  const rlimit wanted{allowed, allowed};
  return ::setrlimit(what, &wanted) == 0;
}

}  // namespace

std::string lockdown(int parent) {
  // The kernel's signal follows the death of the *thread* that spawned us; the core spawns from a thread that
  // lives as long as the process. The end of the socket is the second way out, for the case that a driver
  // undoes this one.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return "cannot bind to the core's life";
  if (::getppid() != parent) return "the core has already gone";

  core_pid = parent;
  struct sigaction action{};
  action.sa_sigaction = on_terminate;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  // Ctrl-C and a closed terminal are for the core to answer, never in the middle of a card. We are also in a
  // process group of our own, so this is for those who signal by session.
  for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_IGN);

  // Pictures of persons lie in this memory. 1 byte and not 0: the kernel ignores 0 where dumps go to a pipe,
  // 1 it honours.
  if (!limit(RLIMIT_CORE, 1)) return "cannot forbid core dumps";
  if (!limit(RLIMIT_NOFILE, 256)) return "cannot limit descriptors";
  return {};
}

}  // namespace ktp::worker
