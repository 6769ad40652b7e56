// SPDX-License-Identifier: Apache-2.0
// Another card where no rule gives one: two people, a reason, and the old card where somebody can find it.
#include "handover/reprint.hpp"

#include <gtest/gtest.h>

#include "handover/acts.hpp"
#include "handover/seal.hpp"
#include "office.hpp"

namespace ktp::handover {
namespace {

constexpr const char* kRegion = "32.16.06.1001";

class Reprints : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_TRUE(office_.ledger->balance()->sums());
    EXPECT_EQ(*office_.ledger->verify(), std::nullopt);
  }
  std::string refused_to_ask(const std::string& card, const std::string& reason = "wrong person's card",
                             const std::string& by = "siti") {
    const std::uint64_t before = *office_.ledger->size();
    const auto asked = ask_reprint(*office_.ledger, card, reason, by);
    EXPECT_EQ(*office_.ledger->size(), before);
    return asked ? "" : asked.error().message;
  }
  std::string order_of(const std::string& card) { return (*office_.ledger->card(card))->order_id; }
  std::string order_state(const std::string& card) { return (*office_.ledger->order(order_of(card)))->state; }
  /// What the pipeline does once it may: true if the ledger took it.
  bool begin_another(const std::string& old_card) {
    const std::string order = order_of(old_card), card = *office_.ledger->next_card();
    ledger::Event committed = Office::of_card("blank-committed", order, card);
    committed.token = ledger::new_token();
    return office_.ledger
        ->append({Office::of_card("reprint-decided", order, card,
                                  {{"replaces", old_card}, {"reason", "two people"}}),
                  committed})
        .has_value();
  }
  std::string withdrawn() {
    const auto card = office_.print(kRegion);
    EXPECT_TRUE(withdraw(*office_.ledger, {card}, "wrong address", "supervisor"));
    return card;
  }
  Office office_;
};

TEST_F(Reprints, AMismatchIsPrintedAgainOnceTwoPeopleDecidedItAndNotBefore) {
  const auto card = office_.print(kRegion, "mismatch");
  EXPECT_FALSE(begin_another(card)) << "no rule replaces a mismatch";
  const auto asked = ask_reprint(*office_.ledger, card, "printed from the neighbour's file", "siti");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->at, "bin mismatch");
  EXPECT_EQ(order_state(card), "held");
  EXPECT_FALSE(begin_another(card)) << "one person is not two";
  ASSERT_EQ(open_reprints(*office_.ledger)->size(), 1u);
  EXPECT_EQ(open_reprints(*office_.ledger)->front().confirmed_by, "");
  const auto confirmed = confirm_reprint(*office_.ledger, card, "budi");
  ASSERT_TRUE(confirmed) << confirmed.error().message;
  EXPECT_EQ(order_state(card), "accepted");
  EXPECT_EQ((*office_.ledger->card(card))->confirmed_by, "budi");
  EXPECT_TRUE(begin_another(card));
  EXPECT_FALSE(begin_another(card)) << "one decision, one card";
  EXPECT_TRUE(open_reprints(*office_.ledger)->empty());
}

TEST_F(Reprints, TheSecondPersonIsAnotherOneInWhateverSpelling) {
  const auto card = office_.print(kRegion, "duplicate");
  EXPECT_NE(confirm_reprint(*office_.ledger, card, "budi").error().message.find("nobody asked"),
            std::string::npos);
  ASSERT_TRUE(ask_reprint(*office_.ledger, card, "lost double", "Siti Aminah"));
  for (const char* name : {"Siti Aminah", "siti  aminah", " SITI AMINAH ", "", "station"}) {
    const auto alone = confirm_reprint(*office_.ledger, card, name);
    ASSERT_FALSE(alone) << name;
    EXPECT_EQ(alone.error().code, ErrorCode::bad_data) << name;
  }
  EXPECT_NE(confirm_reprint(*office_.ledger, card, "siti aminah").error().message.find("another person"),
            std::string::npos);
  EXPECT_FALSE(begin_another(card));
  EXPECT_FALSE(office_.ledger->append(
      {{.type = "reprint-confirmed", .actor = "siti aminah", .order_id = order_of(card), .card = card}}))
      << "the ledger itself wants the second person";
  EXPECT_NE(refused_to_ask(card, "again", "budi").find("Siti Aminah asked for it already"),
            std::string::npos);
  EXPECT_TRUE(confirm_reprint(*office_.ledger, card, "budi"));
  EXPECT_NE(confirm_reprint(*office_.ledger, card, "cici").error().message.find("budi confirmed it already"),
            std::string::npos);
}

