// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "card-printer/panels.hpp"
#include "drivers/card-printer/cable.hpp"
#include "magicard/codec.hpp"
#include "magicard/magicard.hpp"
#include "magicard/replies.hpp"
#include "models/magicard/printer.hpp"

namespace magicard_test {
namespace {

using namespace card_test;
using Counts = model::MagicardPrinter::Counts;

constexpr std::uint64_t kEarlier = 4711;  // cards that this printer made before
constexpr std::uint64_t kNoTransfer = ~std::uint64_t{0};

std::vector<stn_setting> settings(const char* counter, const char* turn = "clockwise",
                                  const char* output = "OUTPUT=1") {
  return {{"output-sensor", output}, {"counter", counter},  {"turn", turn},
          {"black-level", "24"},     {"pause-limit", "30"}, {"print-wait", "100"}};
}

class Driver : public card_test::Driver<magicard::Magicard> {
 public:
  explicit Driver(Cable& cable, const char* counter = "printed")
      : card_test::Driver<magicard::Magicard>(cable, settings(counter)) {}
};

struct Bench {
  MemoryTray tray{50};
  model::MagicardPrinter printer;
  Cable cable{printer};
  explicit Bench(Counts counts = Counts::printed) : printer(tray, "SN-88", kEarlier, 2000, counts) {
    tray.last = kEarlier;
  }
  [[nodiscard]] std::uint64_t fed() const { return tray.last - kEarlier; }
  Card& card(std::uint64_t n = 1) { return tray.cards.at(kEarlier + n); }
};

std::string text(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

// ---- bytes ----

TEST(MagicardCodec, AQuestionIsNineWakesAndTheKey) {
  EXPECT_EQ(text(magicard::request("TCQ")), std::string(9, '\x05') + "\x01REQ,STA,TCQ,\x1C\x03");
}

TEST(MagicardCodec, ADyeRowIsSixStripesLowestBitFirst) {
  std::vector<std::uint8_t> dots(std::size_t{642} * 1016, 0);
  dots[0] = 0b000001;        // the leftmost dot of the first row
  dots[641] = 0b100000;      // the rightmost
  dots[642 + 1] = 0b101010;  // second row, second dot
  const auto plane = magicard::dye_plane(dots);
  ASSERT_EQ(plane.size(), 512'064u);
  EXPECT_EQ(plane[1], 0x01) << "dot 15 of 672 is the lowest bit of the second byte";
  EXPECT_EQ(plane[5 * 84 + 82], 0x80) << "dot 656, in the stripe of the highest bit";
  for (int bit = 0; bit < 6; ++bit)
    EXPECT_EQ(plane[504 + static_cast<std::size_t>(bit) * 84 + 2], bit % 2 == 1 ? 0x80 : 0x00) << bit;
  EXPECT_EQ(std::ranges::count_if(plane, [](std::uint8_t byte) { return byte != 0; }), 5);
}

TEST(MagicardCodec, APageIsTheDocumentedStream) {
  std::vector<std::uint8_t> rgb(std::size_t{kWidth} * kHeight * 3, 255);
  const auto white = card::separate(magicard::kPanel, {rgb.data(), kWidth, kHeight, kWidth * 3}, 24);
  const std::string front = text(magicard::page({.time = 0x1234ABCD}, white));
  const std::string head =
      std::string(64, '\x05') +
      "\x01,NOC1,VER0.1.0,LANENG,TDT1234ABCD,REJOFF,ESS1,KEE,RT2,DPXOFF,PAG1,SLWOFF,IMFBGR,XCO0,"
      "YCO0,WID642,HGT1016,OVRON,NNNOFF,USFOFF,PCT0,0,1025,641,DDD50,SZB512064,SZG512064,"
      "SZR512064\x1C";
  ASSERT_TRUE(front.starts_with(head));
  EXPECT_EQ(front.size(), head.size() + 3 * (512'064u + 3) + 1);
  EXPECT_EQ(front.substr(head.size() + 512'064, 3),
            "\x1C"
            "B:");
  EXPECT_TRUE(
      front.ends_with("\x1C"
                      "R:\x03"));
  rgb[0] = rgb[1] = rgb[2] = 0;
  const auto dotted = card::separate(magicard::kPanel, {rgb.data(), kWidth, kHeight, kWidth * 3}, 24);
  const std::string first = text(magicard::page({.number = 1, .duplex = true, .back_black = true}, dotted));
  EXPECT_NE(first.find(",DPXON,PAG1,BACCKO,SLWOFF,IMFBGRK,"), std::string::npos);
  EXPECT_NE(first.find(",SZK85344\x1C"), std::string::npos);
  const std::string second = text(magicard::page({.number = 2, .duplex = true}, dotted));
  EXPECT_NE(second.find(",DPXON,PAG2,SLWOFF,"), std::string::npos);
}

TEST(MagicardCodec, TheOtherWayRoundIsTurnedByHalf) {
  std::vector<std::uint8_t> rgb(std::size_t{kWidth} * kHeight * 3, 255);
  rgb[0] = rgb[1] = rgb[2] = 0;  // top left, at (2, 2) of the panel
  card::Panel panel = magicard::kPanel;
  const auto one = card::separate(panel, {rgb.data(), kWidth, kHeight, kWidth * 3}, 24);
  panel.clockwise = false;
  const auto other = card::separate(panel, {rgb.data(), kWidth, kHeight, kWidth * 3}, 24);
  EXPECT_EQ(one.black[std::size_t{2} * 642 + (641 - 2)], 1);
  EXPECT_EQ(other.black[std::size_t{1015 - 2} * 642 + 2], 1);
  EXPECT_EQ(std::vector(one.black.rbegin(), one.black.rend()), other.black);
}

// ---- replies ----

std::vector<magicard::Reply> replies(const std::string& bytes) {
  magicard::ReplyReader reader;
  std::vector<magicard::Reply> all;
  bool whole = reader.take({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  for (; whole; whole = reader.take({})) all.push_back(reader.reply());
  if (reader.silence()) all.push_back(reader.reply());
  return all;
}

TEST(MagicardReplies, AValueIsWhatStandsBehindItsKey) {
  const auto all = replies("\x01STA,TCQ00042,\x03\x01STA,MSRAB,12,\x03\x01STA,DYN,\x03");
  ASSERT_EQ(all.size(), 3u);
  const auto count = magicard::value_of(all[0]), serial = magicard::value_of(all[1]),
             none = magicard::value_of(all[2]);
  ASSERT_TRUE(count && serial && none);
  EXPECT_EQ(count->key, "TCQ");
  EXPECT_EQ(magicard::number_of(count->text), 42u);
  EXPECT_EQ(serial->text, "AB,12");
  EXPECT_EQ(none->text, "");
}

TEST(MagicardReplies, AFrameCutOffIsGarbledAndTheNextIsWhole) {
  const auto all = replies("\x01STA,TCQ4\x01STA,TCQ42,\x03");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].garbled);
  EXPECT_EQ(magicard::value_of(all[1])->text, "42");
  const auto open = replies("\x01STA,TCQ4");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_TRUE(open[0].garbled) << "4 of 42 is no number";
}

TEST(MagicardReplies, LinesComeWithAndWithoutAFrame) {
  const auto all = replies(std::string("LID 0\r\n\x01REAR 1,\x03") + "END");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(magicard::line_of(all[0]), "LID 0");
  EXPECT_EQ(magicard::line_of(all[1]), "REAR 1");
  EXPECT_TRUE(magicard::ends_list(*magicard::line_of(all[2])));
  EXPECT_FALSE(magicard::line_of(replies("\x80\x81\n")[0]));
  EXPECT_FALSE(magicard::line_of(replies("\x01STA,TCQ1,\x03")[0]));
}

// ---- a card ----

/// What each printed dot must be: computed here from the picture, by no code of the driver's.
void expect_shows(const model::Face& shown, const std::vector<std::uint8_t>& sent) {
  ASSERT_EQ(shown.rgb.size(), sent.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < sent.size(); i += 3) {
    const bool black = sent[i] <= 24 && sent[i + 1] <= 24 && sent[i + 2] <= 24;
    for (std::size_t c = 0; c < 3; ++c) {
      const int level = ((255 - sent[i + c]) * 63 + 127) / 255;
      const int expected = black ? 0 : 255 - (level * 255 + 31) / 63;
      wrong += shown.rgb[i + c] != expected ? 1 : 0;
    }
  }
  EXPECT_EQ(wrong, 0u) << "of " << sent.size() << " values";
}

TEST(MagicardDriver, ACardShowsBothFacesBitExact) {
  Bench bench;
  Driver driver(bench.cable);
  const auto front = test_face(1), back = test_face(2);
  const stn_result result = driver.print(front, &back);
  ASSERT_EQ(result.code, STN_OK) << result.message;
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
  EXPECT_EQ(result.card_at, STN_AT_CAMERA);
  EXPECT_EQ(result.counter_after, 0u) << "a total of printed cards is no counter of blanks";
  EXPECT_TRUE(bench.printer.refused().empty());
  EXPECT_TRUE(bench.card().whole);
  EXPECT_EQ(bench.card().place, "output");
  expect_shows(bench.card().front, front);
  expect_shows(bench.card().back, back);
  EXPECT_EQ(bench.printer.panels(), 7010u);
}

TEST(MagicardDriver, AWhiteCardNeedsNoBlackPlane) {
  Bench bench(Counts::fed);
  Driver driver(bench.cable, "fed");
  const std::vector<std::uint8_t> white(std::size_t{kWidth} * kHeight * 3, 255);
  const stn_result result = driver.print(white, nullptr);
  ASSERT_EQ(result.code, STN_OK) << result.message;
  EXPECT_EQ(result.counter_before, kEarlier);
  EXPECT_EQ(result.counter_after, kEarlier + 1);
  EXPECT_EQ(bench.printer.panels(), 7004u);
}

TEST(MagicardDriver, RefusesAPictureThatIsNotTheCard) {
  Bench bench;
  Driver driver(bench.cable);
  station::Host host(bench.cable.host());
  station::Op op(host, 1);
  const std::vector<std::uint8_t> pixels(100 * 100 * 3);
  stn_print_job job{};
  job.size = sizeof job;
  job.token = "t";
  job.front = {pixels.data(), 100, 100, 300, 300};
  EXPECT_EQ((*driver).print(op, job).code(), STN_E_BAD_INPUT);
  EXPECT_EQ(bench.fed(), 0u);
}

TEST(MagicardDriver, WithoutAnOutputSensorPrintsNothing) {
  Bench bench;
  card_test::Driver<magicard::Magicard> driver(bench.cable, settings("printed", "clockwise", ""));
  EXPECT_EQ((*driver).caps() & STN_CAP_EJECT_SENSOR, 0u);
  const stn_result result = driver.print(test_face(1), nullptr);
  EXPECT_EQ(result.code, STN_E_UNSUPPORTED);
  EXPECT_EQ(result.action, STN_ACT_STOP_DEVICE);
  EXPECT_EQ(bench.fed(), 0u);
  EXPECT_TRUE(std::ranges::any_of(bench.cable.log, [](const std::string& line) {
    return line == "magicard: SNR2 OUTPUT=0 (model)";
  })) << "what could be configured stands in the log";
}

TEST(MagicardDriver, PrintsNoCardOnOneThatLiesInTheOutput) {
  Bench bench;
  Driver driver(bench.cable);
  ASSERT_EQ(driver.print(test_face(1), nullptr).outcome, STN_CARD_PRINTED);
  EXPECT_EQ(driver.status().card_at, STN_AT_CAMERA);
  EXPECT_EQ(driver.to_camera().card_at, STN_AT_CAMERA);
  const stn_result second = driver.print(test_face(2), nullptr);
  EXPECT_EQ(second.code, STN_E_MEDIA);
  EXPECT_EQ(second.outcome, STN_CARD_NOT_STARTED);
  bench.tray.take_away();
  EXPECT_EQ(driver.status().card_at, STN_AT_UNKNOWN);
  EXPECT_EQ(driver.print(test_face(2), nullptr).outcome, STN_CARD_PRINTED);
}

TEST(MagicardDriver, APrinterThatTakesNothingIsNotStartedAndSaysWhereToLook) {
  Bench bench;
  Driver driver(bench.cable);
  bench.printer.plan({0, "eject", "lid"});
  ASSERT_EQ(driver.print(test_face(1), nullptr).outcome, STN_CARD_UNKNOWN) << "it has the whole job";
  const stn_result status = driver.status();
  EXPECT_EQ(status.code, STN_E_TIMEOUT);
  EXPECT_NE(std::string(status.message).find("display"), std::string::npos);
  EXPECT_TRUE(bench.cable.reasons.contains("timed-out"));
  const stn_result next = driver.print(test_face(2), nullptr);
  EXPECT_EQ(next.outcome, STN_CARD_NOT_STARTED);
  EXPECT_EQ(next.action, STN_ACT_OPERATOR);
  EXPECT_EQ(bench.fed(), 1u);
}

TEST(MagicardDriver, AnEmptyHopperThatIsFilledInTimeCostsNothing) {
  Bench bench;
  Driver driver(bench.cable);
  while (bench.tray.left() > 0) bench.tray.throw_away();
  bool told = false;
  const std::uint64_t begun = bench.cable.milliseconds();
  bench.cable.meanwhile = [&](std::uint64_t now) {
    told = told || bench.cable.reasons.contains("media-needed");
    if (now - begun > 12'000 && bench.tray.left() == 0) bench.tray.fill(5);
  };
  EXPECT_EQ(driver.print(test_face(1), nullptr).outcome, STN_CARD_PRINTED);
  EXPECT_TRUE(told) << "the operator learns of it while there is time";
  EXPECT_FALSE(bench.cable.reasons.contains("media-needed"));
}

TEST(MagicardDriver, ACardGivenUpInTheMiddleIsUnknownAndNothingMoreIsSentUntilThePrinterWasOff) {
  Bench bench;
  auto driver = std::make_unique<Driver>(bench.cable);
  bench.printer.plan({0, "G", "jam"});
  const stn_result result = driver->print(test_face(1), nullptr);
  EXPECT_EQ(result.outcome, STN_CARD_UNKNOWN);
  EXPECT_EQ(result.card_at, STN_AT_INSIDE);
  EXPECT_EQ(result.action, STN_ACT_OPERATOR);
  EXPECT_NE(std::string(result.message).find("Switch it off"), std::string::npos);
  // Somebody mends it and does not switch it off: the rest of the job must never follow, whatever is asked.
  bench.printer.clear();
  const std::size_t sent = bench.cable.sent.size();
  EXPECT_EQ(driver->status().card_at, STN_AT_INSIDE);
  EXPECT_TRUE(bench.cable.reasons.contains("media-jam"));
  EXPECT_EQ(driver->print(test_face(2), nullptr).outcome, STN_CARD_NOT_STARTED);
  EXPECT_EQ(driver->to_camera().code, STN_E_JAM);
  EXPECT_EQ(bench.cable.sent.size(), sent);
  EXPECT_TRUE(bench.printer.has_job());
  driver.reset();
  bench.printer.power_cycle();
  bench.tray.take_away();
  Driver next(bench.cable);
  EXPECT_EQ(next.status().code, STN_OK);
  EXPECT_EQ(next.print(test_face(2), nullptr).outcome, STN_CARD_PRINTED);
}

TEST(MagicardDriver, AWholeJobIsWaitedForAlsoAfterItsTime) {
  Bench bench;
  Driver driver(bench.cable);
  bench.printer.plan({0, "eject", "lid"});
  ASSERT_EQ(driver.print(test_face(1), nullptr).outcome, STN_CARD_UNKNOWN);
  bench.printer.clear();  // takes the card out; the printer makes it again by itself
  EXPECT_EQ(bench.card(1).place, "reject");
  EXPECT_EQ(bench.card(2).place, "output");
  EXPECT_EQ(driver.status().card_at, STN_AT_CAMERA) << "the job is over, the card in the output";
}

TEST(MagicardDriver, TwoBlanksForOneJobAreNoPrintedCardWhereFedBlanksAreCounted) {
  Bench bench(Counts::fed);
  Driver driver(bench.cable, "fed");
  bench.printer.plan({0, "G", "jam"});
  const std::uint64_t begun = bench.cable.milliseconds();
  bench.cable.meanwhile = [&](std::uint64_t now) {
    if (now - begun > 8'000 && !bench.printer.trouble().empty()) bench.printer.clear();
  };
  const stn_result result = driver.print(test_face(1), nullptr);
  EXPECT_EQ(bench.fed(), 2u);
  EXPECT_EQ(result.outcome, STN_CARD_UNKNOWN);
  EXPECT_NE(std::string(result.message).find("2 cards"), std::string::npos) << result.message;
}

// ---- every transfer of a job, every way in which it can go wrong ----

struct Tally {
  int cases = 0, printed = 0, not_started = 0, unknown = 0, settled = 0;
  std::uint64_t slowest_ms = 0;
};

void examine(const std::vector<std::uint8_t>& face, const std::vector<std::uint8_t>& back, std::size_t index,
             Mishap mishap, Tally& tally) {
  ++tally.cases;
  Bench bench(Counts::fed);
  auto driver = std::make_unique<Driver>(bench.cable, "fed");
  const std::uint64_t begun = bench.cable.milliseconds();
  bench.cable.arm(index, mishap);
  const stn_result result = driver->print(face, &back);
  const std::uint64_t took = bench.cable.milliseconds() - begun;
  tally.slowest_ms = std::max(tally.slowest_ms, took);
  EXPECT_LT(took, 120'000u) << "hangs";
  if (result.code != STN_OK) {
    EXPECT_NE(result.message[0], 0) << "a fault without words";
  }
  ASSERT_LE(bench.fed(), 1u) << "double";
  switch (result.outcome) {
    case STN_CARD_PRINTED:
      ++tally.printed;
      ASSERT_EQ(bench.fed(), 1u);
      EXPECT_TRUE(bench.card().whole);
      EXPECT_EQ(bench.card().place, "output");
      expect_shows(bench.card().front, face);
      expect_shows(bench.card().back, back);
      EXPECT_EQ(result.card_at, STN_AT_CAMERA);
      EXPECT_EQ(result.counter_after, result.counter_before + 1);
      break;
    case STN_CARD_NOT_STARTED:
      ++tally.not_started;
      EXPECT_EQ(bench.fed(), 0u) << "lost: " << result.message;
      EXPECT_FALSE(bench.printer.has_job()) << "it may still print it";
      break;
    case STN_CARD_UNKNOWN:
      ++tally.unknown;
      break;
    default:
      ADD_FAILURE() << "outcome " << result.outcome;
  }
  // As the station and its operator do: whoever was told to switches the printer off and on, a new worker
  // follows.
  bench.cable.arm(kNoTransfer, Mishap::none);
  const bool switch_off = std::string(result.message).find("Switch it off") != std::string::npos ||
                          std::string(result.message).find("switch it off") != std::string::npos;
  if (!bench.cable.plugged() || switch_off) {
    if (!bench.cable.plugged() && result.outcome != STN_CARD_PRINTED) {
      EXPECT_EQ(result.code, STN_E_REMOVED);
    }
    if (result.outcome != STN_CARD_PRINTED) bench.printer.power_cycle();
    bench.cable.plug_in();
    driver.reset();
    driver = std::make_unique<Driver>(bench.cable, "fed");
  }
  if (result.outcome == STN_CARD_UNKNOWN) {
    std::uint64_t cards = 0;
    ASSERT_EQ(driver->counter(cards).code, STN_OK);
    ASSERT_EQ(cards, kEarlier + bench.fed());
    if (bench.fed() == 1) {
      EXPECT_EQ(driver->status().card_at, STN_AT_CAMERA) << "cannot be settled";
      EXPECT_EQ(driver->to_camera().card_at, STN_AT_CAMERA);
    }
    ++tally.settled;
  }
  // And the next card prints.
  bench.tray.take_away();
  ASSERT_EQ(driver->status().code, STN_OK);
  const std::vector<std::uint8_t> white(std::size_t{kWidth} * kHeight * 3, 255);
  const stn_result next = driver->print(white, nullptr);
  EXPECT_EQ(next.outcome, STN_CARD_PRINTED) << next.message;
  EXPECT_TRUE(bench.card(bench.fed()).whole);
}

std::vector<bool> transfers_of_a_job(const std::vector<std::uint8_t>& face,
                                     const std::vector<std::uint8_t>& back) {
  Bench bench(Counts::fed);
  Driver driver(bench.cable, "fed");
  bench.cable.arm(kNoTransfer, Mishap::none);
  EXPECT_EQ(driver.print(face, &back).code, STN_OK);
  return bench.cable.directions;
}

class MagicardEveryTransfer : public testing::TestWithParam<std::size_t> {};

TEST_P(MagicardEveryTransfer, OfAJobCanGoWrongAndNoCardIsLostOrDoubled) {
  const auto face = test_face(1), back = test_face(2);
  const auto directions = transfers_of_a_job(face, back);
  Tally tally;
  for (std::size_t index = GetParam(); index < directions.size(); index += 4)
    for (const Mishap mishap : directions[index] ? mishaps_in() : mishaps_out()) {
      SCOPED_TRACE("transfer " + std::to_string(index) + (directions[index] ? " in, " : " out, ") +
                   to_string(mishap));
      examine(face, back, index, mishap, tally);
      if (testing::Test::HasFatalFailure()) return;
    }
  std::cout << tally.cases << " cases over every fourth of " << directions.size()
            << " transfers: " << tally.printed << " printed, " << tally.not_started << " not started, "
            << tally.unknown << " unknown of which " << tally.settled << " settled by counter and place; "
            << (HasFailure() ? "see the failures above" : "0 lost, 0 double, 0 hangs") << "; slowest "
            << tally.slowest_ms << " ms of the printer's time\n";
  EXPECT_GT(tally.cases, 100);
}
INSTANTIATE_TEST_SUITE_P(quarter, MagicardEveryTransfer, testing::Values(0u, 1u, 2u, 3u));

}  // namespace
}  // namespace magicard_test
