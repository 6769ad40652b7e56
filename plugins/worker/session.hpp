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
#include "usb_recorder.hpp"

namespace ktp::worker {

/// The three threads of a worker:
///   device  (the first thread of the process: vendor code often wants that one) runs requests, one after the
///   other reader  takes packets, answers cancel and interrupt, and ends the process when the core is gone,
///   whatever the device does pulse   sends the heartbeat and calls the driver's `interrupt`, so that one
///   which hangs there shows as silence
class Session {
 public:
  /// The device's transports; null where it has none. A recorder or a replay is also `usb`.
  struct Transports {
    UsbTransport* usb = nullptr;
    UsbRecorder* recorder = nullptr;
    UsbReplay* replay = nullptr;
    const Pcsc* pcsc = nullptr;
  };
  Session(int socket, const Transports& with)
      : line_(socket),
        services_(line_, with.usb, with.pcsc, with.replay),
        device_(services_.table(), with.usb, with.pcsc),
        usb_(with.usb),
        recorder_(with.recorder),
        replay_(with.replay) {}

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
  template <class Answer, class Call>
  Answer noted(transcript::Call call, const Call& carry_out);
  [[noreturn]] void finish(const Plugin& plugin, const wire::Message& message);

  Line line_;
  HostServices services_;
  Device device_;
  UsbTransport* const usb_;
  UsbRecorder* const recorder_;
  UsbReplay* const replay_;

  std::mutex mutex_;  // guards requests_ and interrupts_; never held over I/O or a call of the driver
  std::condition_variable request_came_, interrupt_came_;
  std::deque<Request> requests_;
  std::deque<std::uint64_t> interrupts_;
  std::atomic<std::uint64_t> busy_op_{0};
};

}  // namespace ktp::worker
