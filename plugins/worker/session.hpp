// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "device.hpp"
#include "devices/wire/channel.hpp"
#include "host_services.hpp"
#include "line.hpp"
#include "plugin.hpp"

namespace ktp::worker {

/// The three threads of a worker:
///   device  (the first thread of the process: vendor code often wants that one) runs requests, one after the
///   other reader  takes packets, answers cancel and interrupt, and ends the process when the core is gone,
///   whatever the device does pulse   sends the heartbeat and calls the driver's `interrupt`, so that one
///   which hangs there shows as silence
class Session {
 public:
  Session(int socket, Usb* usb, const Pcsc* pcsc)
      : line_(socket), services_(line_, usb, pcsc), device_(services_.table(), usb, pcsc) {}

  /// Starts reader and pulse. They are never joined: the process ends with _exit.
  void start_threads();
  [[nodiscard]] const stn_host* host() const { return services_.table(); }
  [[nodiscard]] const Line& line() const { return line_; }
  /// Serves requests until Close, then ends the process.
  [[noreturn]] void serve(const Plugin& plugin);

 private:
  struct Request {
    wire::Message message;
    std::vector<Fd> fds;
  };
  void read_forever();
  void pulse_forever();
  Request next();
  void handle(const Plugin& plugin, Request& request);
  [[noreturn]] void finish(const Plugin& plugin, const wire::Message& message);

  Line line_;
  HostServices services_;
  Device device_;

  std::mutex mutex_;  // guards requests_ and interrupts_; never held over I/O or a call of the driver
  std::condition_variable request_came_, interrupt_came_;
  std::deque<Request> requests_;
  std::deque<std::uint64_t> interrupts_;
  std::atomic<std::uint64_t> busy_op_{0};
};

}  // namespace ktp::worker
