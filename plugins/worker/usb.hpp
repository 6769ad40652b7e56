// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <libusb.h>
#include <station/abi.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "usb_transport.hpp"

namespace ktp::worker {

/// The one USB device of this process, by libusb: what the host service station.usb/1 does. The device node
/// is opened and its interface claimed before the process gives up its access to files (isolation.hpp), so
/// the plugin never has a way to any other device. Device thread only.
class Usb final : public UsbTransport {
 public:
  /// Opens the node, adopts the descriptor, chooses the first configuration where none is active, and claims
  /// the printer-class interface, or the first with a bulk endpoint each way; a kernel driver that holds it
  /// is detached and comes back with `release`. Never throws: what went wrong is in `problem`.
  explicit Usb(const std::filesystem::path& node);
  ~Usb() override;

  [[nodiscard]] stn_code problem() const override { return problem_; }
  [[nodiscard]] const std::string& why() const override { return why_; }
  stn_code transfer(unsigned char type, std::uint64_t op, std::uint32_t endpoint, std::uint8_t* data,
                    std::uint32_t length, std::uint32_t timeout_ms, std::uint32_t* done,
                    const Cancelled& cancelled) override;
  stn_code control(std::uint64_t op, const stn_usb_setup* setup, std::uint8_t* data, std::uint32_t timeout_ms,
                   std::uint32_t* done, const Cancelled& cancelled) override;
  stn_code clear_halt(std::uint32_t endpoint) override;
  void release() override;
  stn_code descriptors(std::uint8_t* data, std::uint32_t length, std::uint32_t* done) const override;

 private:
  void fail(stn_code code, std::string why);
  void open(const std::filesystem::path& node);
  bool claim();
  stn_code run(libusb_transfer* transfer, std::uint64_t op, bool may_cancel, const Cancelled& cancelled,
               std::uint32_t* done);

  int node_ = -1;
  libusb_context* context_ = nullptr;
  libusb_device_handle* handle_ = nullptr;
  int interface_ = -1;
  bool gone_ = false;  ///< for good, also if the device comes back
  stn_code problem_ = STN_OK;
  std::string why_;
  std::vector<std::uint8_t> descriptors_;
};

}  // namespace ktp::worker
