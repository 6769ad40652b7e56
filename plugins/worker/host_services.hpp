// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include <station/abi.h>

#include "devices/wire/rate_limit.hpp"
#include "line.hpp"
#include "pcsc.hpp"
#include "usb_replay.hpp"
#include "usb_transport.hpp"

namespace ktp::worker {

/// The stn_host that the plugin sees. All of it may be called from any thread; one object for the life of the
/// process.
class HostServices {
 public:
  /// `usb`, `pcsc`: the device's transport, null = it has none. `replay`: whose clock is the host's, null =
  /// the machine's is.
  HostServices(const Line& line, UsbTransport* usb, const Pcsc* pcsc, UsbReplay* replay);
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;

  [[nodiscard]] const stn_host* table() const { return &table_; }

  void cancel(std::uint64_t op);
  /// From here on a posted event is a mistake of the driver: counted, not passed on.
  void device_closed() { closed_ = true; }
  [[nodiscard]] std::uint64_t late_events() const { return late_events_; }

 private:
  static HostServices& self(const stn_host* host) { return *static_cast<HostServices*>(host->ctx); }
  void log(std::uint32_t level, const char* text);
  void post(const stn_event* event);
  void sleep(std::uint64_t op, std::uint64_t ns);
  void make_usb_table();
  static UsbTransport::Cancelled cancelled_by(const stn_host* host) {
    return [host](std::uint64_t op) { return host->cancelled(host, op) != 0; };
  }

  const Line& line_;
  UsbTransport* const usb_;
  const Pcsc* const pcsc_;
  UsbReplay* const replay_;
  stn_host table_{};
  stn_usb_v1 usb_table_{};
  std::atomic<std::uint64_t> cancelled_{0};
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> late_events_{0};
  std::mutex mutex_;  // guards the two below; never held over I/O
  std::condition_variable woken_;
  devices::RateLimit log_limit_{200, 400};
};

}  // namespace ktp::worker
