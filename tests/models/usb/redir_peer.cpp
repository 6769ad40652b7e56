// SPDX-License-Identifier: Apache-2.0
#include "models/usb/redir_peer.hpp"

#include <fcntl.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "models/control_socket.hpp"

namespace model {
namespace {

constexpr std::size_t kMostTransfer = 1u << 20;  // bytes
constexpr std::size_t kMostWaiting = 64;         // transfers each way
constexpr std::uint64_t kMostUnread = 4u << 20;  // bytes that the guest has not read
constexpr guint kTickMs = 2;                     // how often a model is asked what it has to say
constexpr std::uint8_t kInterfaceDescriptor = 4, kEndpointDescriptor = 5;

/// The protocol's tables have 16 endpoints out, then 16 in.
constexpr std::size_t slot_of(std::uint8_t endpoint) {
  return static_cast<std::size_t>((endpoint & 0x80) >> 3 | (endpoint & 0x0F));
}

}  // namespace

struct RedirPeer::Calls {
  static RedirPeer& self(void* of) { return *static_cast<RedirPeer*>(of); }
  static void log(void*, int level, const char* text) {
    if (level <= usbredirparser_warning) std::fprintf(stderr, "model: %s\n", text);
  }
  static int read(void* of, std::uint8_t* data, int count) {
    const ssize_t got = ::read(self(of).guest_, data, static_cast<std::size_t>(count));
    if (got > 0) return static_cast<int>(got);
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  }
  static int write(void* of, std::uint8_t* data, int count) {
    const ssize_t sent = ::send(self(of).guest_, data, static_cast<std::size_t>(count), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<int>(sent);
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
  }
  static void hello(void* of, usb_redir_hello_header*) {
    self(of).greeted_ = true;
    self(of).show();
  }
  static void reset(void* of) {
    self(of).drop_transfers();
    self(of).function_.reset();
  }
  static void set_configuration(void* of, std::uint64_t id, usb_redir_set_configuration_header* wanted) {
    const bool known =
        wanted->configuration == 0 || wanted->configuration == self(of).function_.configuration();
    usb_redir_configuration_status_header status{
        static_cast<std::uint8_t>(known ? usb_redir_success : usb_redir_stall), wanted->configuration};
    usbredirparser_send_configuration_status(self(of).parser_.get(), id, &status);
  }
  static void get_configuration(void* of, std::uint64_t id) {
    usb_redir_configuration_status_header status{usb_redir_success, self(of).function_.configuration()};
    usbredirparser_send_configuration_status(self(of).parser_.get(), id, &status);
  }
  static void set_alt(void* of, std::uint64_t id, usb_redir_set_alt_setting_header* wanted) {
    usb_redir_alt_setting_status_header status{
        static_cast<std::uint8_t>(wanted->alt == 0 ? usb_redir_success : usb_redir_stall), wanted->interface,
        0};
    usbredirparser_send_alt_setting_status(self(of).parser_.get(), id, &status);
  }
  static void get_alt(void* of, std::uint64_t id, usb_redir_get_alt_setting_header* of_interface) {
    usb_redir_alt_setting_status_header status{usb_redir_success, of_interface->interface, 0};
    usbredirparser_send_alt_setting_status(self(of).parser_.get(), id, &status);
  }
  static void cancel(void* of, std::uint64_t id) { self(of).cancel(id); }
  static void gone(void* of) {
    self(of).shown_ = Shown::nothing;
    self(of).show();
  }
  static void control(void* of, std::uint64_t id, usb_redir_control_packet_header* head, std::uint8_t* data,
                      int) {
    self(of).take_control(id, *head);
    usbredirparser_free_packet_data(self(of).parser_.get(), data);
  }
  static void bulk(void* of, std::uint64_t id, usb_redir_bulk_packet_header* head, std::uint8_t* data,
                   int length) {
    self(of).take_bulk(id, *head, {data, static_cast<std::size_t>(std::max(length, 0))});
    usbredirparser_free_packet_data(self(of).parser_.get(), data);
  }
  // The device has no such endpoints.
  static void iso(void* of, std::uint64_t, usb_redir_iso_packet_header*, std::uint8_t* data, int) {
    usbredirparser_free_packet_data(self(of).parser_.get(), data);
    self(of).broken_ = true;
  }
  static void interrupt(void* of, std::uint64_t, usb_redir_interrupt_packet_header*, std::uint8_t* data,
                        int) {
    usbredirparser_free_packet_data(self(of).parser_.get(), data);
    self(of).broken_ = true;
  }
  template <typename Header>
  static void no_such(void* of, std::uint64_t, Header*) {
    self(of).broken_ = true;
  }
  // It may say what it would take; it has not been asked.
  static void filter(void*, usbredirfilter_rule* rules, int) { std::free(rules); }
  static void rejected(void*) { std::fprintf(stderr, "model: the guest refuses the device\n"); }
};

RedirPeer::RedirPeer(UsbFunction& function, std::string socket)
    : function_(function), socket_(std::move(socket)), listener_(listen_at(socket_)) {
  if (listener_ < 0) throw std::runtime_error("cannot listen at " + socket_);
  listening_ = g_unix_fd_add(listener_, G_IO_IN, &RedirPeer::on_connection, this);
}

RedirPeer::~RedirPeer() {
  hang_up(nullptr);
  g_source_remove(listening_);
  ::close(listener_);
  ::unlink(socket_.c_str());
}

gboolean RedirPeer::on_connection(gint, GIOCondition, gpointer self) {
  static_cast<RedirPeer*>(self)->accept_guest();
  return G_SOURCE_CONTINUE;
}

void RedirPeer::accept_guest() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (guest_ >= 0) {  // a device is on one bus
    ::close(fd);
    return;
  }
  guest_ = fd;
  greeted_ = broken_ = false;
  shown_ = Shown::nothing;
  parser_.reset(usbredirparser_create());
  usbredirparser& calls = *parser_;
  calls.priv = this;
  calls.log_func = &Calls::log;
  calls.read_func = &Calls::read;
  calls.write_func = &Calls::write;
  calls.hello_func = &Calls::hello;
  calls.reset_func = &Calls::reset;
  calls.set_configuration_func = &Calls::set_configuration;
  calls.get_configuration_func = &Calls::get_configuration;
  calls.set_alt_setting_func = &Calls::set_alt;
  calls.get_alt_setting_func = &Calls::get_alt;
  calls.cancel_data_packet_func = &Calls::cancel;
  calls.device_disconnect_ack_func = &Calls::gone;
  calls.control_packet_func = &Calls::control;
  calls.bulk_packet_func = &Calls::bulk;
  calls.iso_packet_func = &Calls::iso;
  calls.interrupt_packet_func = &Calls::interrupt;
  calls.start_iso_stream_func = &Calls::no_such<usb_redir_start_iso_stream_header>;
  calls.stop_iso_stream_func = &Calls::no_such<usb_redir_stop_iso_stream_header>;
  calls.start_interrupt_receiving_func = &Calls::no_such<usb_redir_start_interrupt_receiving_header>;
  calls.stop_interrupt_receiving_func = &Calls::no_such<usb_redir_stop_interrupt_receiving_header>;
  calls.alloc_bulk_streams_func = &Calls::no_such<usb_redir_alloc_bulk_streams_header>;
  calls.free_bulk_streams_func = &Calls::no_such<usb_redir_free_bulk_streams_header>;
  calls.start_bulk_receiving_func = &Calls::no_such<usb_redir_start_bulk_receiving_header>;
  calls.stop_bulk_receiving_func = &Calls::no_such<usb_redir_stop_bulk_receiving_header>;
  calls.filter_filter_func = &Calls::filter;
  calls.filter_reject_func = &Calls::rejected;
  std::array<std::uint32_t, USB_REDIR_CAPS_SIZE> can{};
  for (const int cap :
       {usb_redir_cap_connect_device_version, usb_redir_cap_filter, usb_redir_cap_device_disconnect_ack,
        usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids, usb_redir_cap_32bits_bulk_length})
    usbredirparser_caps_set_cap(can.data(), cap);
  usbredirparser_init(parser_.get(), "ktp-station model", can.data(), USB_REDIR_CAPS_SIZE,
                      usbredirparser_fl_usb_host);
  reading_ = g_unix_fd_add(guest_, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR),
                           &RedirPeer::on_bytes, this);
  ticking_ = g_timeout_add(kTickMs, &RedirPeer::on_tick, this);
  flush();
}

