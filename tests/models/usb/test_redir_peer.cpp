// SPDX-License-Identifier: Apache-2.0
// The usbredir end of the printer models, with a guest of our own in QEMU's place.
#include <fcntl.h>
#include <glib.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <usbredirparser.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/usb/redir_peer.hpp"
#include "temp_folder.hpp"

namespace model {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr const char* kDescriptors =
    "1201000200000040490F000A000101020301"
    "09022000010100C032"
    "090400000207010200"
    "07050102000200"
    "07058202000200";
constexpr std::uint8_t kOut = 0x01, kIn = 0x82;

/// Takes so many bytes as it is told to, and says what it is told to.
class Echo final : public ByteDevice {
 public:
  std::size_t receive(std::span<const std::uint8_t> bytes) override {
    const std::size_t some = std::min(appetite, bytes.size());
    taken.insert(taken.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(some));
    appetite -= some;
    return some;
  }
  std::optional<Bytes> reply() override { return std::exchange(next, std::nullopt); }
  void lose_replies() override { next.reset(); }
  std::size_t appetite = 1u << 24;
  Bytes taken;
  std::optional<Bytes> next;
};

struct Answer {
  int status = -1;
  std::size_t length = 0;
  Bytes data;
};

/// QEMU's place.
class Guest {
 public:
  explicit Guest(const std::string& socket) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    parser_.reset(usbredirparser_create());
    usbredirparser& calls = *parser_;
    calls.priv = this;
    calls.log_func = [](void*, int, const char*) {};
    calls.read_func = [](void* of, std::uint8_t* data, int count) {
      auto* const self = static_cast<Guest*>(of);
      const ssize_t got = ::read(self->fd_, data, static_cast<std::size_t>(count));
      self->closed = self->closed || got == 0 || (got < 0 && errno != EAGAIN);
      return static_cast<int>(std::max<ssize_t>(got, 0));
    };
    calls.write_func = [](void* of, std::uint8_t* data, int count) {
      const ssize_t sent =
          ::send(static_cast<Guest*>(of)->fd_, data, static_cast<std::size_t>(count), MSG_NOSIGNAL);
      return sent < 0 ? (errno == EAGAIN ? 0 : -1) : static_cast<int>(sent);
    };
    calls.hello_func = [](void*, usb_redir_hello_header*) {};
    calls.interface_info_func = [](void* of, usb_redir_interface_info_header* info) {
      static_cast<Guest*>(of)->interface_class = info->interface_class[0];
    };
    calls.ep_info_func = [](void* of, usb_redir_ep_info_header* info) {
      static_cast<Guest*>(of)->packet_in = info->max_packet_size[0x12];
    };
    calls.device_connect_func = [](void* of, usb_redir_device_connect_header* device) {
      auto* const self = static_cast<Guest*>(of);
      ++self->connected;
      self->vendor = device->vendor_id;
    };
    calls.device_disconnect_func = [](void* of) {  // the parser answers that it has seen it
      ++static_cast<Guest*>(of)->disconnected;
    };
    calls.control_packet_func = [](void* of, std::uint64_t id, usb_redir_control_packet_header* head,
                                   std::uint8_t* data, int length) {
      static_cast<Guest*>(of)->keep(id, head->status, head->length, data, length);
    };
    calls.bulk_packet_func = [](void* of, std::uint64_t id, usb_redir_bulk_packet_header* head,
                                std::uint8_t* data, int length) {
      static_cast<Guest*>(of)->keep(
          id, head->status, static_cast<std::size_t>(head->length_high) << 16 | head->length, data, length);
    };
    std::array<std::uint32_t, USB_REDIR_CAPS_SIZE> can{};
    for (const int cap :
         {usb_redir_cap_connect_device_version, usb_redir_cap_device_disconnect_ack,
          usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids, usb_redir_cap_32bits_bulk_length})
      usbredirparser_caps_set_cap(can.data(), cap);
    usbredirparser_init(parser_.get(), "test", can.data(), USB_REDIR_CAPS_SIZE, 0);
  }
  ~Guest() { ::close(fd_); }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  void turn() {
    if (!closed && usbredirparser_has_data_to_write(parser_.get()) > 0 &&
        usbredirparser_do_write(parser_.get()) != 0)
      closed = true;
    if (!closed) static_cast<void>(usbredirparser_do_read(parser_.get()));
    for (int i = 0; i < 20; ++i) g_main_context_iteration(nullptr, FALSE);
  }
  /// Both sides go on until it holds; false: not within five seconds.
  bool until(const std::function<bool()>& holds) {
    const auto end = g_get_monotonic_time() + 5'000'000;
    while (!holds()) {
      if (g_get_monotonic_time() > end) return false;
      turn();
    }
    return true;
  }
  /// For what must not happen.
  void a_while() {
    const auto end = g_get_monotonic_time() + 30'000;
    while (g_get_monotonic_time() < end) turn();
  }

