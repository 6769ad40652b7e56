// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace model {

/// How a device introduces itself; numbers as four hex digits.
struct UsbIdentity {
  std::string vendor, product;
  std::string descriptors;  ///< device and configuration as the bus sends them, hex
  std::string maker, name, serial;
};

/// What connects a device with the machine that the station runs on. One main loop's thread only.
class UsbCable {
 public:
  UsbCable() = default;
  UsbCable(const UsbCable&) = delete;
  UsbCable& operator=(const UsbCable&) = delete;
  virtual ~UsbCable() = default;
  /// Where its other end is: the UMOCKDEV_DIR, or the socket of whoever shall see the device.
  [[nodiscard]] virtual std::string address() const = 0;
  virtual void plug() = 0;
  virtual void unplug() = 0;
  [[nodiscard]] virtual bool plugged() const = 0;
  /// The next transfer on the endpoint out, or in, is answered by a stall, and so are all others until the
  /// host clears it.
  virtual void stall(bool in) = 0;
};

}  // namespace model
