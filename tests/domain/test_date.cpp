// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "domain/date.hpp"

namespace ktp {
namespace {

TEST(DateText, OnlyExistingDaysInTheContractsFormAreDates) {
  EXPECT_TRUE(Date::parse("17-08-1990"));
  EXPECT_TRUE(Date::parse("29-02-2000"));
  for (const char* text :
       {"29-02-1900", "31-04-1990", "00-01-1990", "17-13-1990", "1990-08-17", "17/08/1990", "17-8-1990",
        "17-08-90", " 17-08-1990", "17-08-1990 ", "17-08-1899", "17-08-2200", "", "aa-bb-cccc"})
    EXPECT_FALSE(Date::parse(text)) << text;
}

TEST(DateText, WritingAndReadingADateGivesItBack) {
  for (int year : {1900, 1999, 2000, 2199})
    for (int month = 1; month <= 12; ++month)
      for (int day = 1; day <= 31; ++day)
        if (date_exists(year, month, day)) {
          const Date date{year, month, day};
          EXPECT_EQ(Date::parse(date.to_string()), date);
        }
}

}  // namespace
}  // namespace ktp
