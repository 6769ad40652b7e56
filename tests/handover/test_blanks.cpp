// SPDX-License-Identifier: Apache-2.0
// Blanks that leave the stock without being printed, come back, or are counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "handover/blanks.hpp"
#include "handover/office.hpp"
#include "handover/seal.hpp"

namespace ktp::handover {
namespace {

using testing::HasSubstr;

class BlanksTest : public testing::Test {
 protected:
  // 500 blanks are loaded; 200 more lie in stock.
  BlanksTest() { office_.put({Office::blanks("blanks-received", 200)}); }

  std::int64_t term(const char* name) { return office_.ledger->balance()->at(name); }
  bool sums() { return office_.ledger->balance()->sums(); }

  Office office_;
};

TEST_F(BlanksTest, IssuedBlanksLeaveTheBalanceAndStandWithTheirPlace) {
  ASSERT_TRUE(issue_blanks(*office_.ledger, {120, "Kecamatan Tambun Selatan", "SPPB-7"}, "keeper"));
  EXPECT_EQ(term("received"), 580);
  EXPECT_EQ(term("in_stock"), 80);
  ASSERT_TRUE(take_back_blanks(*office_.ledger, {20, " kecamatan tambun selatan ", "BAST-3"}, "keeper"));
  EXPECT_EQ(term("received"), 600);
  EXPECT_EQ(term("in_stock"), 100);
  EXPECT_TRUE(sums());
  const auto out = *blanks_out(*office_.ledger);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].place, "Kecamatan Tambun Selatan");
  EXPECT_EQ(out[0].issued, 120);
  EXPECT_EQ(out[0].returned, 20);
}

TEST_F(BlanksTest, MoreThanThereAreCanNeitherBeIssuedNorComeBack) {
  const auto issued = issue_blanks(*office_.ledger, {201, "Setu", "SPPB-8"}, "keeper");
  ASSERT_FALSE(issued);
  EXPECT_THAT(issued.error().message, HasSubstr("stock has 200"));
  ASSERT_TRUE(issue_blanks(*office_.ledger, {50, "Setu", "SPPB-9"}, "keeper"));
  const auto back = take_back_blanks(*office_.ledger, {51, "Setu", "BAST-1"}, "keeper");
  ASSERT_FALSE(back);
  EXPECT_THAT(back.error().message, HasSubstr("has 50"));
  EXPECT_FALSE(take_back_blanks(*office_.ledger, {1, "Cibitung", "BAST-1"}, "keeper"));
  EXPECT_EQ(term("in_stock"), 150);
}

TEST_F(BlanksTest, ATransferNeedsPlaceAndPaper) {
  EXPECT_FALSE(issue_blanks(*office_.ledger, {5, " ", "SPPB-1"}, "keeper"));
  EXPECT_FALSE(issue_blanks(*office_.ledger, {5, "Setu", ""}, "keeper"));
  EXPECT_FALSE(issue_blanks(*office_.ledger, {0, "Setu", "SPPB-1"}, "keeper"));
  EXPECT_EQ(term("in_stock"), 200);
}

TEST_F(BlanksTest, ACountThatAgreesIsRecorded) {
  EXPECT_EQ(count_stock(*office_.ledger, {200, "ani", "budi", ""}), 0);
  EXPECT_EQ(office_.ledger->lines_of_type("stock-counted")->size(), 1u);
  EXPECT_EQ(term("discrepancy"), 0);
}

TEST_F(BlanksTest, MissingBlanksAreADiscrepancyThatBlocksSealingUntilTheyAreFound) {
  office_.print("32.16.06.1001");
  EXPECT_EQ(count_stock(*office_.ledger, {197, "ani", "budi", "the safe was open"}), 3);
  EXPECT_EQ(term("in_stock"), 197);
  EXPECT_EQ(term("discrepancy"), 3);
  EXPECT_TRUE(sums());
  EXPECT_FALSE(sealing_blocked_by(*office_.ledger)->empty());
  EXPECT_EQ(count_stock(*office_.ledger, {200, "ani", "citra", "three lay behind the shelf"}), -3);
  EXPECT_EQ(term("discrepancy"), 0);
  EXPECT_EQ(term("in_stock"), 200);
}

TEST_F(BlanksTest, ADifferenceNeedsAReasonAndACountTwoPeople) {
  const auto silent = count_stock(*office_.ledger, {199, "ani", "budi", " "});
  ASSERT_FALSE(silent);
  EXPECT_THAT(silent.error().message, HasSubstr("has 200"));
  EXPECT_FALSE(count_stock(*office_.ledger, {200, "ani", " ANI", ""}));
  EXPECT_FALSE(count_stock(*office_.ledger, {-1, "ani", "budi", "x"}));
  EXPECT_EQ(term("discrepancy"), 0);
  EXPECT_TRUE(office_.ledger->lines_of_type("stock-counted")->empty());
}

TEST_F(BlanksTest, AreWhatARebuiltLedgerHas) {
  ASSERT_TRUE(issue_blanks(*office_.ledger, {30, "Setu", "SPPB-2"}, "keeper"));
  EXPECT_EQ(count_stock(*office_.ledger, {168, "ani", "budi", "two torn"}), 2);
  const auto before = office_.ledger->balance()->terms;
  const auto again = office_.ledger->balance_at("2999-01-01T00:00:00");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->terms, before);
}

}  // namespace
}  // namespace ktp::handover
