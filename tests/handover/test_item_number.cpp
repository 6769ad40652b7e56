// SPDX-License-Identifier: Apache-2.0
#include "handover/item_number.hpp"

#include <gtest/gtest.h>

namespace ktp::handover {
namespace {

TEST(ItemNumber, CheckDigitIsThatOfTheReferenceExample) {
  EXPECT_EQ(s10_check_digit("47312482"), '9');
  EXPECT_EQ(s10_item("RR", 47312482), "RR473124829ID");
  EXPECT_EQ(s10_check_digit("00000000"), '5') << "remainder 0 gives 11, which is written 5";
  EXPECT_EQ(s10_check_digit("4731248"), std::nullopt);
  EXPECT_EQ(s10_check_digit("4731248x"), std::nullopt);
}

TEST(ItemNumber, NoSingleWrongDigitAndNoSwapOfNeighboursPassesTheCheck) {
  int wrong = 0, found = 0;
  for (std::uint32_t serial = 12345; serial < 12345 + 200'000; serial += 977) {
    const std::string item = s10_item("ZA", serial);
    for (std::size_t at = 2; at < 10; ++at) {
      for (char digit = '0'; digit <= '9'; ++digit) {
        std::string changed = item;
        changed[at] = digit;
        if (changed == item) continue;
        ++wrong;
        found += checked_item(changed) ? 0 : 1;
      }
    }
  }
  // Remainders 0 and 6 share the digit 5 (docs/domain.md section 4.1): a few changes between them pass.
  EXPECT_GT(found, wrong * 97 / 100) << found << " of " << wrong;
}

TEST(ItemNumber, WhatPeopleScanOrTypeIsTakenAndNonsenseIsNamed) {
  EXPECT_EQ(*checked_item("rr 473 124 829 id"), "RR473124829ID");
  EXPECT_EQ(*checked_item("P2004180001234"), "P2004180001234") << "a domestic receipt has another form";
  EXPECT_NE(checked_item("RR473124828ID").error().message.find("check digit"), std::string::npos);
  EXPECT_FALSE(checked_item("ABC"));
  EXPECT_FALSE(checked_item("RR473124829ID/"));
  EXPECT_FALSE(checked_item("3216991708900001")) << "a NIK is no item number";
}

TEST(ItemNumber, ARangeGivesEachNumberOnceAndSaysWhenItIsUsedUp) {
  const ItemRange range{.service = "ZB", .first = 7, .last = 8};
  const auto one = range.next(std::nullopt);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, s10_item("ZB", 7));
  const auto two = range.next(*one);
  EXPECT_EQ(*two, s10_item("ZB", 8));
  const auto none = range.next(*two);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::configuration);
  EXPECT_EQ(*range.next(s10_item("ZB", 2)), s10_item("ZB", 7)) << "a new range begins after the old one";
}

}  // namespace
}  // namespace ktp::handover
