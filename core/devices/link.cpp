// SPDX-License-Identifier: Apache-2.0
#include "devices/link.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iterator>

#include "devices/threads.hpp"
#include "devices/wire/channel.hpp"

namespace ktp::devices {
namespace {

using namespace std::chrono_literals;
using Kind = DeviceEvent::Kind;

constexpr auto kLook = 200ms;  // how often the reader looks at the clock
constexpr auto kLastWords =
    500ms;  // from the end of the socket to SIGKILL: a crash takes its time to become an end
constexpr auto kUndying =
    10s;  // after SIGKILL; longer means the kernel cannot end it (stuck in a USB driver)
constexpr std::size_t kMaxLine = 500;

}  // namespace

Result<std::shared_ptr<Link>> Link::start(const DeviceConfig& config, const std::string& what,
                                          const Sandbox& sandbox, std::shared_ptr<StatusBoard> board) {
  const std::string where = "device \"" + config.name + "\": ";
  std::array<int, 2> pair{-1, -1}, pipe{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return fail(ErrorCode::internal, where + "no socket for a worker");
  }
  Fd ours(pair[0]), theirs(pair[1]);
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return fail(ErrorCode::internal, where + "no pipe for a worker");
  Fd log(pipe[0]), log_end(pipe[1]);
  ::fcntl(log.get(), F_SETFL, O_NONBLOCK);
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return fail(ErrorCode::internal, where + "no eventfd for a worker");

  std::vector<std::string> arguments{what};
  std::ranges::move(sandbox.arguments(), std::back_inserter(arguments));
  auto process = Process::spawn(config.worker, std::move(arguments), theirs, log_end);
  if (!process) return fail(process.error().code, where + process.error().message);
  auto link = std::make_shared<Link>(*std::move(process), std::move(ours), std::move(log), std::move(wake),
                                     config.silence_limit, std::move(board));
  // The thread keeps the link alive: it outlives its owner where the kernel cannot end the process.
  link->reader_ = start_thread([link] { link->read_until_dead(); });
  return link;
}

Link::Link(Process process, Fd socket, Fd log, Fd wake, std::chrono::milliseconds silence_limit,
           std::shared_ptr<StatusBoard> board)
    : process_(std::move(process)),
      socket_(std::move(socket)),
      log_(std::move(log)),
      wake_(std::move(wake)),
      silence_limit_(silence_limit),
      board_(std::move(board)) {}

// ---- the reader ----

void Link::read_until_dead() {
  board_->worker_started(pid());
  auto looked = Clock::now();
  while (true) {
    // A closed socket is readable for ever; from then on only the process itself is of interest.
    std::array<pollfd, 4> fds{{{eof_ ? -1 : socket_.get(), POLLIN, 0},
                               {log_.get(), POLLIN, 0},
                               {wake_.get(), POLLIN, 0},
                               {process_.pidfd(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), static_cast<int>(kLook.count()));
    const auto now = Clock::now();
    if (now - looked > 5 * kLook) heard_ = now;  // we were stopped ourselves, perhaps the whole machine was
    looked = now;
    if (!eof_ && !drain_socket()) eof_ = now;
    drain_log();
    drain_tellings();
    if ((fds[3].revents & POLLIN) != 0) break;
    if (fds[1].revents != 0 && (fds[1].revents & POLLIN) == 0)
      std::this_thread::sleep_for(5ms);  // its stderr is closed
    if (eof_ && now - *eof_ > kLastWords) kill("closed its socket and stayed");
    if (!eof_ && now - heard_ > silence_limit_)
      kill("was silent for " + std::to_string(silence_limit_.count()) + " ms");
  }
  finish_reading();
}

void Link::finish_reading() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  drain_socket();  // what it said before it ended
  drain_log();
  if (!partial_line_.empty()) board_->line(partial_line_);
  std::string how = process_.reap();
  board_->worker_gone();
  {
    const std::lock_guard lock(mutex_);
    if (!cause_.empty()) how = cause_ + ", then " + how;
    death_ = how;
  }
  drain_tellings();
  if (!expected_) board_->tell(Kind::worker_lost, how, pid());
  const std::lock_guard lock(mutex_);
  dead_ = true;
  changed_.notify_all();
}

bool Link::drain_socket() {
  wire::Packet packet;
  while (!deaf_) {
    switch (wire::receive(socket_.get(), packet, wire::Wait::no)) {
      case wire::Received::nothing:
        return true;
      case wire::Received::end:
        return false;
      case wire::Received::packet:
        break;
    }
    heard_ = Clock::now();
    if (auto message = wire::decode(packet.bytes)) {
      take(*std::move(message));
    } else {
      kill("sent an unreadable message (" + message.error() + ")");
      deaf_ = true;  // what follows, an answer too, is not to be believed
    }
  }
  return false;
}

void Link::take(wire::Message message) {
  std::unique_lock lock(mutex_);
  const auto is_answer = [&] {
    return asked_op_ != 0 && message.op == asked_op_ && message.seq == asked_op_;
  };
  if (auto* module = std::get_if<wire::Module>(&message.body); module && !hello_done_) {
    hello_.module = std::move(*module);
  } else if (auto* driver = std::get_if<wire::Driver>(&message.body);
             driver && !hello_done_ && hello_.drivers.size() < 64) {
    hello_.drivers.push_back(std::move(*driver));
  } else if (auto* option = std::get_if<wire::Option>(&message.body);
             option && !hello_done_ && hello_.options.size() < 4096) {
    hello_.options.push_back(std::move(*option));
  } else if (auto* isolation = std::get_if<wire::Isolation>(&message.body); isolation && !hello_done_) {
    hello_.measures = std::move(isolation->measures);
  } else if (std::holds_alternative<wire::Ready>(message.body) && !hello_done_) {
    hello_done_ = true;
  } else if (auto* failed = std::get_if<wire::Failed>(&message.body); failed && !hello_done_) {
    hello_.failure = std::move(failed->text);
    hello_done_ = true;
    expected_ = true;
  } else if ((std::holds_alternative<wire::Opened>(message.body) ||
              std::holds_alternative<wire::Done>(message.body)) &&
             is_answer()) {
    asked_op_ = 0;
    answer_ = std::move(message.body);
  } else if (std::holds_alternative<wire::Event>(message.body) ||
             std::holds_alternative<wire::Log>(message.body) ||
             std::holds_alternative<wire::Violation>(message.body)) {
    lock.unlock();
    board_->hear(message);
    return;
  } else if (!std::holds_alternative<wire::Heartbeat>(message.body)) {
    lock.unlock();
    kill("sent a message that nobody asked for");
    deaf_ = true;
    return;
  }
  changed_.notify_all();
}

void Link::drain_log() {
  std::array<char, 4096> bytes;
  // A bounded share for each look, so that a flood here does not keep answers waiting.
  for (int i = 0; i < 16; ++i) {
    const ssize_t got = ::read(log_.get(), bytes.data(), bytes.size());
    if (got <= 0) return;
    for (const char c : std::string_view(bytes.data(), static_cast<std::size_t>(got))) {
      if (c == '\n') {
        board_->line(partial_line_);
        partial_line_.clear();
      } else if (partial_line_.size() < kMaxLine) {
        partial_line_ += c;
      }
    }
  }
}

void Link::drain_tellings() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_.get(), &count, sizeof count));
  std::vector<std::pair<Kind, std::string>> tellings;
  {
    const std::lock_guard lock(mutex_);
    tellings.swap(tellings_);
  }
  for (auto& [kind, text] : tellings) board_->tell(kind, std::move(text));
}

