// SPDX-License-Identifier: Apache-2.0
// A model as a USB device, without a bus: this process answers usbfs ioctls through umockdev. The station,
// its worker and libusb are the ones that are shipped; what they see of /sys and /dev/bus/usb comes from
// here.
#pragma once
#include <linux/usbdevice_fs.h>
#include <umockdev.h>

#include <cstddef>
#include <functional>
#include <list>
#include <string>

#include "models/byte_device.hpp"

namespace model {

/// How it introduces itself; numbers as four hex digits.
struct UsbIdentity {
  std::string vendor, product;
  std::string descriptors;  ///< device and configuration as the bus sends them, hex
  std::string serial;
};

/// One main loop's thread only.
class UsbDevice {
 public:
  /// Plugged in at once. Ends the process where umockdev fails.
  UsbDevice(ByteDevice& device, UsbIdentity identity);
  UsbDevice(const UsbDevice&) = delete;
  UsbDevice& operator=(const UsbDevice&) = delete;
  ~UsbDevice();

  [[nodiscard]] std::string root() const;  ///< the UMOCKDEV_DIR of whoever shall see it
  void plug();
  void unplug();
  [[nodiscard]] bool plugged() const { return plugged_; }

 private:
  struct Urb {
    UMockdevIoctlData* data = nullptr;  ///< owned
    std::size_t taken = 0;              ///< bytes of a write that the device has
    [[nodiscard]] usbdevfs_urb* urb() const;
  };
  static gboolean on_ioctl(UMockdevIoctlBase* base, UMockdevIoctlClient* client, gpointer self);
  static void on_vanished(UMockdevIoctlBase* base, UMockdevIoctlClient* client, gpointer self);
  void drop_all();
  gboolean ioctl(UMockdevIoctlClient* client);
  gboolean submit(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  gboolean discard(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  gboolean reap(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  bool give_finished(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  void serve_writes();
  void serve_reads();

  ByteDevice& device_;
  const UsbIdentity identity_;
  UMockdevTestbed* bed_;
  UMockdevIoctlBase* handler_;
  bool plugged_ = false, attached_ = false;
  gint64 not_before_ = 0;  ///< monotonic time before which it says nothing
  std::list<Urb> writing_, reading_, finished_;
};

/// Listens at the socket `control`, says `ready ROOT` on standard output, and answers one line a connection
/// with one line of `command`, until SIGTERM. The exit code.
int run_model(const std::string& root, const std::string& control,
              std::function<std::string(const std::string&)> command);

}  // namespace model
