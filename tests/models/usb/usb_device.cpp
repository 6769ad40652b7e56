// SPDX-License-Identifier: Apache-2.0
#include "models/usb/usb_device.hpp"

#include <linux/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace model {
namespace {

constexpr const char* kNode = "/dev/bus/usb/001/002";
constexpr const char* kDevice = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";
constexpr int kSetup = 8;  // bytes that a control transfer begins with

/// The buffer of a control URB is the setup, then the data.
void finish_control(UsbFunction& function, usbdevfs_urb& urb) {
  if (urb.buffer_length < kSetup) {
    urb.status = -EINVAL;
    return;
  }
  auto* const bytes = static_cast<std::uint8_t*>(urb.buffer);
  const auto word = [&](int at) { return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8); };
  const UsbSetup setup{bytes[0], bytes[1], word(2), word(4), word(6)};
  const auto answer = function.control(setup);
  if (!answer) {
    urb.status = -EPIPE;
    return;
  }
  if ((setup.type & 0x80) == 0) {
    urb.actual_length = std::min<int>(setup.length, urb.buffer_length - kSetup);
    return;
  }
  const auto length =
      std::min<std::size_t>(answer->size(), static_cast<std::size_t>(urb.buffer_length - kSetup));
  if (length > 0) std::memcpy(bytes + kSetup, answer->data(), length);
  urb.actual_length = static_cast<int>(length);
}

}  // namespace

UsbDevice::UsbDevice(UsbFunction& function)
    : function_(function), bed_(umockdev_testbed_new()), handler_(umockdev_ioctl_base_new()) {
  g_signal_connect(handler_, "handle-ioctl", G_CALLBACK(&UsbDevice::on_ioctl), this);
  g_signal_connect(handler_, "client-vanished", G_CALLBACK(&UsbDevice::on_vanished), this);
  plug();
}

UsbDevice::~UsbDevice() {
  g_object_unref(handler_);
  g_object_unref(bed_);
}

usbdevfs_urb* UsbDevice::Urb::urb() const {
  return reinterpret_cast<usbdevfs_urb*>(data->data);
}

std::string UsbDevice::address() const {
  char* const path = umockdev_testbed_get_root_dir(bed_);
  std::string text(path);
  g_free(path);
  return text;
}

void UsbDevice::plug() {
  if (plugged_) return;
  drop_all();
  function_.reset();
  const UsbIdentity& identity = function_.identity();
  GError* error = nullptr;
  const std::string text =
      std::string("P: ") + kDevice + "\nN: bus/usb/001/002=" + identity.descriptors +
      "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=002\n"
      "E: DEVNAME=/dev/bus/usb/001/002\nA: idVendor=" +
      identity.vendor + "\\n\nA: idProduct=" + identity.product +
      "\\n\nA: busnum=1\\n\nA: devnum=2\\n\nA: serial=" + identity.serial +
      "\\n\nA: bConfigurationValue=1\\n\nA: speed=480\\n\nH: descriptors=" + identity.descriptors + "\n";
  if (!umockdev_testbed_add_from_string(bed_, text.c_str(), &error)) {
    std::fprintf(stderr, "model: %s\n", error->message);
    std::_Exit(1);
  }
  if (!attached_ && umockdev_testbed_attach_ioctl(bed_, kNode, handler_, &error) == FALSE) {
    std::fprintf(stderr, "model: %s\n", error->message);
    std::_Exit(1);
  }
  attached_ = true;
  plugged_ = true;
}

void UsbDevice::unplug() {
  if (!plugged_) return;
  plugged_ = false;
  umockdev_testbed_uevent(bed_, (std::string("/sys") + kDevice).c_str(), "remove");
  umockdev_testbed_remove_device(bed_, (std::string("/sys") + kDevice).c_str());
}

gboolean UsbDevice::on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
  return static_cast<UsbDevice*>(self)->ioctl(client);
}
void UsbDevice::on_vanished(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer self) {
  static_cast<UsbDevice*>(self)->drop_all();
}
void UsbDevice::drop_all() {
  for (auto* list : {&writing_, &reading_, &finished_}) {
    for (const Urb& urb : *list) umockdev_ioctl_data_unref(urb.data);
    list->clear();
  }
}

