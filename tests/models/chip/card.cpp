// SPDX-License-Identifier: Apache-2.0
#include "models/chip/card.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

namespace ktp::model {

using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t kPowerOff = 0, kPowerOn = 1, kReset = 2, kGetAtr = 4;

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = ::htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
  }
  if (fd >= 0) ::close(fd);
  return -1;
}

/// False at the end of the socket or of the card.
bool receive(int fd, std::uint8_t* to, std::size_t n, const std::atomic<bool>& end) {
  for (std::size_t have = 0; have < n;) {
    if (end) return false;
    // vpcd writes length and message apart, and a delayed acknowledgement between them costs 40 ms.
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    pollfd wait{fd, POLLIN, 0};
    if (::poll(&wait, 1, 20) <= 0) continue;
    const ssize_t got = ::recv(fd, to + have, n - have, 0);
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

bool send(int fd, const Bytes& message) {
  Bytes framed{static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
  framed.insert(framed.end(), message.begin(), message.end());
  return ::send(fd, framed.data(), framed.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(framed.size());
}

}  // namespace

Bytes bytes_of(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

CardInField::CardInField(Chip chip, int port)
    : chip_(std::move(chip)), port_(port), thread_([this] { lie_there(); }) {}

CardInField::~CardInField() {
  end_ = true;
  thread_.join();
}

void CardInField::lie_there() {
  while (!end_) {
    const int fd = connect_to(port_);
    if (fd < 0) {
      std::this_thread::sleep_for(20ms);
      continue;
    }
    const bool stays = serve(fd);
    ::close(fd);
    if (!stays) return;
    std::this_thread::sleep_for(20ms);
  }
}

// False: it has been taken away for good.
bool CardInField::serve(int fd) {
  bool powered = false;
  while (!end_) {
    std::uint8_t head[2];
    if (!receive(fd, head, sizeof head, end_)) return true;
    Bytes message(static_cast<std::size_t>(head[0]) << 8 | head[1]);
    if (!receive(fd, message.data(), message.size(), end_)) return true;
    if (chip_.there && !chip_.there()) return false;
    if (message.size() == 1) {
      if (message[0] == kPowerOff) powered = false;
      if (message[0] == kPowerOn || message[0] == kReset) {
        if (!powered || message[0] == kReset) ++activations_;
        powered = true;
      }
      if (message[0] == kGetAtr &&
          !send(fd, chip_.mute ? Bytes{} : Bytes{0x3B, 0x82, 0x80, 0x01, 0x80, 0x01, 0x82}))
        return true;
      continue;
    }
    if (chip_.taken_away_after >= 0 && commands_++ >= chip_.taken_away_after) return false;
    if (chip_.taken_away_after < 0) ++commands_;
    if (chip_.pause_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(chip_.pause_ms));
    if (!send(fd, reply(message))) return true;
  }
  return true;
}

Bytes CardInField::reply(const Bytes& command) const {
  if (!chip_.answer.empty()) return chip_.answer;
  if (command.size() != 5 || command[0] != 0xFF || command[1] != 0xCA || command[2] != 0 || command[3] != 0)
    return {0x6D, 0x00};
  if (chip_.exact_length_first && command[4] != chip_.uid.size())
    return {0x6C, static_cast<std::uint8_t>(chip_.uid.size())};
  Bytes answer = chip_.uid;
  if (chip_.new_uid_each_time) answer.back() = static_cast<std::uint8_t>(activations_);
  answer.insert(answer.end(), {0x90, 0x00});
  return answer;
}

}  // namespace ktp::model
