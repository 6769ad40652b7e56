// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "devices/devices.hpp"
#include "devices/process.hpp"
#include "devices/sandbox.hpp"
#include "devices/status_board.hpp"
#include "devices/wire.hpp"
#include "devices/wire/fd.hpp"

namespace ktp::devices {

/// One running worker process and the thread that listens to it. The thread takes answers, events, heartbeats
/// and stderr, kills a worker that falls silent or talks nonsense, reaps it when it ends, and only then ends
/// itself. Every wait has a limit.
class Link {
 public:
  using Clock = std::chrono::steady_clock;

  /// What the plugin says of itself before anything is opened.
  struct Hello {
    wire::Module module;
    std::vector<wire::Driver> drivers;
    std::vector<wire::Option> options;
    std::vector<wire::Measure> measures;
    std::string failure;  ///< not empty: the plugin cannot be used
  };

  /// `what`: the plugin, or "--check". `sandbox`: what is left to it.
  static Result<std::shared_ptr<Link>> start(const DeviceConfig& config, const std::string& what,
                                             const Sandbox& sandbox, std::shared_ptr<StatusBoard> board);
  Link(Process process, Fd socket, Fd log, Fd wake, std::chrono::milliseconds silence_limit,
       std::shared_ptr<StatusBoard> board);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// nullopt: not within the limit, or lost.
  std::optional<Hello> wait_hello(Clock::time_point limit);
  /// Sends a request whose answer `wait_answer` will get. One at a time. False: the worker has not got it and
  /// never will.
  bool request(std::uint64_t op, wire::Body body);
  /// nullopt: not within the limit (ask again), or lost (`dead`).
  std::optional<wire::Body> wait_answer(Clock::time_point limit);
  /// A message without an answer, with descriptors. Any thread.
  bool send(std::uint64_t op, wire::Body body, std::span<const int> fds = {});

  /// Ends the process, the hard way at last, and joins the reader. `how` becomes the reason of the loss; "" =
  /// it was asked to.
  void end(std::string how, std::chrono::milliseconds term_grace);
  /// Waits for a worker that was asked to close; false when it is still there.
  bool wait_dead(Clock::time_point limit);
  /// From now on its end is no loss.
  void expect_end() { expected_ = true; }
  void kill(std::string how);

  [[nodiscard]] bool dead() const;
  /// Its process has ended, though perhaps not yet everything been said about it.
  [[nodiscard]] bool ending() const;
  /// How it ended: "ended by signal 11 (Segmentation fault)".
  [[nodiscard]] std::string death() const;
  [[nodiscard]] int pid() const { return process_.pid(); }
  /// Has the reader say something to the sink; false when the reader has gone and the caller may do it
  /// himself.
  bool tell(DeviceEvent::Kind kind, std::string text);

 private:
  void read_until_dead();
  bool drain_socket();
  void drain_log();
  void drain_tellings();
  void take(wire::Message message);
  void finish_reading();

  Process process_;
  const Fd socket_, log_, wake_;
  const std::chrono::milliseconds silence_limit_;
  const std::shared_ptr<StatusBoard> board_;
  std::thread reader_;
  std::atomic<bool> expected_{false};

  // Reader only.
  Clock::time_point heard_ = Clock::now();
  std::optional<Clock::time_point> eof_;
  bool deaf_ = false;
  std::string partial_line_;

  mutable std::mutex mutex_;  // guards what follows; never held over I/O
  std::condition_variable changed_;
  Hello hello_;
  bool hello_done_ = false;
  std::uint64_t asked_op_ = 0;
  std::optional<wire::Body> answer_;
  std::vector<std::pair<DeviceEvent::Kind, std::string>> tellings_;
  std::string cause_;  // why we killed it
  bool ending_ = false;
  bool dead_ = false;
  std::string death_;
};

}  // namespace ktp::devices
