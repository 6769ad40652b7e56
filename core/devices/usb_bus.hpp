// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "devices/wire.hpp"
#include "domain/error.hpp"

namespace ktp::devices {

/// One device on the USB bus, as sysfs shows it: nothing is opened, nothing is woken.
struct UsbDevice {
  std::uint16_t vendor = 0, product = 0;
  std::string serial;          ///< "" = it has none
  std::filesystem::path node;  ///< /dev/bus/usb/BBB/DDD
  bool printer = false;        ///< has an interface of the printer class
};

/// All of them, hubs too, in no order. No bus, no devices.
[[nodiscard]] std::vector<UsbDevice> usb_devices(const std::filesystem::path& sysfs = "/sys/bus/usb/devices");

/// The device that a driver's matches mean.
struct UsbFound {
  std::filesystem::path node;  ///< "" = the driver is for none
  std::uint64_t quirks = 0;    ///< of the match with the highest score
};

/// Of `devices` the one that fits `matches` and, unless "", has this serial number. Pure. Errors:
/// input_missing (none is plugged in), configuration (several fit and no serial says which, or two have the
/// same serial).
Result<UsbFound> choose_usb_device(std::span<const UsbDevice> devices, std::span<const wire::Match> matches,
                                   const std::string& serial);

/// The same among what is plugged in now.
Result<UsbFound> find_usb_device(std::span<const wire::Match> matches, const std::string& serial);

}  // namespace ktp::devices
