// SPDX-License-Identifier: Apache-2.0
#include "pipeline/settle_by_hand.hpp"

#include <gtest/gtest.h>

#include "handover/office.hpp"

namespace ktp::pipeline {
namespace {

using handover::Office;

class SettledByHand : public testing::Test {
 protected:
  /// A card of the printer of which nobody knows what became of it.
  std::string lose() {
    const std::string order = office_.accept("32.16.06.1001"), card = *office_.ledger->next_card();
    ledger::Event committed = Office::of_card("blank-committed", order, card);
    committed.token = ledger::new_token();
    office_.put(
        {committed,
         Office::of_card("print-started", order, card, {{"counter_before", 7}, {"device", "printer"}}),
         Office::of_card("print-ended", order, card, {{"outcome", "unknown"}})});
    return card;
  }
  void SetUp() override {
    ledger::Event loaded = Office::blanks("blanks-loaded", 100);
    loaded.data["device"] = "printer";
    office_.put({Office::blanks("blanks-received", 100), loaded});
  }
  void TearDown() override {
    EXPECT_TRUE(office_.ledger->balance()->sums());
    EXPECT_EQ(*office_.ledger->verify(), std::nullopt);
  }
  Office office_;
};

TEST_F(SettledByHand, AFoundCardIsNeverAGoodOneAndLiesInBinDamaged) {
  const auto card = lose();
  EXPECT_FALSE(office_.ledger->balance()->closes());
  ASSERT_TRUE(settle_found(*office_.ledger, card, "output tray", "tono"));
  EXPECT_EQ(office_.state(card), CardState::spoiled);
  EXPECT_EQ((*office_.ledger->card(card))->bin, "damaged");
  EXPECT_TRUE(office_.ledger->balance()->closes());
  EXPECT_EQ(settle_found(*office_.ledger, card, "output tray", "tono").error().code, ErrorCode::bad_data)
      << "once";
  EXPECT_EQ(settle_found(*office_.ledger, "C9999999", "tray", "tono").error().code, ErrorCode::input_missing);
}

TEST_F(SettledByHand, WhereItWasFoundIsNoPlaceForNumbersOfPersons) {
  const auto card = lose();
  EXPECT_EQ(settle_found(*office_.ledger, card, "", "tono").error().code, ErrorCode::bad_data);
  EXPECT_EQ(settle_found(*office_.ledger, card, "081 234 567 89", "tono").error().code, ErrorCode::bad_data);
  EXPECT_EQ(office_.state(card), CardState::unknown);
}

TEST_F(SettledByHand, ACountOfTheHopperSaysWhetherABlankWasFed) {
  const auto card = lose();
  EXPECT_EQ(*office_.ledger->hopper_expected("printer"), 599) << "500 of the first loading are its own too";
  EXPECT_EQ(*blanks_say(*office_.ledger, card, 600), BlanksSay::none_fed);
  EXPECT_EQ(*blanks_say(*office_.ledger, card, 599), BlanksSay::all_fed);
  EXPECT_EQ(*blanks_say(*office_.ledger, card, 598), BlanksSay::unclear);
  const auto size = *office_.ledger->size();
  EXPECT_EQ(settle_not_fed(*office_.ledger, card, 599, "tono", "budi").error().code, ErrorCode::bad_data);
  EXPECT_EQ(settle_not_fed(*office_.ledger, card, 600, "tono", "tono").error().code, ErrorCode::bad_data)
      << "its order is printed again: two people";
  EXPECT_EQ(settle_not_fed(*office_.ledger, card, 600, "tono", "").error().code, ErrorCode::bad_data);
  EXPECT_EQ(*office_.ledger->size(), size);
  ASSERT_TRUE(settle_not_fed(*office_.ledger, card, 600, "tono", "budi"));
  EXPECT_EQ(office_.state(card), CardState::not_started);
  EXPECT_EQ(*office_.ledger->hopper_expected("printer"), 600);
  EXPECT_TRUE(office_.ledger->balance()->closes());
}

TEST_F(SettledByHand, OfTwoUnknownCardsACountBetweenSettlesNeither) {
  const auto first = lose(), second = lose();
  EXPECT_EQ(*blanks_say(*office_.ledger, first, 599), BlanksSay::unclear) << "one was fed, but which?";
  ASSERT_TRUE(settle_found(*office_.ledger, first, "output tray", "tono"));
  EXPECT_EQ(*blanks_say(*office_.ledger, second, 599), BlanksSay::none_fed) << "the other one is found";
  ASSERT_TRUE(settle_not_fed(*office_.ledger, second, 599, "tono", "budi"));
}

}  // namespace
}  // namespace ktp::pipeline
