// SPDX-License-Identifier: Apache-2.0
// The driver against a printer made of PAPPL, over TCP.
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "drivers/ipp/room.hpp"
#include "drivers/specimen.hpp"

namespace drivers_test {
namespace {

using namespace std::chrono_literals;

/// Every pixel that the printer has; the face's last row is half a pixel beyond what libcups takes for the
/// card.
void expect_same(const sim::Picture& sent, const sim::Picture& shown, const char* what) {
  ASSERT_EQ(shown.width, 1011) << what;
  ASSERT_EQ(shown.height, 637) << what;
  std::size_t different = 0;
  for (int y = 0; y < shown.height; ++y)
    for (int x = 0; x < shown.width; ++x) different += std::memcmp(sent.at(x, y), shown.at(x, y), 3) != 0;
  EXPECT_EQ(different, 0u) << what;
}

TEST(Ipp, ACardShowsBothFacesToTheBit) {
  Room room;
  Device device("ipp", room.settings());
  EXPECT_EQ(device.printer().native_dpi, 300u);
  const auto front = specimen(1, sim::Side::front, 300), back = specimen(1, sim::Side::back, 300);
  ASSERT_EQ(front.width, 1011);
  ASSERT_EQ(front.height, 638);
  const stn_result result = device.print("card1", front, &back, 300);
  ASSERT_EQ(result.code, STN_OK) << result.message;
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
  EXPECT_EQ(result.card_at, STN_AT_CAMERA);
  expect_same(front, room.face(1, sim::Side::front), "front");
  expect_same(back, room.face(1, sim::Side::back), "back");
  EXPECT_EQ(room.peer.state("doubles"), "0");
}

TEST(Ipp, TheBackStandsUprightHoweverThePrinterWantsIt) {
  for (const char* sides : {"short", "long"})
    for (const char* kind : {"normal", "flipped", "rotated", "manual-tumble"}) {
      SCOPED_TRACE(std::string(sides) + " " + kind);
      Room room({"--sides", sides, "--back", kind});
      Device device("ipp", room.settings());
      const auto front = specimen(2, sim::Side::front, 300), back = specimen(2, sim::Side::back, 300);
      const stn_result result = device.print("card1", front, &back, 300);
      ASSERT_EQ(result.code, STN_OK) << result.message;
      expect_same(back, room.face(1, sim::Side::back), "back");
      expect_same(front, room.face(1, sim::Side::front), "front");
    }
}

}  // namespace
}  // namespace drivers_test