gboolean UsbDevice::ioctl(UMockdevIoctlClient* client) {
  const gulong request = umockdev_ioctl_client_get_request(client);
  UMockdevIoctlData* const arg = umockdev_ioctl_client_get_arg(client);
  const auto done = [&](glong result, int error = 0) {
    umockdev_ioctl_client_complete(client, result, error);
    return TRUE;
  };
  if (request == USBDEVFS_REAPURBNDELAY || request == USBDEVFS_REAPURB) return reap(client, arg);
  if (!plugged_) return done(-1, ENODEV);
  switch (request) {
    case USBDEVFS_GET_CAPABILITIES: {
      UMockdevIoctlData* const to = umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), nullptr);
      const guint32 can = USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_CONTINUATION |
                          USBDEVFS_CAP_REAP_AFTER_DISCONNECT | USBDEVFS_CAP_ZERO_PACKET;
      std::memcpy(to->data, &can, sizeof can);
      umockdev_ioctl_data_unref(to);
      return done(0);
    }
    case USBDEVFS_CONNECTINFO: {
      UMockdevIoctlData* const to =
          umockdev_ioctl_data_resolve(arg, 0, sizeof(usbdevfs_connectinfo), nullptr);
      const usbdevfs_connectinfo info{2, 0};
      std::memcpy(to->data, &info, sizeof info);
      umockdev_ioctl_data_unref(to);
      return done(0);
    }
    case USBDEVFS_CONTROL:
      return control(client, arg);
    case USBDEVFS_CLEAR_HALT: {
      UMockdevIoctlData* const to = umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), nullptr);
      guint32 endpoint = 0;
      std::memcpy(&endpoint, to->data, sizeof endpoint);
      umockdev_ioctl_data_unref(to);
      function_.clear_halt((endpoint & 0x80) != 0);
      return done(0);
    }
    case USBDEVFS_SUBMITURB:
      return submit(client, arg);
    case USBDEVFS_DISCARDURB:
      return discard(client, arg);
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM:
    case USBDEVFS_RELEASEINTERFACE:
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_IOCTL:
      return done(0);
    case USBDEVFS_RESET:
      function_.reset();
      return done(0);
    case USBDEVFS_GETDRIVER:
      return done(-1, ENODATA);
    default:
      return done(-1, ENOTTY);
  }
}

gboolean UsbDevice::control(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
  UMockdevIoctlData* const to = umockdev_ioctl_data_resolve(arg, 0, sizeof(usbdevfs_ctrltransfer), nullptr);
  const auto* const request = reinterpret_cast<usbdevfs_ctrltransfer*>(to->data);
  const auto answer = function_.control(
      {request->bRequestType, request->bRequest, request->wValue, request->wIndex, request->wLength});
  const auto length = answer ? answer->size() : 0;
  if (length > 0) {
    UMockdevIoctlData* const data = umockdev_ioctl_data_resolve(
        to, G_STRUCT_OFFSET(usbdevfs_ctrltransfer, data), request->wLength, nullptr);
    std::memcpy(data->data, answer->data(), length);
    umockdev_ioctl_data_unref(data);
  }
  umockdev_ioctl_data_unref(to);
  umockdev_ioctl_client_complete(client, answer ? static_cast<glong>(length) : -1, answer ? 0 : EPIPE);
  return TRUE;
}

gboolean UsbDevice::submit(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
  UMockdevIoctlData* const data = umockdev_ioctl_data_resolve(arg, 0, sizeof(usbdevfs_urb), nullptr);
  const Urb urb{data};
  usbdevfs_urb* const what = urb.urb();
  if (what->buffer_length > 0) {
    UMockdevIoctlData* const buffer = umockdev_ioctl_data_resolve(
        data, G_STRUCT_OFFSET(usbdevfs_urb, buffer), static_cast<gsize>(what->buffer_length), nullptr);
    if (buffer != nullptr) umockdev_ioctl_data_unref(buffer);
  }
  what->status = 0;
  what->actual_length = 0;
  if (what->type == USBDEVFS_URB_TYPE_CONTROL) {
    finish_control(function_, *what);
    finished_.push_back(urb);
  } else {
    ((what->endpoint & 0x80) == 0 ? writing_ : reading_).push_back(urb);
  }
  serve_writes();
  umockdev_ioctl_client_complete(client, 0, 0);
  return TRUE;
}

