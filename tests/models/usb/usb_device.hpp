// SPDX-License-Identifier: Apache-2.0
// A model as a USB device, without a bus: this process answers usbfs ioctls through umockdev. The station,
// its worker and libusb are the ones that are shipped; what they see of /sys and /dev/bus/usb comes from
// here.
#pragma once
#include <linux/usbdevice_fs.h>
#include <umockdev.h>

#include <cstddef>
#include <list>
#include <string>

#include "models/usb/cable.hpp"
#include "models/usb/function.hpp"

namespace model {

/// One main loop's thread only.
class UsbDevice final : public UsbCable {
 public:
  /// Plugged in at once. Ends the process where umockdev fails.
  explicit UsbDevice(UsbFunction& function);
  ~UsbDevice() override;

  [[nodiscard]] std::string address() const override;  ///< the UMOCKDEV_DIR of whoever shall see it
  void plug() override;
  void unplug() override;
  [[nodiscard]] bool plugged() const override { return plugged_; }
  void stall(bool in) override { function_.halt(in); }

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
  gboolean control(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  gboolean submit(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  gboolean discard(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  gboolean reap(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  bool give_finished(UMockdevIoctlClient* client, UMockdevIoctlData* arg);
  void serve_writes();
  void serve_reads();

  UsbFunction& function_;
  UMockdevTestbed* bed_;
  UMockdevIoctlBase* handler_;
  bool plugged_ = false, attached_ = false;
  std::list<Urb> writing_, reading_, finished_;
};

}  // namespace model
