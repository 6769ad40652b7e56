// SPDX-License-Identifier: Apache-2.0
// What a chip's UID says of a card, and what it does not.
#include "pipeline/chip.hpp"

#include <gtest/gtest.h>

#include "pipeline/verdict.hpp"

namespace ktp::pipeline {
namespace {

using Kind = ChipReading::Kind;

TEST(ChipUid, OfSingleSizeThatBegins08IsRandom) {
  EXPECT_TRUE(is_random_uid("08A1B2C3"));
  EXPECT_FALSE(is_random_uid("04A1B2C3"));
  EXPECT_FALSE(is_random_uid("08A1B2C3D4E5F6")) << "a double-size UID is assigned";
}

TEST(ChipUid, OfEmptyMemoryIsNone) {
  EXPECT_TRUE(is_blank_uid("00000000"));
  EXPECT_TRUE(is_blank_uid("FFFFFFFFFFFFFF"));
  EXPECT_FALSE(is_blank_uid("0F0F0F0F"));
  EXPECT_FALSE(is_blank_uid(""));
}

TEST(ChipDoubt, IsWhateverDoesNotNameTheCard) {
  EXPECT_EQ(chip_doubt({}, ""), "") << "no reader, nothing asked";
  EXPECT_EQ(chip_doubt({.kind = Kind::read, .uid = "04A1"}, ""), "");
  EXPECT_EQ(chip_doubt({.kind = Kind::read, .uid = "04A1"}, "04A1"), "");
  EXPECT_NE(chip_doubt({.kind = Kind::read, .uid = "04A1"}, "04A2"), "");
  for (const Kind kind : {Kind::none, Kind::unreadable, Kind::random, Kind::several, Kind::stopped})
    EXPECT_NE(chip_doubt({.kind = kind}, "04A1"), "") << static_cast<int>(kind);
}

TEST(ChipDoubt, SendsAGoodCardToReviewAndNoWorseOneAnywhereElse) {
  inspection::Report good, damaged;
  good.verdict = Verdict::good;
  damaged.verdict = Verdict::damaged;
  Identification doubt{.chip_doubt = "no chip answers", .event = {}};
  EXPECT_EQ(judge(good, good, doubt), Verdict::review);
  EXPECT_EQ(judge(good, damaged, doubt), Verdict::damaged);
  EXPECT_EQ(judge(good, good, {}), Verdict::good);
  EXPECT_NE(summary_of(good, good, doubt).find("no chip answers"), std::string::npos);
}

}  // namespace
}  // namespace ktp::pipeline
