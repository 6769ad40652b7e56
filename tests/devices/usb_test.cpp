// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <station/abi.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include "devices/usb_bus.hpp"
#include "temp_folder.hpp"
#include "usb_codes.hpp"

namespace ktp::devices {
namespace {

const UsbDevice kZenius{0x0F49, 0x0A00, "S1", "/dev/bus/usb/001/002", true};
const UsbDevice kOther{0x0F49, 0x0A07, "S2", "/dev/bus/usb/001/003", true};
const UsbDevice kNoPrinter{0x0F49, 0x0B00, "S3", "/dev/bus/usb/001/004", false};
const UsbDevice kMouse{0x046D, 0xC077, "", "/dev/bus/usb/001/005", false};
const std::vector<wire::Match> kAnyOfVendor{{0x0F49, 0, 50, 1}};

TEST(UsbBus, TheOnlyDeviceThatFitsIsTaken) {
  const std::vector devices{kMouse, kNoPrinter, kZenius};
  const auto found = choose_usb_device(devices, kAnyOfVendor, "");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->node, kZenius.node);
  EXPECT_EQ(found->quirks, 1u);
}

TEST(UsbBus, OfSeveralTheSerialDecides) {
  const std::vector devices{kZenius, kOther};
  const auto one = choose_usb_device(devices, kAnyOfVendor, "S2");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->node, kOther.node);
  const auto which = choose_usb_device(devices, kAnyOfVendor, "");
  ASSERT_FALSE(which);
  EXPECT_EQ(which.error().code, ErrorCode::configuration);
  EXPECT_NE(which.error().message.find("\"S1\""), std::string::npos) << which.error().message;
  EXPECT_NE(which.error().message.find("\"S2\""), std::string::npos) << which.error().message;
}

TEST(UsbBus, NoneIsSaidWithWhatWasLookedForAndWhatIsThere) {
  const auto none = choose_usb_device(std::vector{kMouse}, kAnyOfVendor, "");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::input_missing);
  EXPECT_NE(none.error().message.find("0f49"), std::string::npos) << none.error().message;
  const auto other = choose_usb_device(std::vector{kZenius}, kAnyOfVendor, "S9");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("\"S1\""), std::string::npos) << other.error().message;
}

TEST(UsbBus, TwoWithOneSerialAreNotToldApart) {
  UsbDevice twin = kOther;
  twin.serial = "S1";
  const auto found = choose_usb_device(std::vector{kZenius, twin}, kAnyOfVendor, "S1");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::configuration);
}

TEST(UsbBus, TheExactProductWinsByItsScore) {
  const std::vector<wire::Match> matches{{0x0F49, 0, 50, 1}, {0x0F49, 0x0A00, 80, 2}};
  EXPECT_EQ(choose_usb_device(std::vector{kZenius}, matches, "")->quirks, 2u);
  EXPECT_EQ(choose_usb_device(std::vector{kOther}, matches, "")->quirks, 1u);
}

TEST(UsbBus, SysfsIsReadAsItIsAndNonsenseInItIsNoDevice) {
  const test::TempFolder sysfs;
  const auto write = [&](const std::string& device, const std::string& name, const std::string& text) {
    std::filesystem::create_directories(sysfs / device);
    std::ofstream(sysfs / device / name, std::ios::binary) << text;
  };
  for (const auto& [name, value] :
       {std::pair("idVendor", "0f49\n"), std::pair("idProduct", "0a00\n"), std::pair("busnum", "1\n"),
        std::pair("devnum", "12\n"), std::pair("serial", "S 1\n")})
    write("1-1", name, value);
  const std::string interface{"\x09\x02\x20\x00\x01\x01\x00\xC0\x32\x09\x04\x00\x00\x02\x07\x01\x02\x00", 18};
  write("1-1", "descriptors", interface);
  write("1-1:1.0", "bInterfaceClass", "07\n");
  write("1-2", "idVendor", "zz\n");
  const auto devices = usb_devices(sysfs.path());
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].vendor, 0x0F49);
  EXPECT_EQ(devices[0].product, 0x0A00);
  EXPECT_EQ(devices[0].serial, "S 1");
  EXPECT_EQ(devices[0].node, "/dev/bus/usb/001/012");
  EXPECT_TRUE(devices[0].printer);
  write("1-1", "descriptors", interface.substr(0, 9) + std::string(9, '\0'));  // a descriptor of length 0
  EXPECT_FALSE(usb_devices(sysfs.path())[0].printer);
  EXPECT_TRUE(usb_devices(sysfs / "nothing").empty());
}

// Enumerated: what libusb may say, and that none of it is taken for success.
TEST(UsbCodes, EveryErrorAndStatusHasAName) {
  using namespace ktp::worker;
  int named = 0;
  for (const int error : std::initializer_list<int>{
           LIBUSB_ERROR_IO, LIBUSB_ERROR_INVALID_PARAM, LIBUSB_ERROR_ACCESS, LIBUSB_ERROR_NO_DEVICE,
           LIBUSB_ERROR_NOT_FOUND, LIBUSB_ERROR_BUSY, LIBUSB_ERROR_TIMEOUT, LIBUSB_ERROR_OVERFLOW,
           LIBUSB_ERROR_PIPE, LIBUSB_ERROR_INTERRUPTED, LIBUSB_ERROR_NO_MEM, LIBUSB_ERROR_NOT_SUPPORTED,
           LIBUSB_ERROR_OTHER, -1234}) {
    EXPECT_NE(code_of_error(error), STN_OK) << error;
    ++named;
  }
  EXPECT_EQ(code_of_error(LIBUSB_SUCCESS), STN_OK);
  EXPECT_EQ(code_of_error(LIBUSB_ERROR_NO_DEVICE), STN_E_REMOVED);
  EXPECT_EQ(code_of_error(LIBUSB_ERROR_PIPE), STN_E_PROTOCOL);
  for (int status = LIBUSB_TRANSFER_COMPLETED; status <= LIBUSB_TRANSFER_OVERFLOW; ++status) {
    const auto code = code_of_status(static_cast<libusb_transfer_status>(status));
    EXPECT_EQ(code == STN_OK, status == LIBUSB_TRANSFER_COMPLETED) << status;
    ++named;
  }
  EXPECT_EQ(code_of_status(LIBUSB_TRANSFER_STALL), STN_E_PROTOCOL);
  EXPECT_EQ(code_of_status(LIBUSB_TRANSFER_NO_DEVICE), STN_E_REMOVED);
  EXPECT_EQ(code_of_status(LIBUSB_TRANSFER_TIMED_OUT), STN_E_TIMEOUT);
  EXPECT_EQ(named, 21);
}

}  // namespace
}  // namespace ktp::devices