gboolean RedirPeer::on_bytes(gint, GIOCondition, gpointer of) {
  auto* const self = static_cast<RedirPeer*>(of);
  const int done = usbredirparser_do_read(self->parser_.get());
  if (done == usbredirparser_read_io_error) {
    self->hang_up("");
  } else if (done == usbredirparser_read_parse_error || self->broken_) {
    self->hang_up("the guest breaks the protocol");
  } else {
    self->pump();
  }
  return G_SOURCE_CONTINUE;  // where it hung up, the source is destroyed
}

gboolean RedirPeer::on_tick(gpointer of) {
  static_cast<RedirPeer*>(of)->pump();
  return G_SOURCE_CONTINUE;
}

void RedirPeer::hang_up(const char* why) {
  if (guest_ < 0) return;
  if (why != nullptr && *why != '\0') std::fprintf(stderr, "model: %s\n", why);
  g_source_remove(reading_);
  g_source_remove(ticking_);
  drop_transfers();
  memory_.clear();
  parser_.reset();
  ::close(guest_);
  guest_ = -1;
  greeted_ = false;
  shown_ = Shown::nothing;
}

// Interfaces and endpoints have to be known before the device is.
void RedirPeer::show() {
  if (!plugged_ || !greeted_ || shown_ != Shown::nothing) return;
  const std::vector<std::uint8_t>& all = function_.descriptors();
  usb_redir_interface_info_header interfaces{};
  usb_redir_ep_info_header endpoints{};
  std::ranges::fill(endpoints.type, static_cast<std::uint8_t>(usb_redir_type_invalid));
  endpoints.type[slot_of(0x00)] = endpoints.type[slot_of(0x80)] = usb_redir_type_control;
  endpoints.max_packet_size[slot_of(0x00)] = endpoints.max_packet_size[slot_of(0x80)] = all[7];
  for (std::size_t at = 0; at < all.size(); at += all[at]) {
    if (all[at + 1] == kInterfaceDescriptor && interfaces.interface_count < std::size(interfaces.interface)) {
      const auto n = interfaces.interface_count++;
      interfaces.interface[n] = all[at + 2];
      interfaces.interface_class[n] = all[at + 5];
      interfaces.interface_subclass[n] = all[at + 6];
      interfaces.interface_protocol[n] = all[at + 7];
    } else if (all[at + 1] == kEndpointDescriptor && interfaces.interface_count > 0) {
      const std::size_t slot = slot_of(all[at + 2]);
      endpoints.type[slot] = all[at + 3] & 3;
      endpoints.interval[slot] = all[at + 6];
      endpoints.interface[slot] = interfaces.interface[interfaces.interface_count - 1];
      endpoints.max_packet_size[slot] = static_cast<std::uint16_t>(all[at + 4] | all[at + 5] << 8);
    }
  }
  usb_redir_device_connect_header device{};
  device.speed = usb_redir_speed_high;
  device.device_class = all[4];
  device.device_subclass = all[5];
  device.device_protocol = all[6];
  device.vendor_id = static_cast<std::uint16_t>(all[8] | all[9] << 8);
  device.product_id = static_cast<std::uint16_t>(all[10] | all[11] << 8);
  device.device_version_bcd = static_cast<std::uint16_t>(all[12] | all[13] << 8);
  usbredirparser_send_interface_info(parser_.get(), &interfaces);
  usbredirparser_send_ep_info(parser_.get(), &endpoints);
  usbredirparser_send_device_connect(parser_.get(), &device);
  shown_ = Shown::device;
  flush();
}

