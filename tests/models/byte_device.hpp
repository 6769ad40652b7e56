// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace model {

/// A device with one bulk endpoint each way, as bytes.
class ByteDevice {
 public:
  ByteDevice() = default;
  ByteDevice(const ByteDevice&) = delete;
  ByteDevice& operator=(const ByteDevice&) = delete;
  virtual ~ByteDevice() = default;
  /// How many of the bytes it takes now; less than all: it lets the host wait with the rest (NAK).
  virtual std::size_t receive(std::span<const std::uint8_t> bytes) = 0;
  /// What it has to say next, as one packet; none: nothing.
  [[nodiscard]] virtual std::optional<std::vector<std::uint8_t>> reply() = 0;
  virtual void lose_replies() = 0;
  /// How long its next reply takes to come, microseconds.
  [[nodiscard]] virtual std::int64_t reply_delay_us() { return 0; }
};

}  // namespace model
