// SPDX-License-Identifier: Apache-2.0
#include "devices/usb_bus.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>

#include "devices/text.hpp"
#include "devices/wire/fd.hpp"

namespace ktp::devices {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDescriptors = 1u << 14;
constexpr std::uint8_t kInterfaceDescriptor = 4, kPrinterClass = 7;

std::string read_some(const fs::path& file, std::size_t most) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::string all(most, '\0');
  std::size_t have = 0;
  while (fd.valid() && have < most) {
    const ssize_t got = ::read(fd.get(), all.data() + have, most - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  all.resize(have);
  return all;
}

std::string attribute(const fs::path& file) {
  std::string text = read_some(file, 256);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::optional<unsigned> number(const fs::path& file, int base) {
  const std::string text = attribute(file);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Descriptors follow each other, each beginning with its length and type.
bool has_printer_interface(const std::string& descriptors) {
  for (std::size_t at = 0; at + 2 <= descriptors.size();) {
    const auto length = static_cast<std::uint8_t>(descriptors[at]);
    if (length < 2) return false;
    if (static_cast<std::uint8_t>(descriptors[at + 1]) == kInterfaceDescriptor && length >= 9 &&
        at + 6 <= descriptors.size() && static_cast<std::uint8_t>(descriptors[at + 5]) == kPrinterClass)
      return true;
    at += length;
  }
  return false;
}

std::string id_of(unsigned vendor, unsigned product) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04x:%04x", vendor, product);
  return text.data();
}

bool fits(const UsbDevice& device, const wire::Match& match) {
  return device.vendor == match.vendor &&
         (match.product == 0 ? device.printer : device.product == match.product);
}

}  // namespace

std::vector<UsbDevice> usb_devices(const fs::path& sysfs) {
  std::vector<UsbDevice> devices;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(sysfs.c_str()), &::closedir);
  if (!folder) return devices;
  while (const dirent* entry = ::readdir(folder.get())) {
    const fs::path at = sysfs / entry->d_name;
    if (entry->d_name[0] == '.') continue;
    const auto vendor = number(at / "idVendor", 16), product = number(at / "idProduct", 16),
               bus = number(at / "busnum", 10), address = number(at / "devnum", 10);
    if (!vendor || !product || !bus || !address) continue;  // an interface, not a device; or just unplugged
    std::array<char, 64> node{};
    std::snprintf(node.data(), node.size(), "/dev/bus/usb/%03u/%03u", *bus, *address);
    devices.push_back({static_cast<std::uint16_t>(*vendor), static_cast<std::uint16_t>(*product),
                       attribute(at / "serial"), node.data(),
                       has_printer_interface(read_some(at / "descriptors", kMostDescriptors))});
  }
  return devices;
}

Result<UsbFound> choose_usb_device(std::span<const UsbDevice> devices, std::span<const wire::Match> matches,
                                   const std::string& serial) {
  struct Candidate {
    const UsbDevice* device;
    const wire::Match* match;
  };
  std::vector<Candidate> candidates;
  std::string others;
  for (const UsbDevice& device : devices) {
    const wire::Match* best = nullptr;
    for (const wire::Match& match : matches)
      if (fits(device, match) && (best == nullptr || match.score > best->score)) best = &match;
    if (best == nullptr) continue;
    if (serial.empty() || device.serial == serial) candidates.push_back({&device, best});
    others +=
        (others.empty() ? "" : ", ") +
        (device.serial.empty() ? "one without a serial number" : "\"" + clean_text(device.serial) + "\"");
  }
  if (candidates.size() == 1) return UsbFound{candidates[0].device->node, candidates[0].match->quirks};
  std::string wanted;
  for (const wire::Match& match : matches)
    wanted += (wanted.empty() ? "" : ", ") +
              (match.product == 0 ? "any printer of vendor " + id_of(match.vendor, 0).substr(0, 4)
                                  : id_of(match.vendor, match.product));
  if (candidates.empty())
    return fail(ErrorCode::input_missing, "no such USB device is plugged in and switched on (" + wanted +
                                              ")" +
                                              (serial.empty() ? ""
                                                              : " with serial \"" + serial + "\"; there is " +
                                                                    (others.empty() ? "none" : others)));
  return fail(ErrorCode::configuration,
              serial.empty()
                  ? "several USB devices fit (" + others + "): say which by its serial in station.yaml"
                  : "two USB devices have the serial \"" + serial + "\"; unplug one");
}

Result<UsbFound> find_usb_device(std::span<const wire::Match> matches, const std::string& serial) {
  return choose_usb_device(usb_devices(), matches, serial);
}

}  // namespace ktp::devices
