// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <random>

#include "ledger/personal.hpp"
#include "temp_folder.hpp"

namespace ktp::ledger {
namespace {

Event event(std::string type, std::string order, std::string card = {},
            nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
  return {.type = std::move(type),
          .order_id = std::move(order),
          .card = std::move(card),
          .data = std::move(data)};
}

// A ledger with stock in the machine and order A of person p.
class LedgerRules : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::open(folder_.path(), true);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
    ok({event("blanks-received", "", "", {{"count", 10}}), event("blanks-loaded", "", "", {{"count", 10}})});
    ok({accept("A", "p")});
  }
  static Event accept(const std::string& order, const std::string& person) {
    Event accepted =
        event("order-accepted", order, "",
              {{"row", 1}, {"person", person}, {"content", "c" + order}, {"region", "32.16.01.2001"}});
    accepted.batch = "1";
    return accepted;
  }
  Event commit(const std::string& order, const std::string& card) {
    Event committed = event("blank-committed", order, card);
    committed.token = new_token();
    return committed;
  }
  void ok(const std::vector<Event>& events) {
    const auto appended = ledger_->append(events);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  std::string refused(const std::vector<Event>& events) {
    const auto before = ledger_->size();
    const auto appended = ledger_->append(events);
    EXPECT_FALSE(appended);
    EXPECT_EQ(ledger_->size(), before) << "a refused transaction must add nothing";
    return appended ? "" : appended.error().message;
  }
  std::int64_t term(const char* name) { return ledger_->balance()->at(name); }
  void print(const std::string& order, const std::string& card, const std::string& outcome) {
    ok({commit(order, card), event("print-started", order, card, {{"counter_before", 0}}),
        event("print-ended", order, card, {{"outcome", outcome}, {"number", 1}})});
  }
  void judge(const std::string& order, const std::string& card, const std::string& verdict) {
    ok({event("judged", order, card, {{"verdict", verdict}}),
        event("sorted", order, card, {{"bin", verdict}})});
  }

  test::TempFolder folder_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerRules, AGoodCardMovesItsBlankFromTheMachineToItsBinAndFinishesItsOrder) {
  print("A", "C1", "printed");
  EXPECT_EQ(term("in_machine"), 10);
  judge("A", "C1", "good");
  EXPECT_EQ(term("in_machine"), 9);
  EXPECT_EQ(term("good"), 1);
  EXPECT_TRUE(ledger_->balance()->closes());
  EXPECT_EQ((*ledger_->order("A"))->state, "done");
}

TEST_F(LedgerRules, AChipsUidIsTheBlanksKeyAndFindsEveryCardThatEverShowedIt) {
  ok({accept("B", "q")});
  print("A", "C1", "printed");
  print("B", "C2", "printed");
  const auto read = [&](const std::string& order, const std::string& card, const std::string& uid) {
    Event chip =
        event("chip-read", order, card, {{"reader", "reader"}, {"chip", uid.empty() ? "none" : "read"}});
    chip.uid = uid;
    return chip;
  };
  ok({read("A", "C1", "04A1")});
  EXPECT_EQ((*ledger_->card("C1"))->uid, "04A1");
  EXPECT_TRUE(ledger_->cards_with_uid("04A1", "C1")->empty());
  ok({read("B", "C2", "04B2"), read("B", "C2", "04A1"), read("B", "C2", "")});
  EXPECT_EQ((*ledger_->card("C2"))->uid, "04B2") << "it keeps the one it was first seen with";
  EXPECT_EQ(*ledger_->cards_with_uid("04A1", "C1"), std::vector<std::string>{"C2"});
  EXPECT_EQ(*ledger_->cards_with_uid("04B2", "C1"), std::vector<std::string>{"C2"});
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

TEST_F(LedgerRules, ACardThatIsNotKnownToBePrintedHasNoChipToRead) {
  Event chip = event("chip-read", "A", "C1");
  chip.uid = "04A1";
  EXPECT_NE(refused({chip}).find("no such card"), std::string::npos);
  print("A", "C1", "unknown");
  EXPECT_NE(refused({chip}), "");
  EXPECT_TRUE(ledger_->cards_with_uid("04A1", "")->empty());
}

TEST_F(LedgerRules, AnUnknownCardKeepsTheBalanceOpenUntilItIsSettled) {
  print("A", "C1", "unknown");
  EXPECT_EQ(term("unknown"), 1);
  EXPECT_TRUE(ledger_->balance()->sums());
  EXPECT_FALSE(ledger_->balance()->closes());
  ok({event("settled", "A", "C1", {{"outcome", "spoiled"}})});
  EXPECT_EQ(term("unknown"), 0);
  EXPECT_EQ(term("spoiled"), 1);
  EXPECT_TRUE(ledger_->balance()->closes());
}

TEST_F(LedgerRules, ASecondCardIsRefusedWhileTheFirstIsLiveOrUnknown) {
  print("A", "C1", "unknown");
  EXPECT_NE(refused({event("reprint-decided", "A", "C2", {{"replaces", "C1"}}), commit("A", "C2")})
                .find("still live"),
            std::string::npos);
  ok({event("settled", "A", "C1", {{"outcome", "printed"}})});
  EXPECT_NE(refused({event("reprint-decided", "A", "C2", {{"replaces", "C1"}}), commit("A", "C2")})
                .find("still live"),
            std::string::npos);
  judge("A", "C1", "damaged");
  EXPECT_NE(refused({commit("A", "C2")}).find("reprint-decided"), std::string::npos)
      << "a further card needs a decision first";
  ok({event("reprint-decided", "A", "C2", {{"replaces", "C1"}}), commit("A", "C2")});
  EXPECT_EQ((*ledger_->card("C2"))->replaces, "C1");
}

TEST_F(LedgerRules, OnePersonHasOneOrder) {
  EXPECT_NE(refused({accept("B", "p")}), "");
  ok({accept("B", "q")});
  EXPECT_EQ((*ledger_->order_of_person("q"))->order_id, "B");
}

TEST_F(LedgerRules, AnEventThatTheStateTableDoesNotAllowIsRefusedWithItsWholeTransaction) {
  EXPECT_NE(refused({event("judged", "A", "C1", {{"verdict", "good"}})}).find("no such card"),
            std::string::npos);
  ok({commit("A", "C1")});
  EXPECT_NE(refused({event("print-started", "A", "C1"), event("sorted", "A", "C1", {{"bin", "good"}})})
                .find("printing"),
            std::string::npos);
  EXPECT_EQ((*ledger_->card("C1"))->state, CardState::committed);
}

TEST_F(LedgerRules, ACardIsNeverSortedIntoAnotherBinThanItsVerdict) {
  print("A", "C1", "printed");
  ok({event("judged", "A", "C1", {{"verdict", "damaged"}})});
  EXPECT_NE(refused({event("sorted", "A", "C1", {{"bin", "good"}})}), "");
}

TEST_F(LedgerRules, MoreBlanksThanAreThereCannotBeMoved) {
  EXPECT_NE(refused({event("blanks-loaded", "", "", {{"count", 1}})}).find("fewer"), std::string::npos);
  EXPECT_EQ(term("in_stock"), 0);
}

TEST_F(LedgerRules, ADiscrepancyIsATermOfItsOwnAndTheSumStillHolds) {
  ok({event("discrepancy", "", "",
            {{"term", "in_machine"}, {"count", 3}, {"reason", "three blanks are missing"}})});
  EXPECT_EQ(term("discrepancy"), 3);
  EXPECT_TRUE(ledger_->balance()->sums());
  EXPECT_FALSE(ledger_->balance()->closes());
}

TEST_F(LedgerRules, SixteenDigitsInARowNeverEnterTheLog) {
  EXPECT_NE(refused({event("order-warned", "A", "", {{"warning", "3216991708900001"}})}).find("sixteen"),
            std::string::npos);
  ok({event("order-warned", "A", "", {{"warning", "321699170890000"}})});
}

TEST_F(LedgerRules, EventsCannotBeChangedOrDeletedEvenByHand) {
  SQLite::Database db((folder_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
  EXPECT_THROW(db.exec("UPDATE events SET line = '{}' WHERE seq = 1"), SQLite::Exception);
  EXPECT_THROW(db.exec("DELETE FROM events WHERE seq = 1"), SQLite::Exception);
}

TEST_F(LedgerRules, ATableChangedBehindTheLogIsNoticed) {
  print("A", "C1", "printed");
  judge("A", "C1", "good");
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
  {
    SQLite::Database db((folder_ / "ledger.sqlite").string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE cards SET bin = 'damaged'");
  }
  EXPECT_NE(*ledger_->verify(), std::nullopt);
}

TEST_F(LedgerRules, WhatWasAppendedIsThereAfterReopening) {
  print("A", "C1", "printed");
  const auto size = *ledger_->size();
  ledger_.reset();
  auto again = Ledger::open(folder_.path(), true);
  ASSERT_TRUE(again);
  EXPECT_EQ(*(*again)->size(), size);
  EXPECT_EQ((*again)->open_cards()->size(), 1u);
  EXPECT_EQ(*(*again)->next_card(), "C0000002") << "a card's name is never given twice";
}

TEST_F(LedgerRules, TimesNeverDecreaseAndSequenceHasNoGaps) {
  print("A", "C1", "printed");
  std::uint64_t expected = 0;
  std::string last;
  ASSERT_TRUE(ledger_->each_line([&](std::string_view line) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["seq"], ++expected);
    EXPECT_GE(json["time"].get<std::string>(), last);
    last = json["time"].get<std::string>();
    EXPECT_TRUE(last.ends_with("Z"));
  }));
  EXPECT_GT(expected, 4u);
}

TEST_F(LedgerRules, ARefusalIsKnownAgainAndAnAcceptedOrderHidesIt) {
  Event bad =
      event("order-refused", "Z", "", {{"row", 7}, {"field", "nik"}, {"reason", "nik: x"}, {"content", "h"}});
  bad.batch = "1";
  ok({bad});
  EXPECT_TRUE(*ledger_->refused_before("Z", "h", "nik: x"));
  EXPECT_FALSE(*ledger_->refused_before("Z", "h", "nik: y"));
  int z = 0;
  std::string state;
  const auto look = [&](const OrderRow& order) {
    if (order.order_id == "Z") ++z, state = order.state;
  };
  ASSERT_TRUE(ledger_->each_order(look));
  EXPECT_EQ(state, "refused");
  ok({accept("Z", "z")});
  z = 0;
  ASSERT_TRUE(ledger_->each_order(look));
  EXPECT_EQ(z, 1);
  EXPECT_EQ(state, "accepted");
}

TEST_F(LedgerRules, AReaderInAnotherHandleSeesCommittedEventsAndCannotWrite) {
  auto reader = Ledger::open(folder_.path(), false);
  ASSERT_TRUE(reader) << reader.error().message;
  print("A", "C1", "printed");
  EXPECT_EQ((*reader)->cards_of("A")->size(), 1u);
  EXPECT_FALSE((*reader)->append({event("blanks-received", "", "", {{"count", 1}})}));
}

TEST(LedgerFiles, AMissingOrForeignFileIsNamed) {
  const test::TempFolder folder;
  const auto missing = Ledger::open(folder.path(), false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::input_missing);
  {
    SQLite::Database other((folder / "ledger.sqlite").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE x(y)");
  }
  const auto foreign = Ledger::open(folder.path(), true);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::bad_data);
}

// Random events, most of them illegal: whatever is accepted keeps the balance and one live card a person, and
// the tables always follow from the events.
TEST_F(LedgerRules, NoSequenceOfEventsBreaksTheBalanceOrDoublesAPerson) {
  std::mt19937 random(2020);
  const std::vector<std::string> types{"print-started", "print-ended", "settled",     "judged",
                                       "sorted",        "sealed",      "handed-over", "delivered",
                                       "returned",      "withdrawn",   "destroyed",   "lost"};
  const std::vector<std::string> outcomes{"not-started", "printed", "spoiled", "unknown"};
  const std::vector<std::string> verdicts{"good", "damaged", "mismatch", "review", "duplicate"};
  ok({accept("B", "q"), event("blanks-received", "", "", {{"count", 90}}),
      event("blanks-loaded", "", "", {{"count", 90}})});
  int cards = 0, accepted = 0;
  for (int step = 0; step < 1500; ++step) {
    const std::string order = random() % 2 == 0 ? "A" : "B";
    std::vector<Event> events;
    if (random() % 6 == 0) {
      const std::string card = "C" + std::to_string(cards + 1);
      if (random() % 3 != 0) events.push_back(event("reprint-decided", order, card, {{"replaces", ""}}));
      events.push_back(commit(order, card));
    } else if (cards > 0) {
      const std::string verdict = verdicts[random() % verdicts.size()];
      events.push_back(event(
          types[random() % types.size()], order, "C" + std::to_string(cards - static_cast<int>(random() % 2)),
          {{"outcome", outcomes[random() % outcomes.size()]}, {"verdict", verdict}, {"bin", verdict}}));
    }
    if (events.empty()) continue;
    if (ledger_->append(events)) {
      ++accepted;
      if (events.back().type == "blank-committed") ++cards;
    }
    ASSERT_TRUE(ledger_->balance()->sums()) << "step " << step;
    if (step % 50 != 0) continue;
    for (const char* name : {"A", "B"}) {
      int live = 0;
      const auto own = ledger_->cards_of(name);
      for (const CardRow& card : *own) live += is_live(card.state, card.verdict) ? 1 : 0;
      ASSERT_LE(live, 1);
    }
    ASSERT_EQ(*ledger_->verify(), std::nullopt) << "step " << step;
  }
  EXPECT_GT(accepted, 50);
}

TEST_F(LedgerRules, EveryPrinterHasAHopperOfItsOwn) {
  ok({event("blanks-received", "", "", {{"count", 20}}),
      event("blanks-loaded", "", "", {{"count", 8}, {"device", "printer-2"}})});
  EXPECT_EQ(ledger_->hopper_expected("printer"), 10);  // loaded before printers had names in this event
  EXPECT_EQ(ledger_->hopper_expected("printer-2"), 8);
  EXPECT_EQ(ledger_->hopper_expected("printer-3"), 0);
  const auto started = [&](const std::string& device) {
    return event("print-started", "A", "C1", {{"counter_before", 3}, {"device", device}});
  };
  ok({commit("A", "C1"), started("printer-2")});
  EXPECT_EQ(ledger_->hopper_expected("printer-2"), 8) << "as far as anybody knows it is still in the hopper";
  EXPECT_EQ(ledger_->unknown_of("printer-2"), 1) << "but a comparison would mean nothing";
  ok({event("print-ended", "A", "C1", {{"outcome", "unknown"}})});
  EXPECT_EQ(ledger_->hopper_expected("printer-2"), 7);
  EXPECT_EQ(ledger_->unknown_of("printer-2"), 1);
  EXPECT_EQ(ledger_->unknown_of("printer"), 0);
  EXPECT_EQ((*ledger_->card("C1"))->device, "printer-2");
  ok({event("settled", "A", "C1", {{"outcome", "not-started"}})});
  EXPECT_EQ(ledger_->hopper_expected("printer-2"), 8);
  ok({event("discrepancy", "", "", {{"term", "in_machine"}, {"count", 2}, {"device", "printer-2"}})});
  EXPECT_EQ(ledger_->hopper_expected("printer-2"), 6);
  EXPECT_EQ(ledger_->hopper_expected("printer"), 10);
  EXPECT_TRUE(ledger_->balance()->sums());
  EXPECT_EQ(*ledger_->verify(), std::nullopt);
}

}  // namespace
}  // namespace ktp::ledger
