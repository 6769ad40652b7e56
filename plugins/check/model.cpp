// SPDX-License-Identifier: Apache-2.0
#include "check/model.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "devices/wire/fd.hpp"

namespace ktp::check {

std::string with_temp(std::string text, const std::filesystem::path& temp) {
  constexpr std::string_view kMark = "@TEMP@";
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), temp.string());
    at += temp.string().size();
  }
  return text;
}

Model::Model(std::vector<std::string> words, const std::filesystem::path& temp,
             const std::filesystem::path& beside) {
  if (words.empty()) return;
  std::vector<char*> argv;
  for (std::string& word : words) {
    word = with_temp(std::move(word), temp);
    if (word.starts_with("./")) word = (beside / word.substr(2)).string();
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    error_ = "no descriptors left";
    return;
  }
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::setpgid(0, 0);
    ::dup2(to.get(), STDOUT_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  to = Fd();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  std::string said;
  while (said.find("ready\n") == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{from.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
      error_ = words[0] + " did not say \"ready\" within 10 s";
      return;
    }
    std::array<char, 256> block{};
    const ssize_t n = ::read(from.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      error_ = words[0] + " ended before it said \"ready\"";
      return;
    }
    if (said.size() < 4'096) said.append(block.data(), static_cast<std::size_t>(n));
  }
}

Model::~Model() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace ktp::check
