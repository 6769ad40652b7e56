// SPDX-License-Identifier: Apache-2.0
#include "drivers/ipp/faulty_line.hpp"

#include <arpa/inet.h>
#include <cups/ipp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace drivers_test {

using namespace std::chrono_literals;

namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }
  [[nodiscard]] int get() const { return fd_; }
  /// The other side gets a reset, not an end.
  void reset() const {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (done <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }

 private:
  int fd_;
};

/// What is there within 50 ms; none: nothing yet; "": the end.
std::optional<std::string> receive(int fd) {
  pollfd what{fd, POLLIN, 0};
  if (::poll(&what, 1, 50) == 0) return std::nullopt;
  std::string bytes(65'536, '\0');
  const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

/// Where the message in `bytes` ends, once its header is there; 0 = not yet known.
std::size_t length_of(const std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  const auto at = bytes.find("Content-Length: ");
  if (end == std::string::npos || at == std::string::npos || at > end) return 0;
  return end + 4 + std::stoul(bytes.substr(at + 16));
}

std::string ipp_answer(std::uint16_t status, const std::string& request_id) {
  std::string body("\x02\x00", 2);
  body += static_cast<char>(status >> 8);
  body += static_cast<char>(status & 0xFF);
  body += request_id;
  body += std::string(
      "\x01\x47\x00\x12"
      "attributes-charset\x00\x05utf-8"
      "\x48\x00\x1b"
      "attributes-natural-language\x00\x02"
      "en\x03",
      1 + 3 + 18 + 2 + 5 + 3 + 27 + 2 + 2 + 1);
  return "HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

const char* to_string(Mishap mishap) {
  constexpr const char* kNames[] = {
      "none",          "reset at once",    "closed at once", "request lost",    "request swallowed",
      "request cut",   "request stalls",   "reply lost",     "reply swallowed", "reply cut",
      "reply garbage", "reply of another", "HTTP error",     "IPP error",       "late",
      "gone",          "gone half way"};
  return kNames[static_cast<int>(mishap)];
}

const std::vector<Mishap>& all_mishaps() {
  static const std::vector<Mishap> all = [] {
    std::vector<Mishap> list;
    for (int i = 1; i <= static_cast<int>(Mishap::gone_half_way); ++i) list.push_back(static_cast<Mishap>(i));
    return list;
  }();
  return all;
}

std::string to_string(const Exchange& exchange) {
  return std::string(ippOpString(static_cast<ipp_op_t>(exchange.operation))) + " " +
         std::to_string(exchange.nth);
}

FaultyLine::FaultyLine(int to) : to_(to), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 32) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no port for the line");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FaultyLine::~FaultyLine() {
  over_ = true;
  acceptor_.join();
  while (running_ > 0) std::this_thread::sleep_for(5ms);
  ::close(listener_);
}

void FaultyLine::arm(Exchange where, Mishap what) {
  const std::lock_guard lock(mutex_);
  where_ = where;
  what_ = what;
  seen_.clear();
  struck_ = down_ = false;
}

void FaultyLine::mend() {
  arm({}, Mishap::none);
}

std::map<int, int> FaultyLine::seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

Mishap FaultyLine::meet(int operation) {
  const std::lock_guard lock(mutex_);
  const int nth = ++seen_[operation];
  if (what_ == Mishap::none || where_ != Exchange{operation, nth}) return Mishap::none;
  struck_ = true;
  if (what_ == Mishap::gone || what_ == Mishap::gone_half_way) down_ = true;
  return what_;
}

void FaultyLine::accept_all() {
  while (!over_) {
    pollfd what{listener_, POLLIN, 0};
    if (::poll(&what, 1, 20) == 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    ++running_;
    std::thread([this, client] {
      relay(client);
      --running_;
    }).detach();
  }
}

void FaultyLine::relay(int client_fd) {
  const Socket client(client_fd);
  if (down_) return client.reset();
  // Up to the operation: HTTP header, version, operation, request id.
  std::string request;
  const auto begun = [&] {
    const auto end = request.find("\r\n\r\n");
    return end != std::string::npos && request.size() >= end + 12;
  };
  while (!over_ && !begun()) {
    const auto bytes = receive(client.get());
    if (!bytes) continue;
    if (bytes->empty()) return;
    request += *bytes;
    // A client that waits for permission before it sends its request.
    if (!begun() && request.find("100-continue") != std::string::npos && request.ends_with("\r\n\r\n"))
      client.send("HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (!begun()) return;
  const std::size_t body = request.find("\r\n\r\n") + 4, whole = length_of(request);
  const int operation =
      static_cast<unsigned char>(request[body + 2]) << 8 | static_cast<unsigned char>(request[body + 3]);
  const std::string id = request.substr(body + 4, 4);
  const Mishap mishap = meet(operation);

  const auto read_whole = [&] {
    while (!over_ && request.size() < whole) {
      const auto bytes = receive(client.get());
      if (bytes && bytes->empty()) return false;
      if (bytes) request += *bytes;
    }
    return !over_;
  };
  const auto hold = [&] {  // until the client gives up
    while (!over_) {
      const auto bytes = receive(client.get());
      if (bytes && bytes->empty()) return;
    }
  };
  switch (mishap) {
    case Mishap::reset_at_once:
    case Mishap::gone:
      return client.reset();
    case Mishap::closed_at_once:
      return;
    case Mishap::request_lost:
      read_whole();
      return;
    case Mishap::request_swallowed:
      return hold();
    case Mishap::http_error:
      read_whole();
      client.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
      return;
    case Mishap::ipp_error:
      read_whole();
      client.send(ipp_answer(IPP_STATUS_ERROR_INTERNAL, id));
      return;
    case Mishap::late:
      std::this_thread::sleep_for(250ms);
      break;
    default:
      break;
  }

  const Socket printer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(to_));
  if (::connect(printer.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return client.reset();

  const bool halved =
      mishap == Mishap::request_cut || mishap == Mishap::request_stalls || mishap == Mishap::gone_half_way;
  const std::size_t limit = halved ? std::max(body + 4, whole / 2) : ~std::size_t{0};
  std::size_t passed = 0;
  const auto pass = [&](std::string_view bytes) {
    const std::size_t now = std::min(bytes.size(), limit - std::min(limit, passed));
    passed += bytes.size();
    return printer.send(bytes.substr(0, now));
  };
  if (!pass(request)) return client.reset();
  std::string reply;
  while (!over_) {
    if (halved && passed >= limit) {
      if (mishap == Mishap::request_stalls) return hold();
      client.reset();
      printer.reset();
      return;
    }
    pollfd both[2]{{client.get(), POLLIN, 0}, {printer.get(), POLLIN, 0}};
    if (::poll(both, 2, 50) == 0) {
      if (down_) return client.reset(), printer.reset();
      continue;
    }
    if (both[0].revents != 0) {
      const auto bytes = receive(client.get());
      if (!bytes) continue;
      if (bytes->empty()) return printer.reset();  // the driver gave up
      if (!pass(*bytes)) return client.reset();
    }
    if (both[1].revents != 0) {
      const auto bytes = receive(printer.get());
      if (!bytes) continue;
      if (bytes->empty()) return;
      if (mishap == Mishap::none || mishap == Mishap::late) {
        if (!client.send(*bytes)) return printer.reset();
        continue;
      }
      reply += *bytes;
      // An interim answer is let through.
      constexpr std::string_view kInterim = "HTTP/1.1 100 Continue\r\n\r\n";
      if (reply.starts_with(kInterim)) {
        client.send(kInterim);
        reply.erase(0, kInterim.size());
      }
      const std::size_t length = length_of(reply);
      if (length == 0 || reply.size() < length) continue;
      if (mishap == Mishap::reply_swallowed) return hold();
      if (mishap == Mishap::reply_lost) return client.reset();
      if (mishap == Mishap::reply_cut) {
        client.send(std::string_view(reply).substr(0, length / 2 + 40));
        return;
      }
      if (mishap == Mishap::reply_garbage) {
        const auto at = reply.find("\r\n\r\n") + 4;
        for (std::size_t i = at; i < reply.size(); ++i) reply[i] = static_cast<char>(0x81 + i * 37);
      }
      if (mishap == Mishap::reply_of_another) {
        const auto at = reply.find("\r\n\r\n") + 4 + 7;
        reply[at] = static_cast<char>(reply[at] + 1);
      }
      client.send(reply);
      return;
    }
  }
}

}  // namespace drivers_test
