// SPDX-License-Identifier: Apache-2.0
// What people decide about rejected cards: two for good, one for the rest, never two live cards, and nothing
// leaves the log.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pipeline/one_order.hpp"
#include "pipeline/review.hpp"

namespace ktp::pipeline {
namespace {

class Review : public OneOrder {
 protected:
  void print(const std::string& card, const std::string& verdict, const std::string& order = "B1-0001") {
    const auto event = [&](const char* type, nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
      return of_card(type, card, std::move(data), order);
    };
    happens(event("blank-committed"));
    happens(event("print-started"));
    happens(event("print-ended", {{"outcome", "printed"}, {"number", ++number_}}));
    happens(event("judged", {{"verdict", verdict}}));
    happens(event("sorted", {{"bin", verdict}, {"confirmed_by", "printer"}}));
  }
  void hold() {
    happens({.type = "order-held",
             .order_id = "B1-0001",
             .data = {{"reason", "card: C0000001 lies in review; an inspector decides"}}});
  }
  std::string verdict_of(const std::string& card) { return (*ledger_->card(card))->verdict; }
  std::string bin_of(const std::string& card) { return (*ledger_->card(card))->bin; }
  std::string order_state() { return (*ledger_->order("B1-0001"))->state; }
  void expect_proven() {
    EXPECT_TRUE(ledger_->balance()->closes());
    const auto wrong = ledger_->verify();
    ASSERT_TRUE(wrong) << wrong.error().message;
    EXPECT_FALSE(wrong->has_value()) << wrong->value();
  }
};

const Override kGood{.card = "C0000001",
                     .verdict = Verdict::good,
                     .reason = "dust on the glass",
                     .by = "siti",
                     .confirmed_by = "budi"};

TEST_F(Review, GoodTakesTwoPeopleAndAReason) {
  print("C0000001", "review");
  hold();
  for (const auto& [by, second, reason] :
       {std::tuple<const char*, const char*, const char*>{"siti", "", "dust"},
        {"siti", "siti", "dust"},
        {"siti", "budi", ""},
        {"station", "budi", "dust"},
        {"siti", "budi", "line\nbreak"},
        {"siti", "budi", "NIK 3216 9917 0890"}}) {
    Override decision = kGood;
    decision.by = by;
    decision.confirmed_by = second;
    decision.reason = reason;
    const auto refused = override_verdict(*ledger_, decision);
    ASSERT_FALSE(refused) << by << second << reason;
    EXPECT_EQ(refused.error().code, ErrorCode::bad_data);
    EXPECT_EQ(bin_of("C0000001"), "review");
  }
  ASSERT_TRUE(override_verdict(*ledger_, kGood));
  EXPECT_EQ(verdict_of("C0000001"), "good");
  EXPECT_EQ(bin_of("C0000001"), "good");
  EXPECT_EQ(order_state(), "done");
  EXPECT_EQ(ledger_->balance()->at("good"), 1);
  EXPECT_EQ(ledger_->balance()->at("review"), 0);
  expect_proven();
}

TEST_F(Review, TheLedgerItselfWantsTheSecondPerson) {
  print("C0000001", "review");
  hold();
  const ledger::Event alone{.type = "overridden",
                            .actor = "siti",
                            .order_id = "B1-0001",
                            .card = "C0000001",
                            .token = "tokenC0000001",
                            .data = {{"verdict", "good"}, {"was", "review"}, {"reason", "dust"}}};
  EXPECT_FALSE(ledger_->append({alone}));
}

TEST_F(Review, ADamagedCardWhoseReplacementIsLiveStaysRejected) {
  print("C0000001", "damaged");
  happens({.type = "reprint-decided",
           .order_id = "B1-0001",
           .card = "C0000002",
           .data = {{"replaces", "C0000001"}, {"reason", "damaged"}}});
  EXPECT_FALSE(override_verdict(*ledger_, kGood)) << "the order is being printed";
  print("C0000002", "good");
  EXPECT_FALSE(override_verdict(*ledger_, kGood)) << "one person, one live card";
  hold();
  EXPECT_FALSE(override_verdict(*ledger_, kGood)) << "not even where the order is held";
  ASSERT_TRUE(agree(*ledger_, "C0000001", "siti"));
  expect_proven();
}

TEST_F(Review, RejectedAfterReviewIsPrintedAgain) {
  print("C0000001", "review");
  hold();
  ASSERT_TRUE(override_verdict(*ledger_, {.card = "C0000001",
                                          .verdict = Verdict::damaged,
                                          .reason = "seen by eye",
                                          .by = "siti",
                                          .confirmed_by = {}}));
  EXPECT_EQ(bin_of("C0000001"), "damaged");
  EXPECT_EQ(order_state(), "accepted");
  happens({.type = "reprint-decided",
           .order_id = "B1-0001",
           .card = "C0000002",
           .data = {{"replaces", "C0000001"}, {"reason", "damaged"}}});
  print("C0000002", "good");
  EXPECT_EQ(order_state(), "done");
  EXPECT_FALSE(take_back(*ledger_, "C0000001", "siti")) << "another card was printed since";
  expect_proven();
}

TEST_F(Review, AMismatchCalledDamagedStillWaitsForTheSupervisor) {
  print("C0000001", "mismatch");
  hold();
  ASSERT_TRUE(override_verdict(*ledger_, {.card = "C0000001",
                                          .verdict = Verdict::damaged,
                                          .reason = "seen by eye",
                                          .by = "siti",
                                          .confirmed_by = {}}));
  EXPECT_EQ(order_state(), "held");
}

TEST_F(Review, ADecisionIsTakenBackByItsOwnerAndBothStandInTheLog) {
  print("C0000001", "review");
  hold();
  EXPECT_FALSE(take_back(*ledger_, "C0000001", "siti")) << "nothing was decided";
  ASSERT_TRUE(override_verdict(*ledger_, kGood));
  EXPECT_FALSE(take_back(*ledger_, "C0000001", "budi"));
  ASSERT_TRUE(take_back(*ledger_, "C0000001", "siti"));
  EXPECT_EQ(bin_of("C0000001"), "review");
  EXPECT_EQ(order_state(), "held");
  EXPECT_FALSE(take_back(*ledger_, "C0000001", "siti")) << "once";
  const auto trail = ledger_->trail("C0000001");
  EXPECT_EQ(
      std::ranges::count_if(
          *trail, [](const std::string& line) { return line.find("\"overridden\"") != std::string::npos; }),
      2);
  ASSERT_TRUE(override_verdict(*ledger_, kGood)) << "and decided anew";
  expect_proven();
}

TEST_F(Review, AgreementIsRecordedOnceAndTakenBack) {
  print("C0000001", "damaged");
  ASSERT_TRUE(agree(*ledger_, "C0000001", "siti"));
  EXPECT_FALSE(agree(*ledger_, "C0000001", "siti"));
  EXPECT_FALSE(agree(*ledger_, "C0000001", "budi"));
  ASSERT_TRUE(take_back(*ledger_, "C0000001", "siti"));
  ASSERT_TRUE(agree(*ledger_, "C0000001", "budi"));
  EXPECT_EQ(bin_of("C0000001"), "damaged");
}

TEST_F(Review, ASealedCardIsOutOfReach) {
  print("C0000001", "review");
  hold();
  ASSERT_TRUE(override_verdict(*ledger_, kGood));
  happens({.type = "batch-sealed", .data = {{"seal", "S000001"}, {"region", "32.16.01.2001"}, {"count", 1}}});
  happens({.type = "sealed",
           .order_id = "B1-0001",
           .card = "C0000001",
           .token = "tokenC0000001",
           .data = {{"seal", "S000001"}, {"item", "ZA000000019ID"}}});
  EXPECT_FALSE(take_back(*ledger_, "C0000001", "siti"));
}

TEST_F(Review, ManyAreAcceptedTogetherOrNone) {
  print("C0000001", "review");
  hold();
  // A second order, whose card is damaged and is being printed again: it cannot be found good.
  happens({.type = "order-accepted",
           .order_id = "B1-0002",
           .batch = "1",
           .data = {{"row", 2}, {"person", "q"}, {"content", "d"}, {"region", "32.16.01.2001"}}});
  print("C0000002", "damaged", "B1-0002");
  Override second = kGood;
  second.card = "C0000002";
  const auto refused = override_all(*ledger_, {kGood, second});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::bad_data);
  EXPECT_NE(refused.error().message.find("C0000002"), std::string::npos) << refused.error().message;
  EXPECT_EQ(verdict_of("C0000001"), "review") << "none of them";
  EXPECT_FALSE(override_all(*ledger_, {kGood, kGood})) << "twice the same";
  happens({.type = "order-held", .order_id = "B1-0002", .data = {{"reason", "card: too many"}}});
  ASSERT_TRUE(override_all(*ledger_, {kGood, second}));
  EXPECT_EQ(bin_of("C0000001"), "good");
  EXPECT_EQ(bin_of("C0000002"), "good");
  expect_proven();
}

TEST_F(Review, ThereHasToBeSuchACard) {
  EXPECT_EQ(agree(*ledger_, "C9999999", "siti").error().code, ErrorCode::input_missing);
  print("C0000001", "good");
  EXPECT_FALSE(agree(*ledger_, "C0000001", "siti"));
  EXPECT_FALSE(override_verdict(*ledger_, kGood));
}

}  // namespace
}  // namespace ktp::pipeline