// Bytes that the device has taken of a write are gone to it; the host is told how many.
gboolean UsbDevice::discard(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
  gulong address = 0;
  std::memcpy(&address, arg->data, sizeof address);
  for (auto* list : {&writing_, &reading_})
    for (auto urb = list->begin(); urb != list->end(); ++urb) {
      if (urb->data->client_addr != address) continue;
      urb->urb()->status = -ENOENT;
      urb->urb()->actual_length = static_cast<int>(urb->taken);
      finished_.splice(finished_.end(), *list, urb);
      umockdev_ioctl_client_complete(client, 0, 0);
      return TRUE;
    }
  umockdev_ioctl_client_complete(client, -1, EINVAL);
  return TRUE;
}

void UsbDevice::serve_writes() {
  while (!writing_.empty()) {
    Urb& urb = writing_.front();
    usbdevfs_urb* const what = urb.urb();
    const auto length = static_cast<std::size_t>(what->buffer_length);
    if (!plugged_) {
      what->status = -ENODEV;
    } else if (function_.halted(false)) {
      what->status = -EPIPE;
    } else {
      const auto* const bytes = static_cast<const std::uint8_t*>(what->buffer);
      urb.taken += function_.write({bytes + urb.taken, length - urb.taken}, g_get_monotonic_time());
      if (urb.taken < length) return;
    }
    what->actual_length = static_cast<int>(urb.taken);
    finished_.splice(finished_.end(), writing_, writing_.begin());
  }
}

void UsbDevice::serve_reads() {
  while (!reading_.empty()) {
    usbdevfs_urb* const what = reading_.front().urb();
    if (!plugged_) {
      what->status = -ENODEV;
    } else if (function_.halted(true)) {
      what->status = -EPIPE;
    } else {
      const auto packet =
          function_.read(static_cast<std::size_t>(what->buffer_length), g_get_monotonic_time());
      if (!packet) return;
      if (!packet->empty()) std::memcpy(what->buffer, packet->data(), packet->size());
      what->actual_length = static_cast<int>(packet->size());
    }
    finished_.splice(finished_.end(), reading_, reading_.begin());
  }
}

bool UsbDevice::give_finished(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
  serve_writes();
  serve_reads();
  if (finished_.empty()) return false;
  const Urb urb = finished_.front();
  finished_.pop_front();
  UMockdevIoctlData* const pointer = umockdev_ioctl_data_resolve(arg, 0, sizeof(gpointer), nullptr);
  umockdev_ioctl_data_set_ptr(pointer, 0, urb.data);
  umockdev_ioctl_data_unref(pointer);
  umockdev_ioctl_client_complete(client, 0, 0);
  umockdev_ioctl_data_unref(urb.data);
  return true;
}

// The descriptor of a mocked device always counts as ready: a client that waits asks without a pause. An
// answer that takes a moment keeps it, and this process, from burning the processor.
gboolean UsbDevice::reap(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
  if (give_finished(client, arg)) return TRUE;
  struct Later {
    UsbDevice* self;
    UMockdevIoctlClient* client;
  };
  auto* const later = new Later{this, static_cast<UMockdevIoctlClient*>(g_object_ref(client))};
  g_timeout_add(
      1,
      [](gpointer data) -> gboolean {
        const std::unique_ptr<Later> due(static_cast<Later*>(data));
        if (umockdev_ioctl_client_get_connected(due->client)) {
          if (!due->self->give_finished(due->client, umockdev_ioctl_client_get_arg(due->client)))
            umockdev_ioctl_client_complete(due->client, -1, due->self->plugged_ ? EAGAIN : ENODEV);
        }
        g_object_unref(due->client);
        return G_SOURCE_REMOVE;
      },
      later);
  return TRUE;
}

}  // namespace model
