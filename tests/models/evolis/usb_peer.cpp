// SPDX-License-Identifier: Apache-2.0
// The printer model as a USB device, without a bus: a process that answers usbfs ioctls through umockdev. The
// station, its worker and libusb are the ones that are shipped; what they see of /sys and /dev/bus/usb comes
// from here.
//
//   evolis_usb_peer WORLD --control SOCKET [--serial S] [--blanks N] [--faults SCRIPT] [--panel-ms N]
//
// Says `ready ROOT` when it is there (ROOT is the UMOCKDEV_DIR of whoever shall see it). One line a
// connection on the control socket, answered by one line:
//   take BIN          the operator takes the card from the output and puts it into BIN
//   clear             opens the cover, takes out what lies inside (to bin damaged), mends, closes
//   fill N            N more blanks
//   fault CARD AT TEXT   at command AT ("Ss", "Dbc;c", "Se") of card CARD: TEXT, until cleared
//   unplug, plug      the cable
//   state             "cards=N panels=N inside=N trouble=TEXT mode=N"
// --faults is the script of drivers/sim-world (half-print@4; missing-panel@7:1): what it does to a printed
// face.
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <linux/ioctl.h>
#include <linux/usbdevice_fs.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <umockdev.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>

#include "models/evolis/printer.hpp"
#include "sim-printer/print_faults.hpp"
#include "sim-world/random.hpp"
#include "sim-world/world.hpp"

namespace {

constexpr const char* kNode = "/dev/bus/usb/001/002";
constexpr const char* kDevice = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";

// Device and configuration as the bus sends them: vendor 0f49, printer class 7/1/2, one bulk endpoint each
// way.
constexpr const char* kDescriptors =
    "1201000200000040490F000A000101020301"
    "09022000010100C032"
    "090400000207010200"
    "07050102000200"
    "07058202000200";

/// Cards of the model are cards of a world folder, where sim-camera looks.
class WorldTray final : public model::Tray {
 public:
  WorldTray(const std::filesystem::path& folder, std::uint64_t blanks, const std::string& faults)
      : world_({.folder = folder,
                .blanks = blanks,
                .wait_a_little = {},
                .before_change = {},
                .warn = [](const std::string& text) { std::fprintf(stderr, "model: %s\n", text.c_str()); }}),
        faults_(sim::Script::parse(faults, sim::print_fault_rules())) {}

  std::uint64_t left() override { return world_.left(); }
  [[nodiscard]] std::uint64_t taken() const { return world_.taken(); }
  std::uint64_t feed() override {
    // The wire carries no token: the number names the card.
    return world_.feed("model" + std::to_string(world_.taken() + 1)).number;
  }
  void finish(std::uint64_t card, const model::Face& front, const model::Face& back, bool whole) override {
    put(card, sim::Side::front, front);
    put(card, sim::Side::back, back);
    world_.finish(card, whole ? sim::State::printed : sim::State::spoiled);
  }
  void to_output(std::uint64_t card) override { world_.move(card, sim::kAtCamera); }
  void to_reject(std::uint64_t card) override { world_.move(card, sim::bin_folder("damaged")); }
  bool output_taken() override { return !world_.at_camera().empty(); }
  bool take(const std::string& bin) {
    const auto there = world_.at_camera();
    if (there.size() != 1 || !sim::is_bin(bin)) return false;
    world_.move(there[0], sim::bin_folder(bin));
    return true;
  }
  void fill(std::uint64_t more) const {
    const auto file = world_.folder() / "hopper.json";
    std::ifstream in(file);
    auto json = nlohmann::ordered_json::parse(in);
    json["left"] = json["left"].get<std::uint64_t>() + more;
    const std::string text = json.dump() + "\n";
    world_.files().replace(file, sim::bytes(text));
  }

