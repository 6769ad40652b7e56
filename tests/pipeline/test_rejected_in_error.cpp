// SPDX-License-Identifier: Apache-2.0
// Cards rejected in error: who says so, what holds limits back, and how the one before comes back.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pipeline/one_order.hpp"
#include "pipeline/rejected_in_error.hpp"
#include "pipeline/review.hpp"

namespace ktp::pipeline {
namespace {

class RejectedInError : public OneOrder {
 protected:
  void print(const std::string& card, const std::string& verdict) {
    const auto event = [&](const char* type, nlohmann::ordered_json data = nlohmann::ordered_json::object()) {
      return of_card(type, card, std::move(data));
    };
    if (number_ > 0)
      happens(event("reprint-decided",
                    {{"replaces", "C000000" + std::to_string(number_)}, {"reason", "damaged"}}));
    happens(event("blank-committed"));
    happens(event("print-started"));
    happens(event("print-ended", {{"outcome", "printed"}, {"number", ++number_}}));
    happens(event("inspected", {{"profile", "p-1"}, {"measures", {{"spot", 1.2}}}}));
    happens(event("judged", {{"verdict", verdict}}));
    happens(event("sorted", {{"bin", verdict}, {"confirmed_by", "printer"}}));
  }
  static LimitPreview asking(const std::string& version) {
    return {.cards = {"C0000001"},
            .moves = {{.limit = "spot", .unit = "", .before = 0.6, .after = 0.75, .wanted = 0.75}},
            .not_reached = {},
            .pass = {},
            .lost = {},
            .yaml = "version: " + version,
            .version = version};
  }
  Result<void> put(const std::string& version, const std::string& was, const std::string& second = "budi") {
    return put_in_force(*ledger_, asking(version), "p-1", was, "dust", "siti", second);
  }
  std::string in_force() {
    const auto all = profile_history(*ledger_);
    return all && !all->empty() ? all->back().version : "none";
  }
};

TEST_F(RejectedInError, TwoPeopleSayItOfADamagedCardOnceAlsoWhereAnotherOneWasPrintedSince) {
  print("C0000001", "damaged");
  print("C0000002", "good");
  EXPECT_EQ(*damaged_lately(*ledger_), std::vector<std::string>{"C0000001"});
  EXPECT_FALSE(mark_rejected_in_error(*ledger_, "C0000001", "dust", "siti", "siti"));
  EXPECT_FALSE(mark_rejected_in_error(*ledger_, "C0000001", "dust", "siti", ""));
  EXPECT_FALSE(mark_rejected_in_error(*ledger_, "C0000001", "", "siti", "budi"));
  EXPECT_FALSE(mark_rejected_in_error(*ledger_, "C0000002", "dust", "siti", "budi")) << "it is good";
  EXPECT_FALSE(mark_rejected_in_error(*ledger_, "C0000009", "dust", "siti", "budi")) << "there is none";
  EXPECT_TRUE(rejected_in_error(*ledger_)->empty());
  ASSERT_TRUE(mark_rejected_in_error(*ledger_, "C0000001", "dust", "siti", "budi"));
  EXPECT_FALSE(mark_rejected_in_error(*ledger_, "C0000001", "dust", "siti", "budi")) << "said before";
  const auto errors = rejected_in_error(*ledger_);
  ASSERT_EQ(errors->size(), 1u);
  EXPECT_EQ(errors->front().by + errors->front().confirmed_by, "sitibudi");
  EXPECT_TRUE(damaged_lately(*ledger_)->empty());
  EXPECT_EQ((*ledger_->card("C0000001"))->bin, "damaged") << "it stays where it is";
  EXPECT_EQ((*ledger_->card("C0000001"))->verdict, "damaged");
}

TEST_F(RejectedInError, ACardCarriedToBinGoodCountsAsLongAsThatDecisionStands) {
  print("C0000001", "damaged");
  happens({.type = "order-held", .order_id = "B1-0001", .data = {{"reason", "card: a person must look"}}});
  const auto good = override_verdict(
      *ledger_,
      {.card = "C0000001", .verdict = Verdict::good, .reason = "dust", .by = "siti", .confirmed_by = "budi"});
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(rejected_in_error(*ledger_)->size(), 1u);
  const auto back = take_back(*ledger_, "C0000001", "siti");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(rejected_in_error(*ledger_)->empty());
}

TEST_F(RejectedInError, LimitsAreTwoPeoplesAndNeverLoseACardThatPeopleFoundDamaged) {
  EXPECT_FALSE(put("p-1+a", "", "siti"));
  EXPECT_FALSE(put("p-1+a", "", ""));
  LimitPreview loses = asking("p-1+a");
  loses.lost = {"C0000007"};
  const auto refused = put_in_force(*ledger_, loses, "p-1", "", "dust", "siti", "budi");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("C0000007"), std::string::npos);
  LimitPreview nothing = asking("p-1+a");
  nothing.yaml.clear();
  EXPECT_FALSE(put_in_force(*ledger_, nothing, "p-1", "", "dust", "siti", "budi"));
  EXPECT_EQ(in_force(), "none");
}

TEST_F(RejectedInError, GoingBackGoesStepByStepToTheConfiguredProfile) {
  EXPECT_FALSE(take_profile_back(*ledger_, "too wide", "siti")) << "nothing to undo";
  ASSERT_TRUE(put("p-1+a", ""));
  ASSERT_TRUE(put("p-1+b", "p-1+a"));
  ASSERT_TRUE(put("p-1+c", "p-1+b"));
  EXPECT_EQ(in_force(), "p-1+c");
  ASSERT_TRUE(take_profile_back(*ledger_, "too wide", "siti"));
  EXPECT_EQ(in_force(), "p-1+b");
  ASSERT_TRUE(take_profile_back(*ledger_, "too wide", "siti"));
  EXPECT_EQ(in_force(), "p-1+a");
  const auto history = profile_history(*ledger_);
  EXPECT_EQ(history->back().sha256, history->front().sha256) << "its own file";
  ASSERT_TRUE(take_profile_back(*ledger_, "too wide", "siti"));
  EXPECT_EQ(in_force(), "");
  EXPECT_FALSE(take_profile_back(*ledger_, "too wide", "siti"));
  EXPECT_EQ(profile_history(*ledger_)->size(), 6u) << "nothing leaves the log";
}

}  // namespace
}  // namespace ktp::pipeline
