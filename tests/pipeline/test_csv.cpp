// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "pipeline/csv.hpp"

namespace ktp::pipeline {
namespace {

using Fields = std::vector<std::string>;

std::vector<CsvRecord> all(std::string_view text, CsvLimits limits = {}) {
  CsvReader reader(text, limits);
  std::vector<CsvRecord> records;
  while (auto record = reader.next()) records.push_back(std::move(*record));
  return records;
}

TEST(CsvText, BothLineEndsAMarkAtTheBeginningAndAMissingLastLineEndAreRead) {
  for (const char* text : {"a,b\nc,d\n", "a,b\r\nc,d\r\n",
                           "\xEF\xBB\xBF"
                           "a,b\nc,d",
                           "a,b\n\n\r\nc,d\r\n\n"}) {
    const auto records = all(text);
    ASSERT_EQ(records.size(), 2u) << text;
    EXPECT_EQ(records[0].fields, (Fields{"a", "b"}));
    EXPECT_EQ(records[1].fields, (Fields{"c", "d"}));
  }
}

TEST(CsvText, QuotedFieldsKeepCommasQuotesAndLineBreaks) {
  const auto records = all("\"a,\"\"b\"\"\r\nc\",,\"\"\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].fields, (Fields{"a,\"b\"\r\nc", "", ""}));
}

TEST(CsvText, AStrayQuoteCostsItsOwnLineOnly) {
  for (const char* bad : {"\"a,b", "a\"b,c", "\"a\"b,c", "x,\""}) {
    const auto records =
        all(std::string("1,2\n") + bad + "\n3,4\n5,6\n", {.max_field = 100, .max_record = 1000});
    std::size_t good = 0, broken = 0;
    for (const CsvRecord& record : records) (record.error.empty() ? good : broken) += 1;
    EXPECT_EQ(broken, 1u) << bad;
    EXPECT_EQ(good, 3u) << bad;
  }
}

TEST(CsvText, FieldsAndLinesOverTheirLimitsAreErrorsAndTheNextLineIsRead) {
  const auto long_field = all(std::string(1001, 'x') + ",b\nc,d\n");
  ASSERT_EQ(long_field.size(), 2u);
  EXPECT_NE(long_field[0].error.find("1000"), std::string::npos);
  EXPECT_EQ(long_field[1].fields, (Fields{"c", "d"}));
  std::string wide;
  for (int i = 0; i < 70; ++i) wide += std::string(999, 'y') + ",";
  const auto long_line = all(wide + "z\nc,d\n");
  ASSERT_EQ(long_line.size(), 2u);
  EXPECT_NE(long_line[0].error, "");
  EXPECT_EQ(long_line[1].fields, (Fields{"c", "d"}));
  EXPECT_EQ(all(std::string(1000, 'x') + "\n")[0].error, "") << "the limit itself is allowed";
}

TEST(CsvText, WhateverWasQuotedIsReadBack) {
  std::mt19937 random(7);
  const std::string letters = "ab,\"\n\r \xC3\xA9";
  for (int round = 0; round < 3000; ++round) {
    Fields fields(1 + random() % 5);
    for (std::string& field : fields)
      for (std::size_t n = random() % 8; n > 0; --n) field += letters[random() % letters.size()];
    std::string text;
    for (const std::string& field : fields) {
      text += text.empty() ? "\"" : ",\"";
      for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    const auto records = all(text + (round % 2 == 0 ? "\r\n" : "\n"));
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].fields, fields);
  }
}

TEST(CsvText, AnyBytesEndAndLoseNoLineThatIsWellFormed) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string noise(random() % 60, '\0');
    for (char& c : noise)
      c = static_cast<char>(random() % 4 == 0 ? "\",\n\r"[random() % 4] : static_cast<int>(random() % 256));
    const auto records = all(noise + "\n\"\"\nlast,row\n");
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.back().fields, (Fields{"last", "row"})) << "the row behind the noise must be read";
  }
}

TEST(Utf8Text, OverlongSurrogateAndCutSequencesAreRefused) {
  EXPECT_TRUE(is_valid_utf8("SITI \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\xE2\x82", "\xFF"})
    EXPECT_FALSE(is_valid_utf8(bad));
}

}  // namespace
}  // namespace ktp::pipeline