  std::uint64_t write(const Bytes& bytes, std::uint8_t endpoint = kOut) {
    return bulk(endpoint, bytes.size(), bytes);
  }
  std::uint64_t read(std::size_t length) { return bulk(kIn, length, {}); }
  std::uint64_t control(std::uint8_t type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
                        std::uint16_t length) {
    usb_redir_control_packet_header head{};
    head.endpoint = type & 0x80;
    head.requesttype = type;
    head.request = request;
    head.value = value;
    head.index = index;
    head.length = length;
    usbredirparser_send_control_packet(parser_.get(), ++last_, &head, nullptr, 0);
    return last_;
  }
  void cancel(std::uint64_t id) { usbredirparser_send_cancel_data_packet(parser_.get(), id); }
  void garbage(const Bytes& bytes) { static_cast<void>(!::write(fd_, bytes.data(), bytes.size())); }
  bool answered(std::uint64_t id) {
    return until([&] { return answers.contains(id); });
  }

  std::map<std::uint64_t, Answer> answers;
  bool closed = false;
  int connected = 0, disconnected = 0, vendor = 0, interface_class = 0, packet_in = 0;

 private:
  std::uint64_t bulk(std::uint8_t endpoint, std::size_t length, Bytes bytes) {
    usb_redir_bulk_packet_header head{};
    head.endpoint = endpoint;
    head.length = static_cast<std::uint16_t>(length & 0xFFFF);
    head.length_high = static_cast<std::uint16_t>(length >> 16);
    usbredirparser_send_bulk_packet(parser_.get(), ++last_, &head, bytes.data(),
                                    static_cast<int>(bytes.size()));
    return last_;
  }
  void keep(std::uint64_t id, int status, std::size_t length, std::uint8_t* data, int size) {
    answers[id] = {status, length, Bytes(data, data + std::max(size, 0))};
    usbredirparser_free_packet_data(parser_.get(), data);
  }
  struct Free {
    void operator()(usbredirparser* parser) const { usbredirparser_destroy(parser); }
  };
  int fd_;
  std::unique_ptr<usbredirparser, Free> parser_;
  std::uint64_t last_ = 100;
};

class RedirPeerTest : public testing::Test {
 protected:
  RedirPeerTest() {
    EXPECT_TRUE(guest.until([&] { return guest.connected == 1; }));
  }
  ktp::test::TempFolder folder;
  Echo device;
  UsbFunction function{device, {"0f49", "0a00", kDescriptors, "Maker", "Name", "S1"}};
  RedirPeer peer{function, (folder / "cable").string()};
  Guest guest{peer.address()};
};

TEST_F(RedirPeerTest, ShowsThePrinterAsItsDescriptorsHaveIt) {
  EXPECT_EQ(guest.vendor, 0x0f49);
  EXPECT_EQ(guest.interface_class, 7);
  EXPECT_EQ(guest.packet_in, 512);
  const auto serial = guest.control(0x80, 6, 0x0303, 0x0409, 255);
  ASSERT_TRUE(guest.answered(serial));
  EXPECT_EQ(guest.answers[serial].data, (Bytes{6, 3, 'S', 0, '1', 0}));
  const auto first = guest.control(0x80, 6, 0x0100, 0, 8);
  ASSERT_TRUE(guest.answered(first));
  EXPECT_EQ(guest.answers[first].data.size(), 8u) << "no more than was asked for";
  const auto unknown = guest.control(0xC0, 1, 0, 0, 8);
  ASSERT_TRUE(guest.answered(unknown));
  EXPECT_EQ(guest.answers[unknown].status, usb_redir_stall);
}