void RedirPeer::plug() {
  if (plugged_) return;
  plugged_ = true;
  function_.reset();
  show();
}

void RedirPeer::unplug() {
  if (!plugged_) return;
  plugged_ = false;
  drop_transfers();
  memory_.clear();
  if (shown_ != Shown::device) return;
  const bool tells = usbredirparser_peer_has_cap(parser_.get(), usb_redir_cap_device_disconnect_ack) != 0;
  shown_ = tells ? Shown::going : Shown::nothing;
  usbredirparser_send_device_disconnect(parser_.get());
  flush();
}

void RedirPeer::drop_transfers() {
  writes_.clear();
  reads_.clear();
  last_ = {};
}

void RedirPeer::take_control(std::uint64_t id, usb_redir_control_packet_header head) {
  if (shown_ != Shown::device) return;
  const auto answer =
      function_.control({head.requesttype, head.request, head.value, head.index, head.length});
  std::vector<std::uint8_t> data;
  head.status = answer ? usb_redir_success : usb_redir_stall;
  if (answer && (head.requesttype & 0x80) != 0) data = *answer;
  if (!answer) head.length = 0;
  if (answer && (head.requesttype & 0x80) != 0) head.length = static_cast<std::uint16_t>(data.size());
  usbredirparser_send_control_packet(parser_.get(), id, &head, data.data(), static_cast<int>(data.size()));
}

