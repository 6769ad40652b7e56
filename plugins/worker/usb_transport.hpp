// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <libusb.h>
#include <station/abi.h>

#include <cstdint>
#include <functional>
#include <string>

namespace ktp::worker {

/// What the host service station.usb/1 is made of: a device (usb.hpp), a device whose transfers are written
/// down (usb_recorder.hpp), or a transcript that answers in its place (usb_replay.hpp). Device thread only.
class UsbTransport {
 public:
  /// Asked while a read waits: has the station cancelled `op`?
  using Cancelled = std::function<bool(std::uint64_t op)>;

  UsbTransport() = default;
  UsbTransport(const UsbTransport&) = delete;
  UsbTransport& operator=(const UsbTransport&) = delete;
  virtual ~UsbTransport() = default;

  /// STN_OK, or why there is no device: REMOVED, BUSY, BAD_INPUT (no permission), HARDWARE.
  [[nodiscard]] virtual stn_code problem() const = 0;
  [[nodiscard]] virtual const std::string& why() const = 0;

  // As abi.h says of station.usb/1. `type`: LIBUSB_TRANSFER_TYPE_BULK or _INTERRUPT.
  virtual stn_code transfer(unsigned char type, std::uint64_t op, std::uint32_t endpoint, std::uint8_t* data,
                            std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done,
                            const Cancelled& cancelled) = 0;
  virtual stn_code control(std::uint64_t op, const stn_usb_setup* setup, std::uint8_t* data,
                           std::uint32_t timeout_ms, std::uint32_t* done, const Cancelled& cancelled) = 0;
  virtual stn_code clear_halt(std::uint32_t endpoint) = 0;
  /// Gives the device back to the kernel's own driver, if it had one. The last call: nothing may be asked
  /// afterwards.
  virtual void release() = 0;
  virtual stn_code descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const = 0;
};

}  // namespace ktp::worker
