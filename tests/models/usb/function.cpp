// SPDX-License-Identifier: Apache-2.0
#include "models/usb/function.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace model {
namespace {

constexpr std::size_t kDevice = 18;  // bytes of a device descriptor
constexpr std::uint8_t kEndpointDescriptor = 5, kBulk = 2;
constexpr std::uint8_t kToDevice = 0x00, kToInterface = 0x01, kToEndpoint = 0x02, kFromHost = 0x80;

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const std::string& hex) {
  if (hex.size() % 2 != 0) throw std::invalid_argument("descriptors: half a byte");
  Bytes bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(at, 2), nullptr, 16)));
  return bytes;
}

/// UTF-16LE, as string descriptors have it; the models' texts are ASCII.
Bytes text_descriptor(std::string_view text) {
  Bytes all{static_cast<std::uint8_t>(2 + 2 * text.size()), 3};
  for (const char c : text) {
    all.push_back(static_cast<std::uint8_t>(c));
    all.push_back(0);
  }
  return all;
}

}  // namespace

UsbFunction::UsbFunction(ByteDevice& device, UsbIdentity identity)
    : device_(device), identity_(std::move(identity)), descriptors_(bytes_of(identity_.descriptors)) {
  if (descriptors_.size() < kDevice + 9) throw std::invalid_argument("descriptors: too few");
  for (std::size_t at = 0; at < descriptors_.size(); at += descriptors_[at]) {
    if (descriptors_[at] < 2 || at + descriptors_[at] > descriptors_.size())
      throw std::invalid_argument("descriptors: a length is wrong");
    if (descriptors_[at + 1] != kEndpointDescriptor || descriptors_[at + 3] != kBulk) continue;
    endpoints_[(descriptors_[at + 2] & 0x80) != 0 ? 1 : 0] = descriptors_[at + 2];
  }
  if (endpoints_[0] == 0 || endpoints_[1] == 0)
    throw std::invalid_argument("descriptors: no bulk endpoint each way");
}

std::optional<Bytes> UsbFunction::control(const UsbSetup& setup) {
  std::optional<Bytes> answer;
  switch (setup.type & 0x60) {
    case 0x00:
      answer = standard(setup);
      break;
    case 0x20:
      answer = printer_class(setup);
      break;
    default:
      break;
  }
  if (answer && answer->size() > setup.length) answer->resize(setup.length);
  return answer;
}

std::optional<Bytes> UsbFunction::descriptor(std::uint16_t value) const {
  const unsigned index = value & 0xFF;
  switch (value >> 8) {
    case 1:
      return Bytes(descriptors_.begin(), descriptors_.begin() + kDevice);
    case 2:
      if (index != 0) return std::nullopt;
      return Bytes(descriptors_.begin() + kDevice, descriptors_.end());
    case 3: {
      if (index == 0) return Bytes{4, 3, 0x09, 0x04};  // English, United States
      const std::array<const std::string*, 3> texts{&identity_.maker, &identity_.name, &identity_.serial};
      if (index > texts.size()) return std::nullopt;
      return text_descriptor(*texts[index - 1]);
    }
    default:
      return std::nullopt;  // a device qualifier among them: it is fast or nothing
  }
}

std::optional<Bytes> UsbFunction::standard(const UsbSetup& setup) {
  const std::uint8_t to = setup.type & 0x1F;
  const bool from_device = (setup.type & kFromHost) != 0;
  switch (setup.request) {
    case 0:  // GET_STATUS
      if (!from_device) return std::nullopt;
      if (to == kToEndpoint && (setup.index & 0x0F) != 0)
        return Bytes{static_cast<std::uint8_t>(halted((setup.index & 0x80) != 0) ? 1 : 0), 0};
      return Bytes{static_cast<std::uint8_t>(to == kToDevice ? 1 : 0), 0};  // has its own power
    case 1:                                                                 // CLEAR_FEATURE
    case 3:                                                                 // SET_FEATURE
      if (from_device) return std::nullopt;
      if (to == kToEndpoint && setup.value == 0) {  // ENDPOINT_HALT
        const bool in = (setup.index & 0x80) != 0;
        if (setup.index != endpoint(in)) return std::nullopt;
        halted_[in ? 1 : 0] = setup.request == 3;
        return Bytes{};
      }
      return std::nullopt;
    case 6:  // GET_DESCRIPTOR
      return from_device ? descriptor(setup.value) : std::nullopt;
    case 8:  // GET_CONFIGURATION
      return from_device ? std::optional(Bytes{configuration()}) : std::nullopt;
    case 9:  // SET_CONFIGURATION
      halted_ = {};
      return Bytes{};
    case 10:  // GET_INTERFACE
      return from_device ? std::optional(Bytes{0}) : std::nullopt;
    case 11:  // SET_INTERFACE
      return setup.value == 0 ? std::optional(Bytes{}) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// GET_DEVICE_ID is this model's own text: what the printers say there is not public. Port status: no fault,
// selected, paper; whether they mirror faults in it is not public either.
std::optional<Bytes> UsbFunction::printer_class(const UsbSetup& setup) {
  if ((setup.type & 0x1F) != kToInterface) return std::nullopt;
  if (setup.type == 0xA1 && setup.request == 0) {
    const std::string text =
        "MFG:" + identity_.maker + ";MDL:" + identity_.name + ";CLS:PRINTER;SN:" + identity_.serial + ";";
    const std::size_t size = text.size() + 2;
    Bytes all{static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size & 0xFF)};
    all.insert(all.end(), text.begin(), text.end());
    return all;
  }
  if (setup.type == 0xA1 && setup.request == 1) return Bytes{0x18};
  if (setup.type == 0x21 &&
      setup.request == 2) {  // SOFT_RESET: buffers are flushed, pipes are no more halted
    device_.lose_replies();
    waiting_.clear();
    halted_ = {};
    return Bytes{};
  }
  return std::nullopt;
}

std::size_t UsbFunction::write(std::span<const std::uint8_t> bytes, std::int64_t now_us) {
  const std::size_t taken = device_.receive(bytes);
  if (const std::int64_t delay = device_.reply_delay_us(); delay > 0) not_before_us_ = now_us + delay;
  return taken;
}

std::optional<Bytes> UsbFunction::read(std::size_t length, std::int64_t now_us) {
  if (now_us < not_before_us_) return std::nullopt;
  not_before_us_ = 0;
  if (waiting_.empty()) {
    auto reply = device_.reply();
    if (!reply) return std::nullopt;
    waiting_ = *std::move(reply);
  }
  const auto some = static_cast<std::ptrdiff_t>(std::min(length, waiting_.size()));
  Bytes packet(waiting_.begin(), waiting_.begin() + some);
  waiting_.erase(waiting_.begin(), waiting_.begin() + some);
  return packet;
}

void UsbFunction::give_back(std::span<const std::uint8_t> bytes) {
  waiting_.insert(waiting_.begin(), bytes.begin(), bytes.end());
}

}  // namespace model
