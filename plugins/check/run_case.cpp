// SPDX-License-Identifier: Apache-2.0
#include "check/run_case.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "check/model.hpp"
#include "check/watch.hpp"
#include "devices/text.hpp"
#include "devices/wire/fd.hpp"

namespace ktp::check {
namespace fs = std::filesystem;
namespace {

using plugins::CheckStatus;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutput = 2'000;

/// Sends one descriptor over a socket pair; -1 is sent as a byte without one.
void send_fd(int socket, int fd) {
  char byte = 'f';
  iovec one{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &one;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  static_cast<void>(!::sendmsg(socket, &message, MSG_NOSIGNAL));
}
int receive_fd(int socket) {
  char byte = 0;
  iovec one{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &one;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) return -1;
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

/// The test's side. Never returns.
[[noreturn]] void child(const Case& test, const Subject& subject, int tell, int output, int handover,
                        pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const rlimit small{1, 1};
  ::setrlimit(RLIMIT_CORE, &small);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  static_cast<void>(!::chdir(subject.temp.c_str()));
  for (const int signal : {SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_IGN);
  const int notify = watch_this_process();
  send_fd(handover, notify);
  ::close(handover);
  if (notify >= 0) ::close(notify);

  const Teller teller(tell);
  try {
    Bench bench(subject, teller);
    test.run(bench);
  } catch (const Over&) {
  } catch (const std::exception& e) {
    teller.found(CheckStatus::fail, std::string("the checker itself failed: ") + e.what());
  }
  teller.end();
  ::_exit(0);
}

std::string read_some(int fd) {
  std::array<char, 4'096> block{};
  const ssize_t n = ::read(fd, block.data(), block.size());
  return n > 0 ? std::string(block.data(), static_cast<std::size_t>(n)) : std::string();
}

std::string where(const std::string& call) {
  return call.empty() ? " outside any call of the plugin" : " in " + call;
}

/// The pieces the two sides share.
struct Lines {
  Fd tell, output, handover, tell_end, output_end, handover_end;
  bool good = false;
  Lines() {
    std::array<int, 2> a{}, b{}, c{};
    good = ::pipe2(a.data(), O_CLOEXEC) == 0 && ::pipe2(b.data(), O_CLOEXEC) == 0 &&
           ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, c.data()) == 0;
    if (!good) return;
    tell = Fd(a[0]), tell_end = Fd(a[1]);
    output = Fd(b[0]), output_end = Fd(b[1]);
    handover = Fd(c[0]), handover_end = Fd(c[1]);
    ::fcntl(tell.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  }
};

Allowed allowed_for(const Subject& subject) {
  Allowed allowed;
  allowed.network = subject.needs_network;
  allowed.read = {subject.library.parent_path()};
  allowed.write = {subject.temp};
  // What a setting names the driver may use; that is what it is told it for.
  for (const auto& [key, value] : subject.settings) {
    if (value.starts_with('/')) allowed.write.emplace_back(fs::path(value).lexically_normal());
  }
  return allowed;
}

Ended watch_over(pid_t pid, Lines& lines, const Subject& subject, const Case& test,
                 Clock::time_point deadline) {
  Ended ended;
  Listener heard;
  std::string output;
  // glibc 2.36 declares pidfd_open without extern "C".
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const Fd notify(receive_fd(lines.handover.get()));
  ended.watched = notify.valid();
  const Allowed allowed = allowed_for(subject);
  bool alive = true, late = false;
  while (alive) {
    std::array<pollfd, 4> waits{{{lines.tell.get(), POLLIN, 0},
                                 {lines.output.get(), POLLIN, 0},
                                 {process.get(), POLLIN, 0},
                                 {notify.valid() ? notify.get() : -1, POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0 || ::poll(waits.data(), waits.size(), static_cast<int>(left) + 1) == 0) {
      late = true;
      break;
    }
    if ((waits[0].revents & POLLIN) != 0) heard.take(read_some(lines.tell.get()));
    if ((waits[1].revents & POLLIN) != 0) {
      const std::string more = read_some(lines.output.get());
      if (output.size() < kMaxOutput) output += more;
    }
    if ((waits[3].revents & POLLIN) != 0) {
      if (std::string what = answer(notify.get(), pid, allowed); !what.empty()) {
        what += heard.call.empty() ? "" : " in " + heard.call;
        if (std::ranges::find(ended.trespasses, what) == ended.trespasses.end() &&
            ended.trespasses.size() < 20)
          ended.trespasses.push_back(std::move(what));
      }
    }
    if ((waits[2].revents & POLLIN) != 0) alive = false;
  }
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  for (std::string rest = read_some(lines.tell.get()); !rest.empty(); rest = read_some(lines.tell.get()))
    heard.take(rest);

  output += read_some(lines.output.get());
  // That test loads and does nothing more: whatever was written came from a constructor.
  if (!output.empty() && std::string_view(test.name) == "library.load")
    heard.add(CheckStatus::warn,
              "wrote to stdout or stderr before init: " + devices::clean_text(output, 100));
  if (late) {
    heard.add(CheckStatus::fail, "hang: did not come back" + where(heard.call) + " within the deadline");
  } else if (!heard.ended) {
    if (WIFSIGNALED(status)) {
      heard.add(CheckStatus::crash,
                std::string("crashed: ") + ::strsignal(WTERMSIG(status)) + where(heard.call));
    } else {
      heard.add(CheckStatus::crash, "ended the process with exit code " +
                                        std::to_string(WEXITSTATUS(status)) + where(heard.call));
    }
    if (!output.empty()) heard.add(CheckStatus::crash, "last output: " + devices::clean_text(output, 300));
  }
  ended.result.status = heard.status;
  ended.result.message = heard.message;
  ended.drivers = heard.drivers;
  return ended;
}

}  // namespace

Ended run_case(const Case& test, const Subject& subject, const Manner& manner) {
  const auto began = Clock::now();
  Ended ended;
  const auto finish = [&](Ended e) {
    e.result.test = test.name;
    e.result.about = test.about;
    e.result.milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
    return e;
  };
  const Model model(manner.model, subject.temp, subject.library.parent_path());
  if (!model.error().empty()) {
    ended.result.status = CheckStatus::fail;
    ended.result.message = "device model: " + model.error();
    return finish(std::move(ended));
  }
  if (manner.in_process) {
    Listener heard;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return finish(std::move(ended));
    const Fd from(ends[0]), to(ends[1]);
    const Teller teller(to.get());
    try {
      Bench bench(subject, teller);
      test.run(bench);
    } catch (const Over&) {
    }
    for (std::string rest = read_some(from.get()); !rest.empty(); rest = read_some(from.get()))
      heard.take(rest);
    ended.result.status = heard.status;
    ended.result.message = heard.message;
    ended.drivers = heard.drivers;
    ended.watched = false;
    return finish(std::move(ended));
  }

  Lines lines;
  if (!lines.good) {
    ended.result.status = CheckStatus::fail;
    ended.result.message = "the checker has no descriptors left";
    return finish(std::move(ended));
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    child(test, subject, lines.tell_end.get(), lines.output_end.get(), lines.handover_end.get(), parent);
  }
  if (pid < 0) {
    ended.result.status = CheckStatus::fail;
    ended.result.message = std::string("the checker cannot start a process: ") + std::strerror(errno);
    return finish(std::move(ended));
  }
  lines.tell_end = Fd();
  lines.output_end = Fd();
  lines.handover_end = Fd();
  return finish(watch_over(pid, lines, subject, test, began + manner.deadline));
}

}  // namespace ktp::check