 private:
  void put(std::uint64_t card, sim::Side side, const model::Face& face) {
    sim::Picture picture(sim::View{face.rgb.data(), model::Face::kWidth, model::Face::kHeight,
                                   std::size_t{model::Face::kWidth} * 3});
    const sim::Zones zones{{62.31, 13.38, 20.4, 27.26},
                           {17.6, 10.6, 41.6, 4.2}};  // as sim-printer's defaults
    std::optional<sim::Picture> whole;
    if (side == sim::Side::front) whole = picture;
    sim::apply(faults_.at(card, 1), side, zones, before_ ? &*before_ : nullptr,
               sim::mix_all({card, static_cast<std::uint64_t>(side)}), picture);
    if (whole) before_ = std::move(whole);
    world_.put_face(card, side, picture.view());
  }
  sim::World world_;
  sim::Script faults_;
  std::optional<sim::Picture> before_;  ///< the front of the card before, as it was sent
};

struct Urb {
  UMockdevIoctlData* data = nullptr;  ///< owned
  usbdevfs_urb* urb() const { return reinterpret_cast<usbdevfs_urb*>(data->data); }
};

class Peer {
 public:
  Peer(const std::filesystem::path& world, std::uint64_t blanks, const std::string& serial,
       const std::string& faults, guint panel_ms)
      : tray_(world, blanks, faults),
        printer_(tray_, serial, tray_.taken(), 200),
        serial_(serial),
        panel_us_(gint64{panel_ms} * 1000),
        bed_(umockdev_testbed_new()),
        handler_(umockdev_ioctl_base_new()) {
    g_signal_connect(handler_, "handle-ioctl", G_CALLBACK(&Peer::on_ioctl), this);
    g_signal_connect(handler_, "client-vanished", G_CALLBACK(&Peer::on_vanished), this);
    plug();
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    g_object_unref(handler_);
    g_object_unref(bed_);
  }

  std::string root() const {
    char* const path = umockdev_testbed_get_root_dir(bed_);
    std::string text(path);
    g_free(path);
    return text;
  }

  std::string command(const std::string& line) {
    std::istringstream in(line);
    std::string word;
    in >> word;
    if (word == "take") {
      std::string bin;
      in >> bin;
      return tray_.take(bin) ? "ok" : "no card, or no such bin";
    }
    if (word == "clear") return "ok " + std::to_string(printer_.clear());
    if (word == "fill") {
      std::uint64_t more = 0;
      in >> more;
      tray_.fill(more);
      return "ok";
    }
    if (word == "fault") {
      model::PlannedFault fault;
      in >> fault.card >> fault.at;
      std::getline(in >> std::ws, fault.text);
      printer_.plan(std::move(fault));
      return "ok";
    }
    if (word == "unplug" && plugged_) {
      plugged_ = false;
      umockdev_testbed_uevent(bed_, (std::string("/sys") + kDevice).c_str(), "remove");
      umockdev_testbed_remove_device(bed_, (std::string("/sys") + kDevice).c_str());
      return "ok";
    }
    if (word == "plug" && !plugged_) {
      drop_all();
      plug();
      return "ok";
    }
    if (word == "state")
      return "cards=" + std::to_string(printer_.cards()) + " panels=" + std::to_string(printer_.panels()) +
             " inside=" + std::to_string(printer_.inside()) + " trouble=" + printer_.trouble() +
             " mode=" + std::to_string(printer_.error_mode());
    return "unknown command";
  }

 private:
  void plug() {
    GError* error = nullptr;
    const std::string text =
        std::string("P: ") + kDevice + "\nN: bus/usb/001/002=" + kDescriptors +
        "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=002\n"
        "E: DEVNAME=/dev/bus/usb/001/002\nA: idVendor=0f49\\n\nA: idProduct=0a00\\n\nA: busnum=1\\n\nA: "
        "devnum=2\\n\n"
        "A: serial=" +
        serial_ + "\\n\nA: bConfigurationValue=1\\n\nA: speed=480\\n\nH: descriptors=" + kDescriptors + "\n";
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

  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    return static_cast<Peer*>(self)->ioctl(client);
  }
  static void on_vanished(UMockdevIoctlBase*, UMockdevIoctlClient*, gpointer self) {
    static_cast<Peer*>(self)->drop_all();
  }
  void drop_all() {
    for (auto* list : {&waiting_, &finished_})
      for (const Urb& urb : *list) umockdev_ioctl_data_unref(urb.data);
    waiting_.clear();
    finished_.clear();
  }

