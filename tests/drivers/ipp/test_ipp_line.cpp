// SPDX-License-Identifier: Apache-2.0
// Every request of a card coming to grief in every way: what the driver says must be what lies in the world.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "drivers/ipp/faulty_line.hpp"
#include "drivers/ipp/room.hpp"
#include "drivers/specimen.hpp"

namespace drivers_test {
namespace {

using namespace std::chrono_literals;

class Line : public ::testing::Test {
 protected:
  SettingsMap hasty() {
    SettingsMap settings = room.settings();
    settings["uri"] = model::PapplPeer::uri_of(line.port());
    settings["answer-wait"] = "700";
    settings["reach-wait"] = "600";
    settings["output-wait"] = "400";
    settings["print-wait"] = "6000";
    settings["hopper"] = "counted";
    settings["notes"] = (room.folder() / "notes").string();
    return settings;
  }

  /// As the station does it: print, and where that leaves doubt wait until the printer is ready, then look it
  /// up.
  Fate card(const std::string& token, Exchange where, Mishap mishap) {
    line.mend();
    auto device = std::make_unique<Device>("ipp", hasty());
    line.arm(where, mishap);
    Fate fate = print_and_settle(
        room, *device, token, front, &back,
        [&] {
          device = std::make_unique<Device>("ipp", hasty());
          return device.get();
        },
        [&] {
          struck = line.struck();
          line.mend();
        });
    return fate;
  }

  Room room{{"--page-ms", "40", "--blanks", "5000", "--history", "5000"}};
  FaultyLine line{room.peer.port()};
  const sim::Picture front = specimen(1, sim::Side::front, 300), back = specimen(1, sim::Side::back, 300);
  bool struck = false;
};

TEST_F(Line, EveryRequestOfACardMayComeToGriefInEveryWay) {
  const Fate good = card("clean", {}, Mishap::none);
  ASSERT_EQ(good.outcome, STN_CARD_PRINTED) << good.print.message;
  ASSERT_FALSE(good.by_lookup);
  // What a card asks. How often it looks at the job is a matter of time; the first of each and two more are
  // enough.
  std::vector<Exchange> exchanges;
  for (const auto& [operation, times] :
       std::map<int, int>{{0x000B, 3}, {0x0005, 1}, {0x0006, 1}, {0x0009, 2}})
    for (int nth = 1; nth <= times; ++nth) exchanges.push_back({operation, nth});

  int cases = 0, missed = 0;
  std::map<std::string, int> results;
  double longest = 0;
  for (const Exchange& where : exchanges) {
    for (const Mishap mishap : all_mishaps()) {
      const std::string name = to_string(where) + ", " + to_string(mishap);
      SCOPED_TRACE(name);
      ASSERT_TRUE(room.tidy_up());
      const std::string token = "case-" + std::to_string(cases++);
      const Fate fate = card(token, where, mishap);
      missed += struck ? 0 : 1;
      longest = std::max(longest, fate.seconds);
      // Whatever the printer still does, it has done now.
      for (int i = 0; i < 300 && room.peer.state("jobs") != "0"; ++i) {
        room.peer.ask("clear");
        std::this_thread::sleep_for(10ms);
      }
      const auto bodies = room.bodies_of(token);
      results[std::string(name_of(fate.outcome)) + (fate.by_lookup ? ", settled" : "")]++;
      if (fate.outcome == STN_CARD_UNKNOWN)
        std::cout << "[ UNKNOWN  ] " << name << ": " << fate.print.message << " (" << bodies.size()
                  << " bodies)\n";
      EXPECT_EQ(room.peer.state("doubles"), "0");
      EXPECT_LT(fate.seconds, 9) << "hangs";
      EXPECT_TRUE(fate.print.code == STN_OK || std::string(fate.print.message).size() > 10)
          << "does not say what to do";
      switch (fate.outcome) {
        case STN_CARD_PRINTED:
          ASSERT_EQ(bodies.size(), 1u) << fate.print.message;
          // Where the print itself could not tell, the camera sees what is missing.
          EXPECT_TRUE(fate.by_lookup || bodies[0].state == "printed");
          EXPECT_EQ(bodies[0].place, "at-camera");
          break;
        case STN_CARD_SPOILED:
          ASSERT_EQ(bodies.size(), 1u) << fate.print.message;
          EXPECT_EQ(bodies[0].state, "spoiled") << fate.print.message;
          break;
        case STN_CARD_NOT_STARTED:
          EXPECT_TRUE(bodies.empty()) << fate.print.message << ": lost, and would be printed twice";
          break;
        default:
          EXPECT_LE(bodies.size(), 1u);
          break;
      }
    }
  }
  std::cout << "[  CASES   ] " << cases << " (" << missed << " came after the card's end)";
  for (const auto& [what, count] : results) std::cout << "; " << what << " " << count;
  std::cout << "; longest " << longest << " s\n";
  EXPECT_LT(missed, cases / 4);
}

}  // namespace
}  // namespace drivers_test
