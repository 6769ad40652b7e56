// SPDX-License-Identifier: Apache-2.0
#include "models/usb/usb_device.hpp"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <linux/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace model {
namespace {

constexpr const char* kNode = "/dev/bus/usb/001/002";
constexpr const char* kDevice = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";

}  // namespace

UsbDevice::UsbDevice(ByteDevice& device, UsbIdentity identity)
    : device_(device),
      identity_(std::move(identity)),
      bed_(umockdev_testbed_new()),
      handler_(umockdev_ioctl_base_new()) {
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

std::string UsbDevice::root() const {
  char* const path = umockdev_testbed_get_root_dir(bed_);
  std::string text(path);
  g_free(path);
  return text;
}

void UsbDevice::plug() {
  if (plugged_) return;
  drop_all();
  GError* error = nullptr;
  const std::string text =
      std::string("P: ") + kDevice + "\nN: bus/usb/001/002=" + identity_.descriptors +
      "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=002\n"
      "E: DEVNAME=/dev/bus/usb/001/002\nA: idVendor=" +
      identity_.vendor + "\\n\nA: idProduct=" + identity_.product +
      "\\n\nA: busnum=1\\n\nA: devnum=2\\n\nA: serial=" + identity_.serial +
      "\\n\nA: bConfigurationValue=1\\n\nA: speed=480\\n\nH: descriptors=" + identity_.descriptors + "\n";
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
    case USBDEVFS_CONTROL: {
      UMockdevIoctlData* const to =
          umockdev_ioctl_data_resolve(arg, 0, sizeof(usbdevfs_ctrltransfer), nullptr);
      const auto* const setup = reinterpret_cast<usbdevfs_ctrltransfer*>(to->data);
      glong passed = 0;
      if (setup->bRequest == 8 && setup->wLength >= 1) {  // GET_CONFIGURATION
        UMockdevIoctlData* const data =
            umockdev_ioctl_data_resolve(to, G_STRUCT_OFFSET(usbdevfs_ctrltransfer, data), 1, nullptr);
        data->data[0] = 1;
        umockdev_ioctl_data_unref(data);
        passed = 1;
      }
      umockdev_ioctl_data_unref(to);
      return done(passed);
    }
    case USBDEVFS_SUBMITURB:
      return submit(client, arg);
    case USBDEVFS_DISCARDURB:
      return discard(client, arg);
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM:
    case USBDEVFS_RELEASEINTERFACE:
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESET:
    case USBDEVFS_IOCTL:
      return done(0);
    case USBDEVFS_GETDRIVER:
      return done(-1, ENODATA);
    default:
      return done(-1, ENOTTY);
  }
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
  ((what->endpoint & 0x80) == 0 ? writing_ : reading_).push_back(urb);
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
    if (plugged_) {
      const auto* const bytes = static_cast<const std::uint8_t*>(what->buffer);
      urb.taken += device_.receive({bytes + urb.taken, length - urb.taken});
      if (const std::int64_t delay = device_.reply_delay_us(); delay > 0)
        not_before_ = g_get_monotonic_time() + delay;
      if (urb.taken < length) return;
    } else {
      what->status = -ENODEV;
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
    } else {
      if (g_get_monotonic_time() < not_before_) return;
      const auto packet = device_.reply();
      if (!packet) return;
      const auto length =
          std::min<std::size_t>(packet->size(), static_cast<std::size_t>(what->buffer_length));
      std::memcpy(what->buffer, packet->data(), length);
      what->actual_length = static_cast<int>(length);
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

namespace {

int listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 8) != 0)
    return -1;
  return fd;
}

gboolean on_control(gint listener, GIOCondition, gpointer data) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return G_SOURCE_CONTINUE;
  const timeval patience{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string line;
  char c = 0;
  while (line.size() < 500 && ::read(fd, &c, 1) == 1 && c != '\n') line += c;
  std::string answer = (*static_cast<std::function<std::string(const std::string&)>*>(data))(line) + "\n";
  static_cast<void>(!::write(fd, answer.data(), answer.size()));
  ::close(fd);
  return G_SOURCE_CONTINUE;
}

}  // namespace

int run_model(const std::string& root, const std::string& control,
              std::function<std::string(const std::string&)> command) {
  const int listener = listen_at(control);
  if (listener < 0) return 1;
  g_unix_fd_add(listener, G_IO_IN, &on_control, &command);
  GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
  g_unix_signal_add(
      SIGTERM,
      [](gpointer l) -> gboolean {
        g_main_loop_quit(static_cast<GMainLoop*>(l));
        return G_SOURCE_REMOVE;
      },
      loop);
  std::printf("ready %s\n", root.c_str());
  std::fflush(stdout);
  g_main_loop_run(loop);
  g_main_loop_unref(loop);
  ::close(listener);
  return 0;
}

}  // namespace model