  gboolean ioctl(UMockdevIoctlClient* client) {
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

  gboolean submit(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
    UMockdevIoctlData* const data = umockdev_ioctl_data_resolve(arg, 0, sizeof(usbdevfs_urb), nullptr);
    const Urb urb{data};
    usbdevfs_urb* const what = urb.urb();
    if (what->buffer_length > 0) {
      UMockdevIoctlData* const buffer = umockdev_ioctl_data_resolve(
          data, G_STRUCT_OFFSET(usbdevfs_urb, buffer), static_cast<gsize>(what->buffer_length), nullptr);
      if (buffer != nullptr) umockdev_ioctl_data_unref(buffer);
    }
    what->status = 0;
    if ((what->endpoint & 0x80) == 0) {
      const auto* const bytes = static_cast<const std::uint8_t*>(what->buffer);
      const bool quiet = !printer_.has_reply();
      printer_.receive({bytes, static_cast<std::size_t>(what->buffer_length)});
      // A panel takes its time; nothing else does.
      if (quiet && printer_.has_reply() && !printer_.history().empty() &&
          printer_.history().back().starts_with("Dbc;"))
        not_before_ = g_get_monotonic_time() + panel_us_;
      what->actual_length = what->buffer_length;
      finished_.push_back(urb);
    } else {
      waiting_.push_back(urb);
    }
    umockdev_ioctl_client_complete(client, 0, 0);
    return TRUE;
  }

  gboolean discard(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
    gulong address = 0;
    std::memcpy(&address, arg->data, sizeof address);
    for (auto urb = waiting_.begin(); urb != waiting_.end(); ++urb) {
      if (urb->data->client_addr != address) continue;
      urb->urb()->status = -ENOENT;
      urb->urb()->actual_length = 0;
      finished_.splice(finished_.end(), waiting_, urb);
      umockdev_ioctl_client_complete(client, 0, 0);
      return TRUE;
    }
    umockdev_ioctl_client_complete(client, -1, EINVAL);
    return TRUE;
  }

  void serve_reads() {
    while (!waiting_.empty()) {
      const Urb urb = waiting_.front();
      if (!plugged_) {
        urb.urb()->status = -ENODEV;
        urb.urb()->actual_length = 0;
      } else {
        if (g_get_monotonic_time() < not_before_) return;
        const auto packet = printer_.reply();
        if (!packet) return;
        const auto length =
            std::min<std::size_t>(packet->size(), static_cast<std::size_t>(urb.urb()->buffer_length));
        std::memcpy(urb.urb()->buffer, packet->data(), length);
        urb.urb()->actual_length = static_cast<int>(length);
      }
      finished_.splice(finished_.end(), waiting_, waiting_.begin());
    }
  }

  bool give_finished(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
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
  gboolean reap(UMockdevIoctlClient* client, UMockdevIoctlData* arg) {
    if (give_finished(client, arg)) return TRUE;
    struct Later {
      Peer* self;
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

  WorldTray tray_;
  model::EvolisPrinter printer_;
  const std::string serial_;
  const gint64 panel_us_;
  gint64 not_before_ = 0;
  UMockdevTestbed* bed_;
  UMockdevIoctlBase* handler_;
  bool plugged_ = false, attached_ = false;
  std::list<Urb> waiting_, finished_;
};

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
  std::string answer = static_cast<Peer*>(data)->command(line) + "\n";
  static_cast<void>(!::write(fd, answer.data(), answer.size()));
  ::close(fd);
  return G_SOURCE_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 64;
  std::string control, serial = "MODEL0001", faults;
  std::uint64_t blanks = 500;
  guint panel_ms = 0;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string word = argv[i], value = argv[i + 1];
    if (word == "--control")
      control = value;
    else if (word == "--serial")
      serial = value;
    else if (word == "--faults")
      faults = value;
    else if (word == "--blanks")
      blanks = std::stoull(value);
    else if (word == "--panel-ms")
      panel_ms = static_cast<guint>(std::stoul(value));
    else
      return 64;
  }
  try {
    Peer peer(argv[1], blanks, serial, faults, panel_ms);
    const int listener = listen_at(control);
    if (listener < 0) return 1;
    g_unix_fd_add(listener, G_IO_IN, &on_control, &peer);
    GMainLoop* const loop = g_main_loop_new(nullptr, FALSE);
    g_unix_signal_add(
        SIGTERM,
        [](gpointer l) -> gboolean {
          g_main_loop_quit(static_cast<GMainLoop*>(l));
          return G_SOURCE_REMOVE;
        },
        loop);
    std::printf("ready %s\n", peer.root().c_str());
    std::fflush(stdout);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "model: %s\n", error.what());
    return 1;
  }
  return 0;
}
