// SPDX-License-Identifier: Apache-2.0
#include "usb.hpp"

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "usb_codes.hpp"

namespace ktp::worker {
namespace {

constexpr std::uint32_t kMostBytes = 1u << 20;
constexpr std::uint32_t kMostTimeoutMs = 60'000;
constexpr suseconds_t kLookUs = 50'000;  // how often a waiting transfer looks at the cancel
/// A transfer whose time-out libusb has not noticed by then is taken back: a broken clock or a stuck kernel.
constexpr int kMostLooks = static_cast<int>(kMostTimeoutMs * 1000 / kLookUs) + 100;
constexpr std::size_t kMostDescriptors = 1u << 14;

/// The printer-class interface, else the first with a bulk endpoint in each direction; -1: none.
int interface_of(const libusb_config_descriptor& config) {
  int plain = -1;
  for (int i = 0; i < config.bNumInterfaces; ++i) {
    const libusb_interface& interface = config.interface[i];
    if (interface.num_altsetting < 1) continue;
    const libusb_interface_descriptor& setting = interface.altsetting[0];
    bool in = false, out = false;
    for (int e = 0; e < setting.bNumEndpoints; ++e) {
      const libusb_endpoint_descriptor& endpoint = setting.endpoint[e];
      if ((endpoint.bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_BULK) continue;
      ((endpoint.bEndpointAddress & LIBUSB_ENDPOINT_IN) != 0 ? in : out) = true;
    }
    if (!in || !out) continue;
    if (setting.bInterfaceClass == LIBUSB_CLASS_PRINTER) return setting.bInterfaceNumber;
    if (plain < 0) plain = setting.bInterfaceNumber;
  }
  return plain;
}

}  // namespace

Usb::Usb(const std::filesystem::path& node) {
  open(node);
}

Usb::~Usb() {
  release();
  if (handle_ != nullptr) libusb_close(handle_);
  if (context_ != nullptr) libusb_exit(context_);
  if (node_ >= 0) ::close(node_);
}

void Usb::release() {
  if (interface_ >= 0) libusb_release_interface(handle_, interface_);  // its kernel driver comes back
  interface_ = -1;
}

void Usb::fail(stn_code code, std::string why) {
  problem_ = code;
  why_ = std::move(why);
}

void Usb::open(const std::filesystem::path& node) {
  node_ = ::open(node.c_str(), O_RDWR | O_CLOEXEC);
  if (node_ < 0) {
    const int error = errno;
    if (error == EACCES || error == EPERM)
      return fail(STN_E_BAD_INPUT, node.string() +
                                       " may not be opened by this user: install "
                                       "config/udev/70-ktp-station.rules and put the user into the group "
                                       "ktp-station");
    if (error == ENOENT || error == ENODEV || error == ENXIO)
      return fail(STN_E_REMOVED, "the device has been unplugged or switched off");
    return fail(STN_E_HARDWARE, node.string() + " cannot be opened: " + std::strerror(error));
  }
  descriptors_.resize(kMostDescriptors);
  const ssize_t read = ::pread(node_, descriptors_.data(), descriptors_.size(), 0);
  descriptors_.resize(read > 0 ? static_cast<std::size_t>(read) : 0);

  // No discovery: this process shall know of no device but the one it was given.
  libusb_set_option(nullptr, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
  if (const int error = libusb_init(&context_); error != 0) {
    context_ = nullptr;
    return fail(STN_E_HARDWARE, std::string("libusb cannot be started: ") + libusb_strerror(error));
  }
  if (const int error = libusb_wrap_sys_device(context_, node_, &handle_); error != 0) {
    handle_ = nullptr;
    const stn_code code = code_of_error(error);
    return fail(code == STN_E_REMOVED ? code : STN_E_HARDWARE,
                node.string() + " is no USB device that libusb can use: " + libusb_strerror(error));
  }
  claim();
}

bool Usb::claim() {
  libusb_device* const device = libusb_get_device(handle_);
  libusb_config_descriptor* config = nullptr;
  int error = libusb_get_active_config_descriptor(device, &config);
  if (error == LIBUSB_ERROR_NOT_FOUND) {  // not configured
    error = libusb_get_config_descriptor(device, 0, &config);
    if (error == 0) error = libusb_set_configuration(handle_, config->bConfigurationValue);
  }
  if (error != 0) {
    if (config != nullptr) libusb_free_config_descriptor(config);
    fail(code_of_error(error), std::string("its configuration cannot be read: ") + libusb_strerror(error));
    return false;
  }
  const int wanted = interface_of(*config);
  libusb_free_config_descriptor(config);
  if (wanted < 0) {
    fail(STN_E_UNSUPPORTED, "the device has no interface with a bulk endpoint in each direction");
    return false;
  }
  libusb_set_auto_detach_kernel_driver(handle_, 1);
  error = libusb_claim_interface(handle_, wanted);
  if (error != 0) {
    fail(code_of_error(error), error == LIBUSB_ERROR_BUSY
                                   ? "another program holds the device: stop it (CUPS, a vendor's service)"
                                   : std::string("the device cannot be claimed: ") + libusb_strerror(error));
    return false;
  }
  interface_ = wanted;
  return true;
}

stn_code Usb::run(libusb_transfer* transfer, std::uint64_t op, bool may_cancel, const Cancelled& cancelled,
                  std::uint32_t* done) {
  int completed = 0;
  transfer->user_data = &completed;
  transfer->callback = [](libusb_transfer* ended) { *static_cast<int*>(ended->user_data) = 1; };
  if (const int error = libusb_submit_transfer(transfer); error != 0) {
    const stn_code code = code_of_error(error);
    gone_ = gone_ || code == STN_E_REMOVED;
    return code;
  }
  bool asked_back = false;
  for (int looks = 0; completed == 0; ++looks) {
    timeval slice{0, kLookUs};
    const int error = libusb_handle_events_timeout_completed(context_, &slice, &completed);
    const bool wanted_back = (may_cancel && cancelled(op)) || looks > kMostLooks ||
                             (error < 0 && error != LIBUSB_ERROR_INTERRUPTED);
    if (completed == 0 && wanted_back && !asked_back) {
      asked_back = true;
      libusb_cancel_transfer(transfer);
    }
    // The kernel does not give the buffer back: it must not be freed, and this process is of no more use.
    if (looks > kMostLooks + 100) ::_exit(70);
  }
  if (done != nullptr) *done = static_cast<std::uint32_t>(std::max(transfer->actual_length, 0));
  const stn_code code = code_of_status(transfer->status);
  gone_ = gone_ || code == STN_E_REMOVED;
  return code;
}

stn_code Usb::transfer(unsigned char type, std::uint64_t op, std::uint32_t endpoint, std::uint8_t* data,
                       std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done,
                       const Cancelled& cancelled) {
  if (done != nullptr) *done = 0;
  if (timeout_ms == 0 || timeout_ms > kMostTimeoutMs || length > kMostBytes || endpoint > 0xFF ||
      (data == nullptr && length != 0))
    return STN_E_BAD_INPUT;
  if (gone_) return STN_E_REMOVED;
  if (problem_ != STN_OK) return problem_;
  libusb_transfer* const transfer = libusb_alloc_transfer(0);
  if (transfer == nullptr) return STN_E_HARDWARE;
  std::uint8_t nothing = 0;
  libusb_fill_bulk_transfer(transfer, handle_, static_cast<unsigned char>(endpoint),
                            data != nullptr ? data : &nothing, static_cast<int>(length), nullptr, nullptr,
                            timeout_ms);
  transfer->type = type;
  const stn_code code = run(transfer, op, (endpoint & LIBUSB_ENDPOINT_IN) != 0, cancelled, done);
  libusb_free_transfer(transfer);
  return code;
}

stn_code Usb::control(std::uint64_t op, const stn_usb_setup* setup, std::uint8_t* data,
                      std::uint32_t timeout_ms, std::uint32_t* done, const Cancelled& cancelled) {
  if (done != nullptr) *done = 0;
  if (setup == nullptr || timeout_ms == 0 || timeout_ms > kMostTimeoutMs ||
      (data == nullptr && setup->length != 0))
    return STN_E_BAD_INPUT;
  if (gone_) return STN_E_REMOVED;
  if (problem_ != STN_OK) return problem_;
  libusb_transfer* const transfer = libusb_alloc_transfer(0);
  if (transfer == nullptr) return STN_E_HARDWARE;
  std::vector<std::uint8_t> buffer(LIBUSB_CONTROL_SETUP_SIZE + setup->length);
  libusb_fill_control_setup(buffer.data(), setup->request_type, setup->request, setup->value, setup->index,
                            setup->length);
  const bool in = (setup->request_type & LIBUSB_ENDPOINT_IN) != 0;
  if (!in && setup->length != 0) std::memcpy(buffer.data() + LIBUSB_CONTROL_SETUP_SIZE, data, setup->length);
  libusb_fill_control_transfer(transfer, handle_, buffer.data(), nullptr, nullptr, timeout_ms);
  std::uint32_t passed = 0;
  const stn_code code = run(transfer, op, in, cancelled, &passed);
  passed = std::min<std::uint32_t>(passed, setup->length);
  if (in && passed != 0) std::memcpy(data, buffer.data() + LIBUSB_CONTROL_SETUP_SIZE, passed);
  if (done != nullptr) *done = passed;
  libusb_free_transfer(transfer);
  return code;
}

stn_code Usb::clear_halt(std::uint32_t endpoint) {
  if (endpoint > 0xFF) return STN_E_BAD_INPUT;
  if (gone_) return STN_E_REMOVED;
  if (problem_ != STN_OK) return problem_;
  const stn_code code = code_of_error(libusb_clear_halt(handle_, static_cast<unsigned char>(endpoint)));
  gone_ = gone_ || code == STN_E_REMOVED;
  return code;
}

stn_code Usb::descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const {
  if (done != nullptr) *done = 0;
  if (data == nullptr && length != 0) return STN_E_BAD_INPUT;
  if (gone_) return STN_E_REMOVED;
  if (problem_ != STN_OK) return problem_;
  const std::size_t some = std::min<std::size_t>(length, descriptors_.size());
  if (some != 0) std::memcpy(data, descriptors_.data(), some);
  if (done != nullptr) *done = static_cast<std::uint32_t>(some);
  return STN_OK;
}

}  // namespace ktp::worker
