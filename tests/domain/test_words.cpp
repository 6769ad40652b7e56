// SPDX-License-Identifier: Apache-2.0
#include "domain/words.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ktp {
namespace {

TEST(Words, WhatAPersonWritesForTheLogIsOneShortLineWithoutANumberOfAPerson) {
  EXPECT_TRUE(check_words("reason", "bent while packing"));
  EXPECT_TRUE(check_words("reason", "kotak 12, kartu 3"));
  EXPECT_TRUE(check_words("reason", std::string(200, 'x')));
  for (const std::string& wrong :
       {std::string(), std::string("  "), std::string(201, 'x'), std::string("two\nlines"),
        std::string("a\0b", 3), std::string("nik 3216 9917 0890"), std::string("081-234-567")}) {
    const auto checked = check_words("reason", wrong);
    ASSERT_FALSE(checked) << wrong;
    EXPECT_EQ(checked.error().code, ErrorCode::bad_data);
    EXPECT_TRUE(checked.error().message.starts_with("reason: "));
  }
  EXPECT_FALSE(check_words("name", "abcdef", 5));
}

TEST(Words, OneNameInTwoSpellingsIsOnePerson) {
  EXPECT_TRUE(same_name("Siti Aminah", " siti  aminah "));
  EXPECT_TRUE(same_name("budi", "BUDI"));
  EXPECT_FALSE(same_name("budi", "budi2"));
  EXPECT_FALSE(same_name("", "budi"));
}

}  // namespace
}  // namespace ktp
