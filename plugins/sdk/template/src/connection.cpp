// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace textprint {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kSliceMs = 50;
constexpr int kSendMs = 5'000;
constexpr std::size_t kMaxLine = 200;

int left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<long long>(left, 0));
}

}  // namespace

Connection::Connection(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw Gone("the socket's path is empty or too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (wake_ < 0 || socket_ < 0 ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    if (socket_ >= 0) ::close(socket_);
    if (wake_ >= 0) ::close(wake_);
    throw Gone("no printer at " + path + ": " + why);
  }
}

Connection::~Connection() {
  ::close(socket_);
  ::close(wake_);
}

void Connection::send(std::string_view bytes) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(kSendMs);
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) throw Gone("the printer hung up");
    pollfd wait{socket_, POLLOUT, 0};
    const int left = left_ms(deadline);
    if (left == 0) throw Silent("the printer takes no bytes");
    static_cast<void>(::poll(&wait, 1, left));
  }
}

std::string Connection::line(int limit_ms, const std::function<void()>& idle) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(limit_ms);
  while (true) {
    if (const auto end = rest_.find('\n'); end != std::string::npos) {
      std::string line = rest_.substr(0, end);
      rest_.erase(0, end + 1);
      return line;
    }
    if (rest_.size() > kMaxLine) throw Silent("the printer sends a line without an end");
    if (idle) idle();
    const int left = left_ms(deadline);
    if (left == 0) throw Silent("the printer did not answer within " + std::to_string(limit_ms) + " ms");
    pollfd waits[2] = {{socket_, POLLIN, 0}, {wake_, POLLIN, 0}};
    static_cast<void>(::poll(waits, 2, std::min(left, kSliceMs)));
    if ((waits[1].revents & POLLIN) != 0) {
      std::uint64_t woken = 0;
      static_cast<void>(!::read(wake_, &woken, sizeof woken));
    }
    char block[512];
    const ssize_t n = ::recv(socket_, block, sizeof block, 0);
    if (n > 0) rest_.append(block, static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) throw Gone("the printer hung up");
  }
}

void Connection::wake() noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

}  // namespace textprint
