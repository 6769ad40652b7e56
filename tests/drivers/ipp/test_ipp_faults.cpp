// SPDX-License-Identifier: Apache-2.0
// What a machine can do to a card, at every step of it: the driver's word against the world.
#include <gtest/gtest.h>

#include <iostream>
#include <thread>

#include "drivers/ipp/room.hpp"
#include "drivers/specimen.hpp"

namespace drivers_test {
namespace {

using namespace std::chrono_literals;

struct Eyes {
  const char* name;
  const char* output;  ///< of the peer: yes, no
  SettingsMap settings;
};

class Faults : public ::testing::Test {
 protected:
  const sim::Picture front = specimen(1, sim::Side::front, 300), back = specimen(1, sim::Side::back, 300);
};

void expect_true(const Fate& fate, const std::vector<Room::Body>& bodies) {
  switch (fate.outcome) {
    case STN_CARD_PRINTED:
      ASSERT_EQ(bodies.size(), 1u) << fate.print.message;
      EXPECT_TRUE(fate.by_lookup || bodies[0].state == "printed") << fate.print.message;
      EXPECT_EQ(bodies[0].place, "at-camera");
      break;
    case STN_CARD_SPOILED:
      ASSERT_EQ(bodies.size(), 1u) << fate.print.message;
      EXPECT_EQ(bodies[0].state, "spoiled") << fate.print.message;
      break;
    case STN_CARD_NOT_STARTED:
      EXPECT_TRUE(bodies.empty()) << fate.print.message << ": would be printed twice";
      break;
    default:
      EXPECT_LE(bodies.size(), 1u);
      break;
  }
}

TEST_F(Faults, EveryFaultAtEveryStepIsNamedAndTheCardIsAccountedFor) {
  // PAPPL 1.3 tells no reasons at all while its door is open.
  struct Case {
    const char* kind;
    const char* reason;  ///< the operator hears of; "" = the job itself tells
    std::vector<const char*> at;
  };
  const std::vector<Case> kCases{{"media-empty", "media-empty", {"start", "front", "back"}},
                                 {"media-needed", "media-needed", {"start", "front", "back"}},
                                 {"cover-open", "cover-open", {"start", "front", "back"}},
                                 {"door-open", "other", {"start", "front", "back"}},
                                 {"input-tray-missing", "input-tray-missing", {"start", "front", "back"}},
                                 {"marker-supply-empty", "marker-supply-empty", {"start", "front", "back"}},
                                 {"marker-waste-full", "marker-waste-full", {"start", "front", "back"}},
                                 {"offline", "offline", {"start", "front", "back"}},
                                 {"media-jam", "media-jam", {"front", "back"}},
                                 {"abort", "", {"start", "front", "back"}},
                                 {"cancel", "", {"start", "front", "back"}},
                                 {"swallow", "", {"front", "back"}},
                                 {"hang", "", {"start", "front", "back"}}};
  int cases = 0;
  for (const auto& [name, hopper] :
       {std::pair("hopper counted", "counted"), std::pair("hopper not counted", "uncounted")}) {
    Room room({"--page-ms", "20", "--blanks", "2000", "--history", "1000"});
    const auto settings = room.settings({{"hopper", hopper}, {"print-wait", "2500"}});
    std::map<std::string, int> results;
    for (const Case& it : kCases)
      for (const char* at : it.at) {
        const std::string what = std::string(name) + ", " + it.kind + " at " + at;
        SCOPED_TRACE(what);
        ASSERT_TRUE(room.tidy_up());
        auto device = std::make_unique<Device>("ipp", settings);
        const int card = std::stoi(room.peer.state("fed")) + 1;
        ASSERT_EQ(room.peer.ask("fault " + std::to_string(card) + " " + at + " " + it.kind), "ok");
        const std::string token = "case-" + std::to_string(cases++);
        const Fate fate = print_and_settle(room, *device, token, front, &back, [&] {
          device = std::make_unique<Device>("ipp", settings);
          return device.get();
        });
        EXPECT_LT(fate.seconds, 7) << "hangs";
        EXPECT_NE(fate.print.code, STN_OK);
        EXPECT_GT(std::string(fate.print.message).size(), 10u);
        EXPECT_TRUE(*it.reason == 0 || fate.reasons.contains(it.reason)) << fate.print.message;
        expect_true(fate, room.bodies_of(token));
        EXPECT_EQ(room.peer.state("doubles"), "0");
        results[std::string(name_of(fate.outcome)) + (fate.by_lookup ? ", settled" : "")]++;
        if (fate.outcome == STN_CARD_UNKNOWN)
          std::cout << "[ UNKNOWN  ] " << what << ": " << fate.print.message << " ("
                    << room.bodies_of(token).size() << " bodies)\n";
      }
    std::cout << "[  CASES   ] " << name;
    for (const auto& [result, count] : results) std::cout << "; " << result << " " << count;
    std::cout << "\n";
  }
  std::cout << "[  CASES   ] " << cases << " in all\n";
}

TEST_F(Faults, ThatStandAlreadyAreToldBeforeAnythingIsSent) {
  Room room;
  Device device("ipp", room.settings());
  for (const auto& [keyword, code] : {std::pair("media-empty", STN_E_MEDIA),
                                      {"cover-open", STN_E_COVER},
                                      {"media-jam", STN_E_JAM},
                                      {"marker-supply-empty", STN_E_SUPPLY},
                                      {"door-open", STN_E_HARDWARE},
                                      {"offline", STN_E_HARDWARE}}) {
    ASSERT_EQ(room.peer.ask(std::string("reason ") + keyword), "ok");
    const stn_result result = device.print("card1", front, &back, 300);
    EXPECT_EQ(result.code, code) << keyword << ": " << result.message;
    EXPECT_EQ(result.outcome, STN_CARD_NOT_STARTED);
    EXPECT_EQ(result.action, STN_ACT_OPERATOR) << keyword;
    ASSERT_EQ(room.peer.ask("mend"), "ok");
  }
  EXPECT_TRUE(room.bodies().empty());
  ASSERT_EQ(room.peer.ask("reason media-low"), "ok");
  EXPECT_EQ(device.print("card1", front, &back, 300).outcome, STN_CARD_PRINTED) << "a warning stops nobody";
}

TEST_F(Faults, ACardInTheOutputIsTakenAwayFirst) {
  Room room;
  Device device("ipp", room.settings());
  ASSERT_EQ(device.print("card1", front, &back, 300).code, STN_OK);
  EXPECT_EQ(device.status().card_at, STN_AT_CAMERA);
  EXPECT_EQ(device.to_camera("card1").card_at, STN_AT_CAMERA);
  const stn_result second = device.print("card2", front, &back, 300);
  EXPECT_EQ(second.code, STN_E_MEDIA);
  EXPECT_EQ(second.outcome, STN_CARD_NOT_STARTED);
  ASSERT_EQ(room.peer.ask("take good"), "ok");
  EXPECT_EQ(device.status().card_at, STN_AT_UNKNOWN);
  EXPECT_EQ(device.to_camera("card1").code, STN_E_MEDIA);
  EXPECT_EQ(device.print("card2", front, &back, 300).code, STN_OK);
}

TEST_F(Faults, CancelBeforeAnythingIsSentLeavesTheBlankWhereItIs) {
  Room room;
  Device device("ipp", room.settings());
  TestHost::instance().cancel = true;
  const stn_result result = device.print("card1", front, &back, 300);
  TestHost::instance().cancel = false;
  EXPECT_EQ(result.code, STN_E_CANCELLED);
  EXPECT_EQ(result.outcome, STN_CARD_NOT_STARTED);
  EXPECT_TRUE(room.bodies().empty());
}

TEST_F(Faults, CancelOfACardUnderWayComesTooLate) {
  Room room({"--page-ms", "300"});
  Device device("ipp", room.settings());
  TestHost::instance().take_events();
  std::thread impatient([&] {  // cancels as soon as the driver knows that the printer has begun
    for (bool begun = false; !begun; std::this_thread::sleep_for(2ms))
      for (const auto& event : TestHost::instance().take_events())
        begun |= event.kind == STN_EV_PROGRESS && event.a == STN_STEP_FRONT;
    TestHost::instance().cancel = true;
  });
  const stn_result result = device.print("card1", front, &back, 300);
  impatient.join();
  TestHost::instance().cancel = false;
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED) << result.message;
  EXPECT_EQ(room.bodies_of("card1").size(), 1u);
}

// A printer forgets its jobs; that a job is not in its list says nothing.
TEST_F(Faults, AJobThatThePrinterForgotIsUnknownAndOneThatWasNeverSentIsNot) {
  Room room;
  const auto notes = (room.folder() / "notes").string();
  {
    Device device("ipp", room.settings({{"notes", notes}}));
    ASSERT_EQ(device.print("card1", front, &back, 300).code, STN_OK);
    ASSERT_EQ(room.peer.ask("take good"), "ok");
  }
  room.peer.stop();
  room.peer.start();
  stn_card card{};
  {
    Device device("ipp", room.settings({{"notes", notes}}));
    EXPECT_EQ(device.lookup("card1", card).code, STN_OK);
    EXPECT_EQ(card.outcome, STN_CARD_UNKNOWN);
    EXPECT_EQ(device.lookup("never", card).code, STN_E_NOT_FOUND);
  }
  Device without("ipp", room.settings());
  EXPECT_EQ(without.lookup("never", card).code, STN_OK);
  EXPECT_EQ(card.outcome, STN_CARD_UNKNOWN) << "without notes nobody knows";
}

TEST_F(Faults, APrinterThatDoesNotSeeItsOutputPrintsOnlyWhereThatIsAllowed) {
  Room room({"--eyes", "no"});
  {
    Device device("ipp", room.settings());
    EXPECT_EQ(device.printer().caps & (STN_CAP_EJECT_SENSOR | STN_CAP_MOVE_TO_CAMERA | STN_CAP_COUNTER), 0u);
    const stn_result result = device.print("card1", front, &back, 300);
    EXPECT_EQ(result.code, STN_E_UNSUPPORTED);
    EXPECT_EQ(result.action, STN_ACT_STOP_DEVICE);
    EXPECT_EQ(result.outcome, STN_CARD_NOT_STARTED);
    EXPECT_TRUE(room.bodies().empty());
  }
  Device device("ipp", room.settings({{"output", "unseen"}}));
  const stn_result result = device.print("card1", front, &back, 300);
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED) << result.message;
  EXPECT_EQ(result.card_at, STN_AT_OUTPUT);
  EXPECT_EQ(device.to_camera("card1").code, STN_E_UNSUPPORTED);
}

