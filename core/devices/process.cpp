// SPDX-License-Identifier: Apache-2.0
#include "devices/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {  // the header of glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <string_view>
#include <vector>

#include "devices/threads.hpp"

namespace ktp::devices {
namespace {

/// What a worker gets of the core's environment: nothing that could hold a secret or change what is loaded.
std::vector<std::string> worker_environment() {
  std::vector<std::string> kept;
  for (const char* name :
       {"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
  }
  return kept;
}

struct SpawnArguments {
  std::string worker;
  std::vector<std::string> arguments;
  int socket, log;
};

/// posix_spawn, because between fork and exec of a process with threads nothing else is safe.
int spawn_now(const SpawnArguments& what, pid_t& pid) {
  constexpr int kSocket = 3;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, what.log, 1);
  ::posix_spawn_file_actions_adddup2(&files, what.log, 2);
  ::posix_spawn_file_actions_adddup2(&files, what.socket, kSocket);
  // Everything of ours is close-on-exec; this is for what other libraries of the process left open.
  ::posix_spawn_file_actions_addclosefrom_np(&files, kSocket + 1);

  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C at the core's terminal must not end a card
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

  std::string socket = std::to_string(kSocket), core = std::to_string(::getpid());
  std::string worker = what.worker;
  std::vector<std::string> words = what.arguments;
  std::vector<char*> arguments{worker.data(), socket.data(), core.data()};
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> kept = worker_environment();
  std::vector<char*> environment;
  for (std::string& entry : kept) environment.push_back(entry.data());
  environment.push_back(nullptr);

  const int error =
      ::posix_spawn(&pid, worker.c_str(), &files, &attributes, arguments.data(), environment.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  return error;
}

/// The thread that spawns. A worker asks the kernel for SIGKILL when its parent dies, and to the kernel the
/// parent is the spawning thread: spawned from a thread that comes and goes, a healthy worker would be killed
/// with it.
class Spawner {
 public:
  static Spawner& instance() {
    static auto* spawner = new Spawner;  // as old as the process
    return *spawner;
  }
  int run(const SpawnArguments& what, pid_t& pid) {
    std::packaged_task<int()> task([&] { return spawn_now(what, pid); });
    auto done = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));  // moved: the thread may still hold it when the caller goes on
    }
    came_.notify_one();
    return done.get();
  }

 private:
  Spawner() {
    start_thread([this] {
      while (true) {
        std::packaged_task<int()> task;
        {
          std::unique_lock lock(mutex_);
          came_.wait(lock, [this] { return !tasks_.empty(); });
          task = std::move(tasks_.back());
          tasks_.pop_back();
        }
        task();
      }
    }).detach();
  }
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::packaged_task<int()>> tasks_;
};

}  // namespace

Result<Process> Process::spawn(const std::filesystem::path& worker, std::vector<std::string> arguments,
                               const Fd& socket, const Fd& log) {
  // Copies with high numbers, so that moving them to 1, 2 and 3 cannot overwrite one that is still needed.
  const Fd socket_copy(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 10));
  const Fd log_copy(::fcntl(log.get(), F_DUPFD_CLOEXEC, 10));
  if (!socket_copy.valid() || !log_copy.valid())
    return fail(ErrorCode::internal, "no descriptors left to start a worker");
  pid_t pid = -1;
  const int error = Spawner::instance().run(
      {worker.string(), std::move(arguments), socket_copy.get(), log_copy.get()}, pid);
  if (error != 0) {
    return fail(ErrorCode::configuration,
                "worker " + worker.string() + " cannot be started: " + std::strerror(error));
  }
  Fd pidfd(::pidfd_open(pid, 0));
  if (!pidfd.valid()) {
    const std::string why = std::strerror(errno);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::internal, "worker " + worker.string() + " cannot be watched: " + why);
  }
  return Process(pid, std::move(pidfd));
}

void Process::signal(int number) const {
  ::pidfd_send_signal(pidfd_.get(), number, nullptr, 0);
}

std::string Process::reap() {
  siginfo_t end{};
  int got = 0;
  do {
    got = ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &end, WEXITED);
  } while (got != 0 && errno == EINTR);
  if (got != 0) return "has ended";
  if (end.si_code == CLD_EXITED) return "exited with code " + std::to_string(end.si_status);
  return "ended by signal " + std::to_string(end.si_status) + " (" + ::strsignal(end.si_status) + ")";
}

}  // namespace ktp::devices
