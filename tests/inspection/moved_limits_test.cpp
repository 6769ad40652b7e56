// SPDX-License-Identifier: Apache-2.0
// Limits widened for cards that were rejected in error: which, how far, and what they would have done.
#include <gtest/gtest.h>

#include "inspection/moved_limits.hpp"
#include "inspection/profile.hpp"

namespace ktp::inspection {
namespace {

const std::filesystem::path kFile = KTP_SOURCE_DIR "/config/inspection/ektp.yaml";

class MovedLimits : public ::testing::Test {
 protected:
  const std::shared_ptr<const Profile> profile_ = *load_profile(kFile);
};

TEST_F(MovedLimits, MoveSoFarThatEveryCardOfTheSetIsBelowThem) {
  const std::vector<CardMeasures> good{{{"stain_mm2", 1.2}, {"spot", 0.9}}, {{"stain_mm2", 1.31}}};
  const auto moves = moves_for(*profile_, good);
  ASSERT_EQ(moves.size(), 1u) << "what lies below its limit asks for nothing";
  EXPECT_EQ(moves[0].limit, "stain_mm2");
  EXPECT_DOUBLE_EQ(moves[0].before, profile_->limits.stain_mm2);
  EXPECT_NEAR(moves[0].after, profile_->limits.stain_mm2 * 1.31 * kBeyond, 1e-4);
  EXPECT_GT(moves[0].after, profile_->limits.stain_mm2 * 1.31);
  for (const CardMeasures& card : good) EXPECT_FALSE(still_damaged(*profile_, moves, card));
}

TEST_F(MovedLimits, NeverFarNeverForContentAndNeverDownwards) {
  const std::vector<CardMeasures> good{
      {{"stain_mm2", 9}, {"digit_margin", 3}, {"portrait_disagreement", 2}, {"scratch_contrast", 0.2}}};
  const auto moves = moves_for(*profile_, good);
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_DOUBLE_EQ(moves[0].after, profile_->limits.stain_mm2 * kWidest);
  EXPECT_GT(moves[0].wanted, moves[0].after);
  EXPECT_TRUE(still_damaged(*profile_, moves, good[0])) << "it asked for more than is allowed";
}

TEST_F(MovedLimits, ACardIsStillDamagedByEveryOtherLimit) {
  const auto moves = moves_for(*profile_, std::vector<CardMeasures>{{{"stain_mm2", 1.2}}});
  EXPECT_FALSE(still_damaged(*profile_, moves, {{"stain_mm2", 1.19}}));
  EXPECT_TRUE(still_damaged(*profile_, moves, {{"stain_mm2", 1.19}, {"fade_share", 1.01}}));
  EXPECT_TRUE(still_damaged(*profile_, moves, {{"stain_mm2", 1.4}}));
  EXPECT_TRUE(still_damaged(*profile_, {}, {{"stain_mm2", 1}}));
}

TEST_F(MovedLimits, TheFileSaysWhatMovedAndNothingElse) {
  const std::vector<CardMeasures> good{{{"stain_mm2", 1.2}}};
  const auto moves = moves_for(*profile_, good);
  const auto yaml = moved_yaml(kFile, *profile_, moves, std::vector<std::string>{"C0000007"});
  ASSERT_TRUE(yaml) << yaml.error().message;
  const auto moved = read_profile_text(*yaml, "moved");
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_NEAR((*moved)->limits.stain_mm2, moves[0].after, 1e-6);
  EXPECT_TRUE(version(**moved).starts_with(version(*profile_) + "+")) << version(**moved);
  Limits rest = (*moved)->limits;
  rest.stain_mm2 = profile_->limits.stain_mm2;
  EXPECT_EQ(rest.scratch_contrast, profile_->limits.scratch_contrast);
  EXPECT_EQ(rest.letter_difference, profile_->limits.letter_difference);
  EXPECT_EQ((*moved)->zones[0].size(), profile_->zones[0].size());
  EXPECT_NE(yaml->find("C0000007"), std::string::npos);
  // The same set has the same version, another set another.
  EXPECT_EQ(*moved_yaml(kFile, *profile_, moves, std::vector<std::string>{"C0000007"}), *yaml);
  EXPECT_NE(*moved_yaml(kFile, *profile_, moves, std::vector<std::string>{"C0000008"}), *yaml);
}

TEST_F(MovedLimits, ScoresOfOneProfileAreReadByAnother) {
  Profile wide = *profile_;
  wide.limits.stain_mm2 *= 2;
  EXPECT_DOUBLE_EQ(translated({{"stain_mm2", 0.6}}, wide, *profile_).at("stain_mm2"), 1.2);
}

TEST_F(MovedLimits, TheWorseOfBothSidesCounts) {
  const std::vector<Measure> front{{"spot", 0.3}, {"stain_mm2", 1.4}}, back{{"spot", 0.8}};
  const CardMeasures all = measures_of(front, back);
  EXPECT_EQ(all, (CardMeasures{{"spot", 0.8}, {"stain_mm2", 1.4}}));
}

}  // namespace
}  // namespace ktp::inspection
