// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <station/abi.h>

#include "devices/wire/channel.hpp"
#include "pcsc.hpp"
#include "regions.hpp"
#include "usb_transport.hpp"

namespace ktp::worker {

/// The one device of this process: turns requests into calls of the driver. Everything is on the device
/// thread except `interrupt`. The driver's results go to the core unjudged; judging is the core's
/// (devices/referee.hpp).
class Device {
 public:
  /// `usb`: null where the device is not a USB device of the host's; `pcsc`: where it is no reader of the
  /// smart card service.
  Device(const stn_host* host, const UsbTransport* usb, const Pcsc* pcsc)
      : host_(host), usb_(usb), pcsc_(pcsc) {}

  wire::Opened open(const stn_driver* driver, const wire::Open& request);
  void close();
  [[nodiscard]] bool is_open() const { return driver_ != nullptr; }

  /// False: the descriptors are not what the message says.
  bool take(const wire::Raster& message, std::vector<Fd> fds);
  bool take(const wire::Slots& message, std::vector<Fd> fds);

  wire::Done call(std::uint64_t op, const wire::Print& request);
  wire::Done call(std::uint64_t op, const wire::ToCamera& request);
  wire::Done call(std::uint64_t op, const wire::Route& request);
  wire::Done call(std::uint64_t op, const wire::Counter& request);
  wire::Done call(std::uint64_t op, const wire::Lookup& request);
  wire::Done call(std::uint64_t op, const wire::Status& request);
  wire::Done call(std::uint64_t op, const wire::Grab& request);
  wire::Done call(std::uint64_t op, const wire::ReadChip& request);

  /// Wakes the driver's blocked I/O. Any thread; does nothing once the device is being closed.
  void interrupt(std::uint64_t op);

 private:
  const stn_host* host_;
  const UsbTransport* const usb_;
  const Pcsc* const pcsc_;
  const stn_driver* driver_ = nullptr;
  void* dev_ = nullptr;
  const stn_printer_v1* printer_ = nullptr;
  const stn_camera_v1* camera_ = nullptr;
  const stn_chip_reader_v1* reader_ = nullptr;
  Region raster_;
  std::vector<Region> slots_;

  std::mutex interrupt_mutex_;  // guards the pair below, so that no interrupt comes after close has begun
  const stn_driver* interruptible_ = nullptr;
  void* interruptible_dev_ = nullptr;
};

}  // namespace ktp::worker