void RedirPeer::take_bulk(std::uint64_t id, const usb_redir_bulk_packet_header& head,
                          std::span<const std::uint8_t> data) {
  if (shown_ != Shown::device) return;
  const bool in = (head.endpoint & 0x80) != 0;
  const std::size_t length = static_cast<std::size_t>(head.length_high) << 16 | head.length;
  if (head.endpoint != function_.endpoint(in) || length > kMostTransfer || (!in && data.size() != length) ||
      (in ? reads_.size() : writes_.size()) >= kMostWaiting) {
    broken_ = true;
    return;
  }
  if (in)
    reads_.push_back({id, length});
  else
    writes_.push_back({id, {data.begin(), data.end()}});
}

void RedirPeer::answer_bulk(std::uint64_t id, bool in, std::uint8_t status, std::size_t length,
                            std::span<const std::uint8_t> data) {
  usb_redir_bulk_packet_header head{};
  head.endpoint = function_.endpoint(in);
  head.status = status;
  head.length = static_cast<std::uint16_t>(length & 0xFFFF);
  head.length_high = static_cast<std::uint16_t>(length >> 16);
  usbredirparser_send_bulk_packet(parser_.get(), id, &head, const_cast<std::uint8_t*>(data.data()),
                                  static_cast<int>(data.size()));
}

// A cancel that meets an answer on its way: QEMU throws the answer away, and its guest never had it. Bytes
// read can be given once more; bytes written cannot be taken back, which no real bus does to a host.
void RedirPeer::cancel(std::uint64_t id) {
  const auto write = std::ranges::find(writes_, id, &Write::id);
  const auto read = std::ranges::find(reads_, id, &Read::id);
  if (write != writes_.end()) {
    writes_.erase(write);
    answer_bulk(id, false, usb_redir_cancelled, 0);
  } else if (read != reads_.end()) {
    reads_.erase(read);
    answer_bulk(id, true, usb_redir_cancelled, 0);
  } else if (last_.id == id && !last_.bytes.empty()) {
    function_.give_back(last_.bytes);
    last_ = {};
  } else if (shown_ == Shown::device) {
    std::fprintf(stderr, "model: transfer %llu was cancelled too late\n",
                 static_cast<unsigned long long>(id));
  }
}

void RedirPeer::serve_writes() {
  const auto now = g_get_monotonic_time();
  while (true) {
    if (!memory_.empty()) {
      const auto taken = static_cast<std::ptrdiff_t>(function_.write(memory_, now));
      memory_.erase(memory_.begin(), memory_.begin() + taken);
      if (!memory_.empty()) return;
    }
    if (writes_.empty()) return;
    Write& next = writes_.front();
    const std::size_t length = next.bytes.size();
    if (function_.halted(false)) {
      answer_bulk(next.id, false, usb_redir_stall, 0);
    } else {
      const std::size_t taken = length == 0 ? 0 : function_.write(next.bytes, now);
      if (taken == 0 && length != 0) return;
      memory_.assign(next.bytes.begin() + static_cast<std::ptrdiff_t>(taken), next.bytes.end());
      answer_bulk(next.id, false, usb_redir_success, length);
    }
    writes_.pop_front();
  }
}

void RedirPeer::serve_reads() {
  while (!reads_.empty()) {
    const Read next = reads_.front();
    if (function_.halted(true)) {
      answer_bulk(next.id, true, usb_redir_stall, 0);
    } else {
      auto packet = function_.read(next.length, g_get_monotonic_time());
      if (!packet) return;
      answer_bulk(next.id, true, usb_redir_success, packet->size(), *packet);
      last_ = {next.id, *std::move(packet)};
    }
    reads_.pop_front();
  }
}

void RedirPeer::pump() {
  if (guest_ < 0) return;
  if (shown_ == Shown::device) {
    serve_writes();
    serve_reads();
  }
  flush();
}

// What does not go out now goes with the next tick.
void RedirPeer::flush() {
  while (guest_ >= 0 && usbredirparser_has_data_to_write(parser_.get()) > 0) {
    const auto before = usbredirparser_get_bufferered_output_size(parser_.get());
    if (usbredirparser_do_write(parser_.get()) != 0) return hang_up("the guest is gone");
    const auto left = usbredirparser_get_bufferered_output_size(parser_.get());
    if (left > kMostUnread) return hang_up("the guest does not read");
    if (left == before) return;
  }
}

}  // namespace model
