// SPDX-License-Identifier: Apache-2.0
// A second printer, by other people: ippeveprinter of CUPS. It spools the picture and hands it to a command.
// It wants mDNS, so it gets a D-Bus and an avahi of its own, in a network of its own.
#include <arpa/inet.h>
#include <cups/raster.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

#include "drivers/ipp/room.hpp"
#include "drivers/specimen.hpp"

namespace drivers_test {
namespace {

using namespace std::chrono_literals;
using ktp::test::Process;

constexpr const char* kEve = "/usr/sbin/ippeveprinter";
constexpr int kPort = 8631;  // the network is ours alone

/// What stands against it on this machine; "" = nothing.
std::string enter_own_network() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0)
    return std::string("a network namespace cannot be made: ") + std::strerror(errno);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return "mounts cannot be made private";
  ::mkdir("/run/avahi-daemon", 0755);
  if (::mount("none", "/run/avahi-daemon", "tmpfs", 0, nullptr) != 0) return "no tmpfs for avahi";
  ifreq lo{};
  std::strncpy(lo.ifr_name, "lo", sizeof lo.ifr_name - 1);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  lo.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK | IFF_MULTICAST;
  const bool up = ::ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
  ::close(fd);
  return up ? "" : "loopback does not come up";
}

void write_program(const fs::path& file, const std::string& text) {
  write_text(file, text);
  fs::permissions(file, fs::perms::owner_all);
}

bool listens(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool there = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return there;
}

/// ippeveprinter with what it needs; ends with the object.
class Eve {
 public:
  /// `command`: what it runs for each job, the picture's file as $1.
  Eve(const fs::path& folder, const std::string& command) : folder_(folder) {
    fs::create_directories(folder / "spool");
    write_text(
        folder / "bus.conf",
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><type>system</type>"
        "<listen>unix:path=" +
            (folder / "bus.sock").string() +
            "</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\" "
            "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/><allow user=\"*\"/></policy>"
            "</busconfig>\n");
    write_text(folder / "avahi.conf",
               "[server]\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces=lo\nenable-dbus=yes\n[wide-area]\n"
               "enable-wide-area=no\n[publish]\n[reflector]\n[rlimits]\n");
    write_text(folder / "card.conf",
               "ATTR keyword media-supported iso_id-1_53.98x85.6mm\n"
               "ATTR keyword media-default iso_id-1_53.98x85.6mm\n"
               "ATTR keyword sides-supported one-sided,two-sided-short-edge\n"
               "ATTR keyword sides-default one-sided\n"
               "ATTR keyword pwg-raster-document-type-supported srgb_8\n"
               "ATTR resolution pwg-raster-document-resolution-supported 300dpi\n"
               "ATTR keyword pwg-raster-document-sheet-back normal\n"
               "ATTR text printer-make-and-model \"ippeveprinter as a card printer\"\n");
    write_program(folder / "print.sh", "#!/bin/sh\n" + command + "\n");
    const std::string bus = "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + (folder / "bus.sock").string();
    start("bus", {"/usr/bin/dbus-daemon", "--config-file=" + (folder / "bus.conf").string(), "--nofork",
                  "--nopidfile"});
    wait("the bus", [&] { return listens(folder / "bus.sock"); });
    start("avahi", {"/usr/bin/env", bus, "/usr/sbin/avahi-daemon", "-f", (folder / "avahi.conf").string(),
                    "--no-drop-root", "--no-rlimits", "--no-chroot"});
    wait("avahi", [&] { return fs::exists("/run/avahi-daemon/pid"); });
    start("eve", {"/usr/bin/env", bus, kEve, "-p", std::to_string(kPort), "-n", "localhost", "-r", "off",
                  "-d", (folder / "spool").string(), "-k", "-c", (folder / "print.sh").string(), "-a",
                  (folder / "card.conf").string(), "Card"});
    wait("ippeveprinter", [] {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(kPort);
      const bool there = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      ::close(fd);
      return there;
    });
  }
  ~Eve() {
    while (!running_.empty()) running_.pop_back();
  }
  Eve(const Eve&) = delete;
  Eve& operator=(const Eve&) = delete;

  [[nodiscard]] static SettingsMap settings() {
    return {{"uri", "ipp://127.0.0.1:" + std::to_string(kPort) + "/ipp/print"},
            {"output", "unseen"},
            {"answer-wait", "3000"},
            {"output-wait", "0"},
            {"fault-wait", "300"}};
  }

 private:
  void start(const std::string& name, const std::vector<std::string>& command) {
    fs::create_directories(folder_ / name / "said");
    running_.push_back(std::make_unique<Process>(command, folder_ / name / "said"));
  }
  void wait(const std::string& what, const std::function<bool()>& there) const {
    for (int i = 0; i < 500 && running_.back()->running(); ++i) {
      if (there()) return;
      std::this_thread::sleep_for(20ms);
    }
    throw std::runtime_error(what + " did not start: " + running_.back()->err_so_far());
  }
  fs::path folder_;
  std::vector<std::unique_ptr<Process>> running_;
};

