// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/byte_device.hpp"
#include "models/usb/cable.hpp"

namespace model {

/// The eight bytes that a control transfer begins with.
struct UsbSetup {
  std::uint8_t type = 0, request = 0;
  std::uint16_t value = 0, index = 0, length = 0;
};

/// A model's side of the bus, whatever carries the transfers (usbfs ioctls, usbredir): what it answers to
/// control transfers, and its two bulk endpoints. Pure of I/O; times are given to it. One thread only.
class UsbFunction {
 public:
  /// Throws std::invalid_argument: the identity's descriptors are none.
  UsbFunction(ByteDevice& device, UsbIdentity identity);

  [[nodiscard]] const UsbIdentity& identity() const { return identity_; }
  /// Device and configuration descriptors.
  [[nodiscard]] const std::vector<std::uint8_t>& descriptors() const { return descriptors_; }
  [[nodiscard]] std::uint8_t endpoint(bool in) const { return endpoints_[in ? 1 : 0]; }
  [[nodiscard]] std::uint8_t configuration() const { return descriptors_[18 + 5]; }

  /// The answer to a control transfer, at most `setup.length` bytes; none: stalled.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> control(const UsbSetup& setup);

  /// How many of the bytes it takes now; less than all: the host waits with the rest (NAK). Microseconds of a
  /// monotonic clock.
  std::size_t write(std::span<const std::uint8_t> bytes, std::int64_t now_us);
  /// What a read of so many bytes gets; none: nothing yet (NAK). At most one reply; the rest of a longer one
  /// comes with the next read.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> read(std::size_t length, std::int64_t now_us);
  /// The host never got them.
  void give_back(std::span<const std::uint8_t> bytes);
  void halt(bool in) { halted_[in ? 1 : 0] = true; }
  void clear_halt(bool in) { halted_[in ? 1 : 0] = false; }
  [[nodiscard]] bool halted(bool in) const { return halted_[in ? 1 : 0]; }
  /// The bus was reset: nothing is halted, what was on its way to the host is lost. What the device has begun
  /// goes on.
  void reset() {
    halted_ = {};
    waiting_.clear();
  }

 private:
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> descriptor(std::uint16_t value) const;
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> standard(const UsbSetup& setup);
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> printer_class(const UsbSetup& setup);

  ByteDevice& device_;
  const UsbIdentity identity_;
  std::vector<std::uint8_t> descriptors_;
  std::array<std::uint8_t, 2> endpoints_{};  ///< addresses: out, in
  std::array<bool, 2> halted_{};
  std::vector<std::uint8_t> waiting_;  ///< of a reply that was longer than what was asked for
  std::int64_t not_before_us_ = 0;
};

}  // namespace model
