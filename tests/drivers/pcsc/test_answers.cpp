// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pcsc/answers.hpp"

namespace pcsc {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Answers, AUidOfEachSizeIsUpperCaseHex) {
  EXPECT_EQ(uid_answer(Bytes{0x0A, 0xB1, 0xC2, 0xD3, 0x90, 0x00}).uid, "0AB1C2D3");
  EXPECT_EQ(uid_answer(Bytes{4, 1, 2, 3, 4, 5, 0xFF, 0x90, 0x00}).uid, "040102030405FF");
  EXPECT_EQ(uid_answer(Bytes{4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x90, 0x00}).uid, "04010203040506070809");
}

TEST(Answers, EverythingElseIsNoUidAndSaysWhy) {
  for (const Bytes& bytes :
       {Bytes{}, Bytes{0x90}, Bytes{0x90, 0x00}, Bytes{1, 2, 3, 0x90, 0x00}, Bytes{1, 2, 3, 4, 5, 0x90, 0x00},
        Bytes(13, 0x90), Bytes{0x6A, 0x81}, Bytes{0x63, 0x00}, Bytes{1, 2, 3, 4, 0x62, 0x82},
        Bytes{1, 2, 3, 4, 0x90, 0x01}}) {
    const UidAnswer answer = uid_answer(bytes);
    EXPECT_EQ(answer.uid, "");
    EXPECT_EQ(answer.ask_for, 0);
    EXPECT_NE(answer.why, "");
  }
  EXPECT_NE(uid_answer(Bytes{0x6A, 0x81}).why.find("6A81"), std::string::npos);
}

TEST(Answers, AReaderThatWantsTheExactLengthIsAskedForOneThatExists) {
  EXPECT_EQ(uid_answer(Bytes{0x6C, 0x07}).ask_for, 7);
  EXPECT_EQ(uid_answer(Bytes{0x6C, 0x05}).ask_for, 0);
  EXPECT_EQ(get_uid(7), (Bytes{0xFF, 0xCA, 0, 0, 7}));
}

TEST(Answers, ReaderNamesAreReadToTheEndOfTheListAndNoFurther) {
  EXPECT_EQ(reader_names(std::string_view("A 00\0B 01\0\0C\0", 13)),
            (std::vector<std::string>{"A 00", "B 01"}));
  EXPECT_EQ(reader_names(std::string_view("A 00\0cut", 8)), (std::vector<std::string>{"A 00"}));
  EXPECT_TRUE(reader_names(std::string_view("\0", 1)).empty());
  EXPECT_TRUE(reader_names({}).empty());
}

TEST(Answers, AReaderIsMeantByNameOrByTheBeginningOfOne) {
  const std::vector<std::string> names{"Acme CL 00 00", "Acme CL 00 01", "Other 01 00"};
  EXPECT_EQ(choose_reader(names, "Acme CL 00 01"), "Acme CL 00 01");
  EXPECT_EQ(choose_reader(names, "Other"), "Other 01 00");
  EXPECT_EQ(choose_reader(std::vector<std::string>{"Only 00 00"}, ""), "Only 00 00");
  EXPECT_EQ(choose_reader(names, "Acme").error().no, WhichReader::No::ambiguous);
  EXPECT_EQ(choose_reader(names, "").error().no, WhichReader::No::ambiguous);
  EXPECT_NE(choose_reader(names, "").error().why.find("\"Other 01 00\""), std::string::npos);
  EXPECT_EQ(choose_reader(names, "ACR").error().no, WhichReader::No::absent);
  EXPECT_EQ(choose_reader({}, "").error().no, WhichReader::No::absent);
}

}  // namespace
}  // namespace pcsc