TEST_F(RedirPeerTest, PassesBytesBothWaysAndAReadWaitsForWhatThePrinterSays) {
  const auto read = guest.read(512);
  const auto write = guest.write(Bytes(100'000, 7));
  ASSERT_TRUE(guest.answered(write));
  EXPECT_EQ(guest.answers[write].length, 100'000u);
  EXPECT_EQ(device.taken, Bytes(100'000, 7));
  guest.a_while();
  EXPECT_FALSE(guest.answers.contains(read));
  device.next = Bytes{1, 2, 3};
  ASSERT_TRUE(guest.answered(read));
  EXPECT_EQ(guest.answers[read].data, (Bytes{1, 2, 3}));
}

TEST_F(RedirPeerTest, AReplyLongerThanTheReadComesWithTheNextOnes) {
  device.next = Bytes(700, 5);
  const auto first = guest.read(512), second = guest.read(512);
  ASSERT_TRUE(guest.answered(second));
  EXPECT_EQ(guest.answers[first].data.size(), 512u);
  EXPECT_EQ(guest.answers[second].data.size(), 188u);
}

TEST_F(RedirPeerTest, TakesATransferWholeOrNotAtAllSoThatACancelIsExact) {
  device.appetite = 10;
  const auto first = guest.write(Bytes(100, 1));
  ASSERT_TRUE(guest.answered(first));
  EXPECT_EQ(guest.answers[first].length, 100u);
  EXPECT_EQ(device.taken.size(), 10u);
  const auto second = guest.write(Bytes(100, 2));
  guest.a_while();
  EXPECT_FALSE(guest.answers.contains(second)) << "the printer has not taken the one before";
  guest.cancel(second);
  ASSERT_TRUE(guest.answered(second));
  EXPECT_EQ(guest.answers[second].status, usb_redir_cancelled);
  EXPECT_EQ(guest.answers[second].length, 0u);
  device.appetite = 1'000;
  const auto third = guest.write(Bytes(3, 3));
  ASSERT_TRUE(guest.answered(third));
  Bytes all(100, 1);
  all.insert(all.end(), 3, 3);
  EXPECT_EQ(device.taken, all);
}

TEST_F(RedirPeerTest, AReplyThatMetItsCancelIsGivenAgain) {
  device.next = Bytes{9};
  const auto read = guest.read(512);
  ASSERT_TRUE(guest.answered(read));
  guest.cancel(read);  // QEMU would have thrown the answer away
  const auto again = guest.read(512);
  ASSERT_TRUE(guest.answered(again));
  EXPECT_EQ(guest.answers[again].data, Bytes{9});
}

TEST_F(RedirPeerTest, AStallLastsUntilTheHostClearsIt) {
  peer.stall(false);
  for (int i = 0; i < 2; ++i) {
    const auto write = guest.write(Bytes(10, 1));
    ASSERT_TRUE(guest.answered(write));
    EXPECT_EQ(guest.answers[write].status, usb_redir_stall);
  }
  EXPECT_TRUE(device.taken.empty());
  ASSERT_TRUE(guest.answered(guest.control(0x02, 1, 0, kOut, 0)));
  const auto write = guest.write(Bytes(10, 1));
  ASSERT_TRUE(guest.answered(write));
  EXPECT_EQ(guest.answers[write].status, usb_redir_success);
}

TEST_F(RedirPeerTest, UnpluggedItTakesNothingMoreAndPluggedInItIsANewDevice) {
  device.appetite = 0;
  guest.write(Bytes(10, 1));
  guest.a_while();
  peer.unplug();
  const auto late = guest.write(Bytes(10, 2));  // sent before it was seen to go
  device.appetite = 100;
  peer.plug();
  ASSERT_TRUE(guest.until([&] { return guest.connected == 2; }));
  EXPECT_EQ(guest.disconnected, 1);
  guest.a_while();
  EXPECT_FALSE(guest.answers.contains(late));
  EXPECT_TRUE(device.taken.empty());
  ASSERT_TRUE(guest.answered(guest.write(Bytes(5, 3))));
  EXPECT_EQ(device.taken, Bytes(5, 3));
}

TEST_F(RedirPeerTest, AGuestThatBreaksTheLimitsIsCutOff) {
  const std::vector<std::function<void(Guest&)>> ways{
      [](Guest& g) { g.write(Bytes(2u << 20, 1)); },
      [](Guest& g) { g.write(Bytes(5, 1), 0x03); },
      [](Guest& g) { g.read(2u << 20); },
      [](Guest& g) {
        for (int i = 0; i < 100; ++i) g.read(512);
      },
      [](Guest& g) { g.garbage(Bytes(4'096, 0xFF)); },
  };
  guest.garbage(Bytes(4'096, 0xFF));
  EXPECT_TRUE(guest.until([&] { return guest.closed; }));
  for (std::size_t i = 0; i < ways.size(); ++i) {
    Guest next(peer.address());
    ASSERT_TRUE(next.until([&] { return next.connected == 1; })) << i;
    ways[i](next);
    EXPECT_TRUE(next.until([&] { return next.closed; })) << i;
  }
  EXPECT_TRUE(device.taken.empty());
}

}  // namespace
}  // namespace model