/// The pages of a raster file, as libcups reads them: portrait, RGB.
std::vector<sim::Picture> pages_of(const fs::path& file) {
  std::vector<sim::Picture> pages;
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  cups_raster_t* const raster = cupsRasterOpen(fd, CUPS_RASTER_READ);
  cups_page_header2_t header;
  while (raster != nullptr && cupsRasterReadHeader2(raster, &header) != 0) {
    sim::Picture page(static_cast<int>(header.cupsWidth), static_cast<int>(header.cupsHeight), 0);
    for (int y = 0; y < page.height; ++y)
      cupsRasterReadPixels(raster, page.at(0, y), header.cupsBytesPerLine);
    EXPECT_EQ(header.HWResolution[0], 300u);
    EXPECT_EQ(std::string(header.cupsPageSizeName), "iso_id-1_53.98x85.6mm");
    pages.push_back(std::move(page));
  }
  cupsRasterClose(raster);
  ::close(fd);
  return pages;
}

void expect_page(const sim::Picture& page, const sim::Picture& face) {
  ASSERT_EQ(page.width, 637);
  ASSERT_EQ(page.height, 1011);
  int different = 0;
  for (int y = 0; y < page.height; ++y)
    for (int x = 0; x < page.width; ++x)
      different += std::memcmp(page.at(x, y), face.at(y, page.width - 1 - x), 3) != 0 ? 1 : 0;
  EXPECT_EQ(different, 0);
}

/// In a network of its own, so on a thread of its own.
void in_own_network(const std::function<void(const fs::path&)>& body) {
  std::string against;
  if (::access(kEve, X_OK) != 0) against = std::string(kEve) + " is not installed (cups-ipp-utils)";
  TempFolder folder;
  if (against.empty())
    std::thread([&] {
      against = enter_own_network();
      try {
        if (against.empty()) body(folder.path());
      } catch (const OpenFailed& failed) {
        ADD_FAILURE() << "does not open: " << failed.result.message;
      } catch (const std::exception& failed) {
        ADD_FAILURE() << failed.what();
      }
    }).join();
  if (!against.empty()) GTEST_SKIP() << "not tried here: " << against;
}

TEST(EvePrinter, GetsBothFacesToTheBitAndItsCountIsTheEvidence) {
  in_own_network([](const fs::path& folder) {
    const Eve eve(folder, "cp \"$1\" " + (folder / "job.pwg").string() +
                              "\necho 'ATTR: job-impressions-completed=2' >&2");
    Device device("ipp", Eve::settings());
    const auto front = specimen(3, sim::Side::front, 300), back = specimen(3, sim::Side::back, 300);
    const stn_result result = device.print("card1", front, &back, 300);
    ASSERT_EQ(result.code, STN_OK) << result.message;
    EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
    EXPECT_EQ(result.card_at, STN_AT_OUTPUT);
    const auto pages = pages_of(folder / "job.pwg");
    ASSERT_EQ(pages.size(), 2u);
    expect_page(pages[0], front);
    expect_page(pages[1], back);
    stn_card card{};
    EXPECT_EQ(device.lookup("card1", card).code, STN_OK);
    EXPECT_EQ(card.outcome, STN_CARD_PRINTED);
  });
}

TEST(EvePrinter, CompletedWithoutACountIsNoCardPrinted) {
  in_own_network([](const fs::path& folder) {
    const Eve eve(folder, "exit 0");
    Device device("ipp", Eve::settings());
    const auto front = specimen(3, sim::Side::front, 300);
    const stn_result result = device.print("card1", front, &front, 300);
    EXPECT_EQ(result.outcome, STN_CARD_UNKNOWN) << result.message;
    EXPECT_NE(result.code, STN_OK);
  });
}

TEST(EvePrinter, AFailedCommandLeavesTheCardInDoubtAndItsJamIsToldAsTheWarningItIs) {
  in_own_network([](const fs::path& folder) {
    const Eve eve(folder, "echo 'STATE: +media-jam' >&2\nsleep 1\nexit 1");
    Device device("ipp", Eve::settings());
    const auto front = specimen(3, sim::Side::front, 300);
    TestHost::instance().take_events();
    const stn_result result = device.print("card1", front, &front, 300);
    // It says "media-jam-warning": a warning proves no blank in the path, so a person has to look.
    EXPECT_EQ(result.outcome, STN_CARD_UNKNOWN) << result.message;
    EXPECT_NE(std::string(result.message).find("Look for the card"), std::string::npos) << result.message;
    bool told = false;
    for (const auto& event : TestHost::instance().take_events())
      told |= event.kind == STN_EV_REASON && event.text == "media-jam" && event.b == 1 &&
              event.a == STN_SEVERITY_WARNING;
    EXPECT_TRUE(told);
  });
}

}  // namespace
}  // namespace drivers_test