// ---- the callers ----

bool Link::tell(Kind kind, std::string text) {
  {
    const std::lock_guard lock(mutex_);
    if (!death_.empty()) return false;
    tellings_.emplace_back(kind, std::move(text));
  }
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
  return true;
}

std::optional<Link::Hello> Link::wait_hello(Clock::time_point limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, limit, [&] { return hello_done_ || dead_; });
  if (!hello_done_) return std::nullopt;
  return hello_;
}

bool Link::request(std::uint64_t op, wire::Body body) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return false;
    asked_op_ = op;
    answer_.reset();
  }
  return wire::send(socket_.get(), {op, op, std::move(body)}, wire::Wait::no) == wire::Sent::yes;
}

std::optional<wire::Body> Link::wait_answer(Clock::time_point limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, limit, [&] { return answer_.has_value() || dead_; });
  return std::exchange(answer_, std::nullopt);
}

bool Link::send(std::uint64_t op, wire::Body body, std::span<const int> fds) {
  return wire::send(socket_.get(), {op, 0, std::move(body)}, wire::Wait::no, fds) == wire::Sent::yes;
}

bool Link::wait_dead(Clock::time_point limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, limit, [&] { return dead_; });
}

void Link::kill(std::string how) {
  {
    const std::lock_guard lock(mutex_);
    if (cause_.empty()) cause_ = std::move(how);
  }
  process_.signal(SIGKILL);
}

void Link::end(std::string how, std::chrono::milliseconds term_grace) {
  if (!dead()) {
    {
      const std::lock_guard lock(mutex_);
      if (cause_.empty()) cause_ = std::move(how);
    }
    process_.signal(SIGTERM);
    if (!wait_dead(Clock::now() + term_grace)) {
      process_.signal(SIGKILL);
      wait_dead(Clock::now() + kUndying);
    }
  }
  if (!reader_.joinable()) return;
  if (dead()) {
    reader_.join();
  } else {
    reader_.detach();  // it will reap the process whenever the kernel lets go of it
  }
}

bool Link::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}

bool Link::ending() const {
  const std::lock_guard lock(mutex_);
  return ending_;
}

std::string Link::death() const {
  const std::lock_guard lock(mutex_);
  return death_;
}

}  // namespace ktp::devices