TEST_F(Faults, OpeningSaysWhatThePrinterLacks) {
  Room room({"--sides", "one"});
  const auto why = [&](const SettingsMap& more) -> std::string {
    try {
      Device device("ipp", room.settings(more));
      return "opened";
    } catch (const OpenFailed& failed) {
      return failed.result.message;
    }
  };
  EXPECT_NE(why({{"media", "iso_a4_210x297mm"}}).find("no media iso_a4"), std::string::npos);
  EXPECT_NE(why({{"sides", "two-sided-long-edge"}}).find("two-sided-long-edge"), std::string::npos);
  EXPECT_NE(why({{"uri", "ipps://127.0.0.1/x"}}).find("only ipp:"), std::string::npos);
  EXPECT_NE(why({{"uri", "nonsense"}}).find("write ipp://HOST"), std::string::npos);
  EXPECT_NE(why({{"uri", room.peer.uri() + "-other"}}).find("not-found"), std::string::npos)
      << why({{"uri", room.peer.uri() + "-other"}});
  EXPECT_NE(why({{"uri", model::PapplPeer::uri_of(model::free_port())}}).find("Nobody answers"),
            std::string::npos);
  Device device("ipp", room.settings());
  EXPECT_EQ(device.printer().caps & STN_CAP_DUPLEX, 0u);
  EXPECT_EQ(device.print("card1", front, &back, 300).code, STN_E_BAD_INPUT);
  EXPECT_EQ(device.print("card1", front, nullptr, 300).outcome, STN_CARD_PRINTED);
}

}  // namespace
}  // namespace drivers_test