TEST_F(Reprints, EveryCardThatMayStillReachItsHolderIsRefusedByNameWithWhatToDo) {
  const auto good = office_.print(kRegion), review = office_.print(kRegion, "review");
  EXPECT_NE(refused_to_ask(good).find("withdraw it first (ktp-station withdraw " + good), std::string::npos);
  EXPECT_NE(refused_to_ask(review).find("an inspector decides"), std::string::npos);
  const auto sealed = seal_region(*office_.ledger, "", {}, "operator");
  ASSERT_TRUE(sealed);
  EXPECT_NE(refused_to_ask(good).find("is sealed"), std::string::npos);
  ASSERT_TRUE(hand_over(*office_.ledger, sealed->at(0).seal,
                        {.given_by = "a", .taken_by = "b", .counted = 1, .scanned = {}}, "a"));
  EXPECT_NE(refused_to_ask(good).find("is handed-over"), std::string::npos);
  office_.put({Office::of_card("delivered", order_of(good), good, {{"relation", "self"}})});
  EXPECT_NE(refused_to_ask(good).find("was delivered"), std::string::npos);
  EXPECT_NE(refused_to_ask("C9999999").find("no card C9999999"), std::string::npos);
}

TEST_F(Reprints, AnUnknownCardIsFoundFirst) {
  const std::string order = office_.accept(kRegion), card = *office_.ledger->next_card();
  ledger::Event committed = Office::of_card("blank-committed", order, card);
  committed.token = ledger::new_token();
  office_.put({committed, Office::of_card("print-started", order, card, {{"counter_before", 0}}),
               Office::of_card("print-ended", order, card, {{"outcome", "unknown"}})});
  EXPECT_NE(refused_to_ask(card).find("is unknown: find it and settle it first (ktp-station settle"),
            std::string::npos)
      << refused_to_ask(card);
  office_.put({Office::of_card("settled", order, card, {{"outcome", "spoiled"}})});
  EXPECT_NE(refused_to_ask(card).find("lies in no bin"), std::string::npos) << refused_to_ask(card);
  office_.put({Office::of_card("sorted", order, card, {{"bin", "damaged"}})});
  EXPECT_TRUE(ask_reprint(*office_.ledger, card, "the rule's number is used up", "siti"));
}

TEST_F(Reprints, AWithdrawnCardIsLocatedFirstAndOneThatMovesOnIsLocatedAgain) {
  const auto card = withdrawn();
  EXPECT_NE(refused_to_ask(card).find("nobody signed for having it: locate it first (ktp-station locate"),
            std::string::npos)
      << refused_to_ask(card);
  ASSERT_TRUE(locate(*office_.ledger, card, "Desa Setiadarma", "Cici", "operator"));
  const auto asked = ask_reprint(*office_.ledger, card, "new address", "siti");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->at, "Desa Setiadarma");
  EXPECT_EQ(order_state(card), "held") << "it was done, with the card that was withdrawn";
  ASSERT_TRUE(confirm_reprint(*office_.ledger, card, "budi"));
  EXPECT_TRUE(begin_another(card));
}

