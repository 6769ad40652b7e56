// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "domain/nik.hpp"
#include "domain/order.hpp"

namespace ktp {
namespace {

std::string why(std::string_view text, bool test_mode = true) {
  const auto nik = Nik::parse(text, test_mode);
  return nik ? "" : nik.error().message;
}

TEST(NikRules, ANumberThatKeepsEveryHardRuleIsAccepted) {
  EXPECT_EQ(why("3216991708900001"), "");
  EXPECT_EQ(why("3216995708900001"), "") << "a woman's day is coded plus forty";
  EXPECT_EQ(why("3216992902000001"), "") << "29 February of 2000 exists";
}

TEST(NikRules, EveryHardRuleRefusesAndNamesItself) {
  EXPECT_NE(why("321699170890001").find("16 digits"), std::string::npos);
  EXPECT_NE(why("32169917089000011").find("16 digits"), std::string::npos);
  EXPECT_NE(why("32169917O8900001").find("digits only"), std::string::npos);
  EXPECT_NE(why("3216990008900001").find("day"), std::string::npos);
  EXPECT_NE(why("3216993208900001").find("day"), std::string::npos);
  EXPECT_NE(why("3216994008900001").find("day"), std::string::npos);
  EXPECT_NE(why("3216997208900001").find("day"), std::string::npos);
  EXPECT_NE(why("3216991700900001").find("month"), std::string::npos);
  EXPECT_NE(why("3216991713900001").find("month"), std::string::npos);
  EXPECT_NE(why("3216993104900001").find("does not exist"), std::string::npos) << "31 April";
  EXPECT_NE(why("3216993002900001").find("does not exist"), std::string::npos) << "30 February";
  EXPECT_NE(why("3216992902010001").find("does not exist"), std::string::npos)
      << "29 February of 1901 and 2001";
  EXPECT_NE(why("3216991708900000").find("0000"), std::string::npos);
}

TEST(NikRules, TheTestPrefixIsRefusedOutsideTestMode) {
  EXPECT_NE(why("3216991708900001", false).find("simulated"), std::string::npos);
}

TEST(NikRules, AnErrorNeverRepeatsTheNumber) {
  for (const std::string text : {"3216993208900001", "3216991713900001", "32169917089000011"})
    EXPECT_EQ(why(text).find(text.substr(0, 8)), std::string::npos);
}

TEST(NikRules, LawfulDifferencesAreWarningsNotErrors) {
  const auto nik = Nik::parse("3216995708900001", true);
  ASSERT_TRUE(nik);
  EXPECT_TRUE(nik->soft_findings(Date{1990, 8, 17}, true).empty());
  EXPECT_EQ(nik->soft_findings(Date{1990, 8, 18}, true).size(), 1u);
  EXPECT_EQ(nik->soft_findings(Date{1991, 8, 17}, false).size(), 2u);
  // A number from a province that is not in the list: the prefix is where the person was first registered,
  // not a rule.
  const auto elsewhere = Nik::parse(
      "98"
      "00005708900001",
      true);
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->soft_findings(Date{1990, 8, 17}, true).size(), 1u);
}

TEST(NikRules, MaskingKeepsTheLastFourDigitsOnly) {
  EXPECT_EQ(Nik::parse("3216991708900012", true)->masked(), "************0012");
}

TEST(OrderFields, PrintedValuesAreTrimmedAndTheRecordKeepsItsSpaces) {
  Order order;
  order.field("nama") = "  SPESIMEN SATU ";
  EXPECT_EQ(order.printed("nama"), "SPESIMEN SATU");
  EXPECT_EQ(order.field("nama"), "  SPESIMEN SATU ");
}

}  // namespace
}  // namespace ktp
