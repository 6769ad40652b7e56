// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "card-printer/panels.hpp"
#include "drivers/card-printer/cable.hpp"
#include "evolis/codec.hpp"
#include "evolis/evolis.hpp"
#include "evolis/replies.hpp"
#include "models/evolis/printer.hpp"

namespace evolis_test {
namespace {

using namespace card_test;

class Driver : public card_test::Driver<evolis::Evolis> {
 public:
  explicit Driver(Cable& cable)
      : card_test::Driver<evolis::Evolis>(cable, {{"black-level", "24"}, {"eject-wait", "5000"}}) {}
};

constexpr std::uint64_t kEarlier = 4711;  // cards that this printer fed before

struct Bench {
  MemoryTray tray{50};
  model::EvolisPrinter printer{tray, "SN-77", kEarlier, 200};
  Cable cable{printer};
  Bench() { tray.last = kEarlier; }
};

std::string text(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

TEST(Codec, ACommandIsEscapeWordsReturn) {
  EXPECT_EQ(text(evolis::command("Pem;2")), "\x1BPem;2\r");
}

TEST(Codec, ResinLinesArePackedAsTheCapturesAre) {
  std::vector<std::uint8_t> dots(std::size_t{evolis::kLines} * evolis::kDots, 0);
  std::fill_n(dots.begin(), evolis::kDots, 1);     // line 0: all black
  dots[std::size_t{2} * evolis::kDots] = 1;        // line 2: the first dot
  dots[std::size_t{3} * evolis::kDots + 647] = 1;  // line 3: the last dot
  const std::string bytes = text(evolis::resin_panel('k', dots));
  // 1 + 1 + 2 + 82 bytes, then a byte for each of the 1012 white lines
  const std::string head =
      "\x1B"
      "Dbc;k;2;" +
      std::to_string(1 + 1 + 2 + 82 + 1012) + ";";
  ASSERT_TRUE(bytes.starts_with(head));
  const std::string data = bytes.substr(head.size());
  EXPECT_EQ(data[0], '\xFF');
  EXPECT_EQ(data[1], '\x00');
  EXPECT_EQ(data.substr(2, 2), std::string("\x01\x80"));
  EXPECT_EQ(data[4], '\x51');
  EXPECT_EQ(data.substr(5, 80), std::string(80, '\0'));
  EXPECT_EQ(data[85], '\x01');
  EXPECT_EQ(data.substr(86), std::string(1012, '\0') + "\r");
}

TEST(Codec, DyeRunsEndAtTheEndOfALine) {
  std::vector<std::uint8_t> dots(std::size_t{evolis::kLines} * evolis::kDots, 0);
  std::fill_n(dots.begin(), 2 * evolis::kDots, 127);  // two full lines
  dots[std::size_t{2} * evolis::kDots + 1] = 5;
  const std::string bytes = text(evolis::dye_panel('m', dots));
  const std::string full = "\xFF\xFF\xFF\xFF\xFF\x8A";  // 255 + 255 + 138 = 648
  const std::string third = std::string("\x00\x05\x80\xFF\x80\xFF\x80\x88", 8);
  std::string expected = full + full + third;
  for (int line = 3; line < evolis::kLines; ++line) expected += std::string("\x80\x00", 2);
  EXPECT_EQ(bytes,
            "\x1B"
            "Dbc;m;128;" +
                std::to_string(expected.size()) + ";" + expected + "\r");
}

TEST(Separation, TheLandscapeIsTurnedClockwiseAndNotMirrored) {
  std::vector<std::uint8_t> rgb(std::size_t{kWidth} * kHeight * 3, 255);
  rgb[0] = rgb[1] = rgb[2] = 0;  // top left
  const auto panels = card::separate(evolis::kPanel, {rgb.data(), kWidth, kHeight, kWidth * 3}, 24);
  // The picture lies at (2, 5); landscape (x, y) is line x, dot 647 - y.
  const auto at = [&](int x, int y) {
    return panels.black[static_cast<std::size_t>(x) * evolis::kDots + static_cast<std::size_t>(647 - y)];
  };
  EXPECT_EQ(at(2, 5), 1);
  EXPECT_EQ(at(0, 0), 1) << "the card's edge goes on to the panel's";
  EXPECT_EQ(at(3, 5), 0);
  EXPECT_EQ(at(2, 6), 0);
}

TEST(Separation, BlackIsResinAndNothingElse) {
  std::vector<std::uint8_t> rgb(std::size_t{kWidth} * kHeight * 3, 0);
  const auto panels = card::separate(evolis::kPanel, {rgb.data(), kWidth, kHeight, kWidth * 3}, 24);
  EXPECT_TRUE(panels.has_black);
  EXPECT_EQ(std::ranges::count(panels.cyan, 0), std::ssize(panels.cyan));
  const auto none = card::separate(evolis::kPanel, {rgb.data(), kWidth, kHeight, kWidth * 3}, -1);
  EXPECT_FALSE(none.has_black);
  EXPECT_EQ(std::ranges::count(none.cyan, 127), std::ssize(none.cyan));
}

TEST(Replies, EveryKnownTextIsNamed) {
  for (const char* words : {"FEEDER EMPTY",
                            "CARD JAM",
                            "COVER OPEN",
                            "ERROR RIBBON",
                            "ERR RIBBON",
                            "ERR RIBBON TYPE",
                            "ERR RIB DETECTION",
                            "HOPPER FULL",
                            "HOPPER DOOR",
                            "ERROR HOPPER",
                            "ERROR HEAD",
                            "NEED CLEANING",
                            "ERR NEED CLEANING",
                            "OPT NOT AVAILABLE",
                            "ERROR MAG CHECKSUM",
                            "ERROR MAG DATA",
                            "ERROR MAG",
                            "ERR READ",
                            "ERR WRITE",
                            "ERROR UNKNOW",
                            "ERROR FLASH UNKNOW",
                            "ERROR CHECKSUM",
                            "ERROR CDE",
                            "ERROR PARAMETRES",
                            "ERR PARAMETRES",
                            "ERROR",
                            "ERR",
                            "ERROR TIME OUT",
                            "ERR TIME"}) {
    const auto fault = evolis::fault_of(words);
    ASSERT_TRUE(fault) << words;
    EXPECT_FALSE(fault->words.empty()) << words;
  }
  EXPECT_EQ(evolis::fault_of("err ribbon")->code, STN_E_SUPPLY);
  EXPECT_EQ(evolis::fault_of("ERROR SOMETHING NEW")->code, STN_E_HARDWARE);
  EXPECT_FALSE(evolis::fault_of("OK"));
}

TEST(Replies, SensorsSpeakWithADecimalComma) {
  EXPECT_EQ(evolis::centivolts_of("4,92 Volts"), 492);
  EXPECT_EQ(evolis::centivolts_of("0,00 Volts"), 0);
  EXPECT_FALSE(evolis::centivolts_of("OK"));
  EXPECT_FALSE(evolis::centivolts_of("4,9 Volts"));
}

// What the bytes say, read by a decoder that shares nothing with the driver, is what was to be printed.
TEST(Driver, ACardShowsBothFacesToTheLevel) {
  Bench bench;
  Driver driver(bench.cable);
  const auto front = test_face(1), back = test_face(2);
  const stn_result result = driver.print(front, &back);
  ASSERT_EQ(result.code, STN_OK) << result.message;
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
  EXPECT_EQ(result.card_at, STN_AT_CAMERA);
  EXPECT_EQ(result.counter_before, kEarlier);
  EXPECT_EQ(result.counter_after, kEarlier + 1);
  const Card& card = bench.tray.cards.at(kEarlier + 1);
  EXPECT_TRUE(card.whole);
  EXPECT_EQ(card.place, "output");
  for (const auto& [sent, shown] : {std::pair(&front, &card.front.rgb), std::pair(&back, &card.back.rgb)}) {
    ASSERT_EQ(sent->size(), shown->size());
    int worst = 0;
    for (std::size_t i = 0; i < sent->size(); i += 3) {
      const int brightest = std::max({(*sent)[i], (*sent)[i + 1], (*sent)[i + 2]});
      for (std::size_t c = 0; c < 3; ++c)
        worst = std::max(worst,
                         brightest <= 24 ? int{(*shown)[i + c]} : std::abs((*sent)[i + c] - (*shown)[i + c]));
    }
    EXPECT_LE(worst, 2) << "128 levels of dye are 2 grey levels apart";
  }
}

TEST(Driver, TheJobIsTheDocumentedSequenceAndGivesTheErrorModeBack) {
  Bench bench;
  Driver driver(bench.cable);
  const auto front = test_face(1), back = test_face(2);
  const std::size_t begun = bench.printer.history().size();
  ASSERT_EQ(driver.print(front, &back).code, STN_OK);
  std::vector<std::string> acts;
  for (std::size_t i = begun; i < bench.printer.history().size(); ++i) {
    const std::string& words = bench.printer.history()[i];
    if (words[0] != 'R') acts.push_back(words.starts_with("Dbc;") ? words.substr(0, 5) : words);
  }
  const std::vector<std::string> side{"Dbc;y", "Dbc;m", "Dbc;c", "Dbc;k", "Dbc;o"};
  std::vector<std::string> expected{"Pem;2", "Pr;ymcko", "Ss", "Sr"};
  expected.insert(expected.end(), side.begin(), side.end());
  expected.emplace_back("Sv");
  expected.insert(expected.end(), side.begin(), side.end());
  expected.insert(expected.end(), {"Se", "Pem;0"});
  EXPECT_EQ(acts, expected);
  EXPECT_EQ(bench.printer.error_mode(), 0);
  EXPECT_EQ(bench.printer.panels(), 5010u);
}

TEST(Driver, AWhiteCardNeedsNoBlackPanel) {
  Bench bench;
  Driver driver(bench.cable);
  const std::vector<std::uint8_t> white(std::size_t{kWidth} * kHeight * 3, 255);
  ASSERT_EQ(driver.print(white, nullptr).code, STN_OK);
  EXPECT_EQ(bench.printer.panels(), 5004u);
}

TEST(Driver, RefusesAPictureThatIsNotTheCard) {
  Bench bench;
  Driver driver(bench.cable);
  station::Host host(bench.cable.host());
  station::Op op(host, 1);
  const std::vector<std::uint8_t> pixels(100 * 100 * 3);
  stn_print_job job{};
  job.size = sizeof job;
  job.token = "t";
  job.front = {pixels.data(), 100, 100, 300, 300};
  stn_result result{};
  result.size = sizeof result;
  (*driver).print(op, job).fill(&result);
  EXPECT_EQ(result.code, STN_E_BAD_INPUT);
  EXPECT_EQ(bench.printer.cards(), kEarlier);
}

TEST(Driver, AModelWithoutASensorAtTheOutputSaysSo) {
  Bench bench;
  bench.printer.without("Rse;b");
  Driver driver(bench.cable);
  EXPECT_EQ((*driver).caps() & STN_CAP_EJECT_SENSOR, 0u);
  const stn_result result = driver.print(test_face(1), nullptr);
  EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
  EXPECT_EQ(result.card_at, STN_AT_OUTPUT);
}

TEST(Driver, AWorkerThatDiedInThePanelIsFollowedByOneThatIsUnderstood) {
  Bench bench;
  {
    Driver driver(bench.cable);
  }
  const std::string half =
      "\x1B"
      "Ss\r\x1B"
      "Dbc;y;128;5000;\x80";
  bench.printer.receive({reinterpret_cast<const std::uint8_t*>(half.data()), half.size()});
  Driver next(bench.cable);
  std::uint64_t cards = 0;
  EXPECT_EQ(next.counter(cards).code, STN_OK);
  EXPECT_EQ(cards, kEarlier + 1);
  EXPECT_EQ(next.status().card_at, STN_AT_INSIDE);
  EXPECT_EQ(next.to_camera().card_at, STN_AT_CAMERA);
}

/// Each fault the printer can name, at each command of a job at which it can come.
TEST(Driver, NamedFaultsAtEveryCommandSayWhatBecameOfTheCard) {
  int cases = 0;
  for (const char* at : {"Ss", "Sr", "Dbc;y", "Dbc;m", "Dbc;c", "Dbc;k", "Dbc;o", "Sv", "Se"})
    for (const auto& [words, code] :
         {std::pair("CARD JAM", STN_E_JAM), std::pair("COVER OPEN", STN_E_COVER),
          std::pair("ERROR RIBBON", STN_E_SUPPLY), std::pair("ERROR TIME OUT", STN_E_JAM),
          std::pair("ERROR HEAD", STN_E_HARDWARE)}) {
      SCOPED_TRACE(std::string(at) + " answers " + words);
      ++cases;
      Bench bench;
      Driver driver(bench.cable);
      bench.printer.plan({0, at, words});
      const stn_result result = driver.print(test_face(1), nullptr);
      if (std::string(at) == "Sv") {  // one side only: never sent
        EXPECT_EQ(result.outcome, STN_CARD_PRINTED);
        continue;
      }
      EXPECT_EQ(result.code, code) << result.message;
      EXPECT_NE(std::string(result.message).find(words), std::string::npos) << result.message;
      const bool fed = bench.tray.last != kEarlier;
      EXPECT_EQ(result.outcome, fed ? STN_CARD_SPOILED : STN_CARD_NOT_STARTED);
      if (!fed) continue;
      const Card& card = bench.tray.cards.at(kEarlier + 1);
      EXPECT_EQ(result.card_at, card.place == "reject" ? STN_AT_REJECT : STN_AT_INSIDE);
      EXPECT_FALSE(card.whole);
      bench.printer.clear();
      EXPECT_EQ(driver.status().card_at, STN_AT_UNKNOWN);
      EXPECT_FALSE(bench.cable.reasons.contains("media-jam"));
      EXPECT_EQ(driver.print(test_face(1), nullptr).outcome, STN_CARD_PRINTED);
      EXPECT_EQ(bench.printer.error_mode(), 0);
    }
  std::cout << cases << " cases\n";
}

// ---- every transfer of a job, every way in which it can go wrong ----

struct Tally {
  int cases = 0, printed = 0, spoiled = 0, not_started = 0, unknown = 0, settled = 0;
  std::uint64_t slowest_ms = 0;
};

void examine(const std::vector<std::uint8_t>& face, const std::vector<std::uint8_t>& back, std::size_t index,
             Mishap mishap, Tally& tally) {
  ++tally.cases;
  Bench bench;
  auto driver = std::make_unique<Driver>(bench.cable);
  const std::uint64_t begun = bench.cable.milliseconds();
  bench.cable.arm(index, mishap);
  const stn_result result = driver->print(face, &back);
  const std::uint64_t took = bench.cable.milliseconds() - begun;
  tally.slowest_ms = std::max(tally.slowest_ms, took);
  EXPECT_LT(took, 300'000u) << "hangs";
  if (result.code != STN_OK) {
    EXPECT_NE(result.message[0], 0) << "a fault without words";
  }

  const std::uint64_t fed = bench.tray.last - kEarlier;
  ASSERT_LE(fed, 1u) << "double";
  const auto truth = [&]() -> const Card& { return bench.tray.cards.at(kEarlier + 1); };
  switch (result.outcome) {
    case STN_CARD_PRINTED:
      ++tally.printed;
      ASSERT_EQ(fed, 1u);
      EXPECT_TRUE(truth().whole);
      EXPECT_EQ(truth().place, "output");
      EXPECT_EQ(result.card_at, STN_AT_CAMERA);
      EXPECT_EQ(result.counter_after, result.counter_before + 1);
      break;
    case STN_CARD_SPOILED:
      ++tally.spoiled;
      ASSERT_EQ(fed, 1u);
      EXPECT_NE(truth().place, "output");
      EXPECT_FALSE(truth().finished && truth().whole);
      break;
    case STN_CARD_NOT_STARTED:
      ++tally.not_started;
      EXPECT_EQ(fed, 0u) << "lost: " << result.message;
      EXPECT_EQ(result.counter_after, result.counter_before);
      break;
    default:
      ++tally.unknown;
      break;
  }
  // As the station does: a new worker where the plug was out, then counter and place settle what is unknown.
  bench.cable.arm(~std::size_t{0}, Mishap::none);
  if (!bench.cable.plugged()) {
    // Pulled after the last proof: the card is known to be good, and the next call finds the plug out.
    if (result.outcome != STN_CARD_PRINTED) {
      EXPECT_EQ(result.code, STN_E_REMOVED);
    }
    bench.cable.plug_in();
    driver.reset();
  }
  if (!driver) driver = std::make_unique<Driver>(bench.cable);
  if (result.outcome == STN_CARD_UNKNOWN) {
    std::uint64_t cards = 0;
    ASSERT_EQ(driver->counter(cards).code, STN_OK);
    const stn_result now = driver->status();
    if (cards == kEarlier) {
      EXPECT_EQ(fed, 0u);
    } else {
      ASSERT_EQ(cards, kEarlier + 1);
      ASSERT_EQ(fed, 1u);
      ASSERT_TRUE(now.card_at == STN_AT_INSIDE || now.card_at == STN_AT_CAMERA) << "cannot be settled";
      const stn_result moved = driver->to_camera();
      EXPECT_EQ(moved.card_at, STN_AT_CAMERA) << moved.message;
      EXPECT_EQ(truth().place, "output");
    }
    ++tally.settled;
  }
  // And the next card prints.
  bench.tray.take_away();
  bench.printer.clear();
  ASSERT_EQ(driver->status().code, STN_OK);
  const std::vector<std::uint8_t> white(std::size_t{kWidth} * kHeight * 3, 255);
  const stn_result next = driver->print(white, nullptr);
  EXPECT_EQ(next.outcome, STN_CARD_PRINTED) << next.message;
  EXPECT_EQ(bench.printer.error_mode(), 0);
}

std::vector<bool> transfers_of_a_job(const std::vector<std::uint8_t>& face,
                                     const std::vector<std::uint8_t>& back) {
  Bench bench;
  Driver driver(bench.cable);
  bench.cable.arm(~std::size_t{0}, Mishap::none);
  EXPECT_EQ(driver.print(face, &back).code, STN_OK);
  return bench.cable.directions;
}

class EveryTransfer : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryTransfer, OfAJobCanGoWrongAndNoCardIsLostOrDoubled) {
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
            << " transfers: " << tally.printed << " printed, " << tally.spoiled << " spoiled, "
            << tally.not_started << " not started, " << tally.unknown << " unknown of which " << tally.settled
            << " settled by counter and place; "
            << (HasFailure() ? "see the failures above" : "0 lost, 0 double, 0 hangs") << "; slowest "
            << tally.slowest_ms << " ms of the printer's time\n";
  EXPECT_GT(tally.cases, 100);
}
INSTANTIATE_TEST_SUITE_P(quarter, EveryTransfer, testing::Values(0u, 1u, 2u, 3u));

}  // namespace
}  // namespace evolis_test