TEST_F(Reprints, WhatChangedSinceItWasAskedForStopsTheSecondPerson) {
  const auto card = office_.print(kRegion);
  const auto sealed = seal_region(*office_.ledger, "", {}, "operator");
  ASSERT_TRUE(hand_over(*office_.ledger, sealed->at(0).seal,
                        {.given_by = "a", .taken_by = "b", .counted = 1, .scanned = {}}, "a"));
  ASSERT_TRUE(withdraw(*office_.ledger, {card}, "cleared", "supervisor"));
  ASSERT_TRUE(locate(*office_.ledger, card, "Kantor Pos", "Dedi", "operator"));
  ASSERT_TRUE(ask_reprint(*office_.ledger, card, "new address", "siti"));
  // The post brings it elsewhere: nobody who signed has it now.
  office_.put({Office::of_card("returned", order_of(card), card, {{"reason", "PINDAH"}})});
  auto late = confirm_reprint(*office_.ledger, card, "budi");
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("locate it first"), std::string::npos) << late.error().message;
  office_.put({Office::of_card("delivered", order_of(card), card, {{"relation", "self"}})});
  late = confirm_reprint(*office_.ledger, card, "budi");
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("was delivered"), std::string::npos) << late.error().message;
  EXPECT_FALSE(begin_another(card));
}

TEST_F(Reprints, ADestroyedCardIsWhereItsRecordSays) {
  const auto card = office_.print(kRegion, "mismatch");
  ASSERT_TRUE(destroy(*office_.ledger, {card},
                      {.names = {"Andi", "Budi"}, .place = "Cikarang", .manner = "dibakar"}, "supervisor"));
  const auto asked = ask_reprint(*office_.ledger, card, "wrong name", "siti");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->at, "destroyed with BA-000001");
}

TEST_F(Reprints, ItNeedsAReasonThatMayStandInTheLog) {
  const auto card = office_.print(kRegion, "mismatch");
  EXPECT_NE(refused_to_ask(card, "").find("reason: "), std::string::npos);
  EXPECT_NE(refused_to_ask(card, "NIK 3216991708900001").find("reason: "), std::string::npos);
  EXPECT_NE(refused_to_ask(card, "wrong name", "").find("by: "), std::string::npos);
}

TEST_F(Reprints, TakenBackItPrintsNothingAlsoAfterItWasConfirmed) {
  const auto card = office_.print(kRegion, "mismatch");
  EXPECT_FALSE(drop_reprint(*office_.ledger, card, "no", "siti")) << "there is nothing to take back";
  ASSERT_TRUE(ask_reprint(*office_.ledger, card, "wrong name", "siti"));
  ASSERT_TRUE(confirm_reprint(*office_.ledger, card, "budi"));
  ASSERT_TRUE(drop_reprint(*office_.ledger, card, "the record itself is wrong", "siti"));
  EXPECT_EQ(order_state(card), "held");
  EXPECT_FALSE(begin_another(card));
  ASSERT_TRUE(ask_reprint(*office_.ledger, card, "the record is right now", "budi"));
  ASSERT_TRUE(confirm_reprint(*office_.ledger, card, "siti"));
  ASSERT_TRUE(begin_another(card));
  EXPECT_FALSE(drop_reprint(*office_.ledger, card, "no", "siti")) << "the other card was begun";
}

TEST_F(Reprints, ARegionThatIsRecalledTakesItsReprintsBack) {
  const auto here = office_.print(kRegion, "mismatch"), confirmed = office_.print(kRegion, "mismatch"),
             elsewhere = office_.print("32.16.01.2001", "mismatch");
  for (const auto& card : {here, confirmed, elsewhere})
    ASSERT_TRUE(ask_reprint(*office_.ledger, card, "wrong name", "siti"));
  ASSERT_TRUE(confirm_reprint(*office_.ledger, confirmed, "budi"));
  const auto recalled = recall(*office_.ledger, "32.16.06", "houses cleared", "supervisor", false);
  ASSERT_TRUE(recalled) << recalled.error().message;
  EXPECT_EQ(recalled->held.size(), 2u);
  EXPECT_FALSE(confirm_reprint(*office_.ledger, here, "budi"));
  EXPECT_FALSE(begin_another(confirmed));
  EXPECT_EQ((*office_.ledger->order(order_of(here)))->reason, "kode_wilayah: recalled: houses cleared");
  EXPECT_TRUE(confirm_reprint(*office_.ledger, elsewhere, "budi"));
}

}  // namespace
}  // namespace ktp::handover
