// SPDX-License-Identifier: Apache-2.0
// Pictures of good cards are kept for comparing, never more than ten cards, and evidence is never touched.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "artwork/picture.hpp"
#include "pipeline/recent_good.hpp"
#include "temp_folder.hpp"

namespace ktp::pipeline {
namespace {

namespace fs = std::filesystem;

class RecentGoodTest : public ::testing::Test {
 protected:
  void SetUp() override {
    report_.rectified = Image(40, 30, 3, 128);
    fs::create_directories(folder_ / "data");
    auto key = ledger::PersonalKey::load(folder_ / "data", true);
    ASSERT_TRUE(key) << key.error().message;
    key_.emplace(*std::move(key));
    const auto number = key_->record_keys().take();
    ASSERT_TRUE(number) << number.error().message;
    number_ = number->first;
  }
  PictureSafe safe() const { return {evidence_, &*key_}; }
  void keep(RecentGood& good, int n) {
    const auto kept = good.keep(name(n), number_, {&report_, &report_});
    ASSERT_TRUE(kept) << kept.error().message;
  }
  static std::string name(int n) { return "C00000" + std::to_string(10 + n); }
  fs::path picture(const std::string& card, const char* side = "front") const {
    return evidence_ / (RecentGood::picture(card, side) + ".sealed");
  }
  void touch(const fs::path& file) const {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "x";
  }
  ktp::test::TempFolder folder_;
  fs::path evidence_ = folder_ / "evidence", list_ = folder_ / "recent-good.json";
  inspection::Report report_;
  std::optional<ledger::PersonalKey> key_;
  std::int64_t number_ = 0;
};

TEST_F(RecentGoodTest, KeepsTheLastTenAndForgetsTheOthersPictures) {
  RecentGood good(safe(), list_);
  for (int n = 0; n < 13; ++n) keep(good, n);
  const auto cards = RecentGood::read(list_);
  ASSERT_EQ(cards.size(), RecentGood::kMost);
  EXPECT_EQ(cards.front(), name(12));
  EXPECT_EQ(cards.back(), name(3));
  for (int n = 0; n < 13; ++n)
    for (const char* side : {"front", "back"})
      EXPECT_EQ(fs::exists(picture(name(n), side)), n >= 3) << n << side;
  const auto image = safe().picture(RecentGood::picture(name(12), "front"));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 40);
  struct stat found{};
  ASSERT_EQ(::stat(picture(name(12)).c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0600u) << "a person's card";
}

TEST_F(RecentGoodTest, GoesOnWhereItStoodAndTakesAwayWhatAPowerCutLeft) {
  {
    RecentGood good(safe(), list_);
    for (int n = 0; n < 10; ++n) keep(good, n);
  }
  touch(picture("C0000099"));  // written, not named yet when the power went
  touch(picture("C0000098"));  // of a rejected card: evidence
  touch(evidence_ / "C0000098-front-expected.png");
  touch(evidence_ / "C0000099-note-aligned.jpg.txt");
  RecentGood again(safe(), list_);
  EXPECT_FALSE(fs::exists(picture("C0000099")));
  EXPECT_TRUE(fs::exists(picture("C0000098")));
  EXPECT_TRUE(fs::exists(picture(name(0))));
  keep(again, 10);
  EXPECT_FALSE(fs::exists(picture(name(0))));
  EXPECT_EQ(RecentGood::read(list_).size(), RecentGood::kMost);
}

TEST_F(RecentGoodTest, ACardThatASecondLookClearedKeepsItsEvidence) {
  touch(picture(name(0)));
  touch(evidence_ / (name(0) + "-front-expected.png.sealed"));
  RecentGood good(safe(), list_);
  for (int n = 0; n < 12; ++n) keep(good, n);
  EXPECT_TRUE(fs::exists(picture(name(0))));
  EXPECT_EQ(fs::file_size(picture(name(0))), 1u) << "as the evidence had it";
}

TEST_F(RecentGoodTest, AListOfNonsenseNamesNobody) {
  for (const char* text :
       {"", "{", "[]", R"({"cards":"C1"})", R"({"cards":["../../etc/passwd","C1/..",7,"C",""]})"}) {
    std::ofstream(list_) << text;
    EXPECT_TRUE(RecentGood::read(list_).empty()) << text;
    RecentGood good(safe(), list_);
    keep(good, 1);
    EXPECT_EQ(RecentGood::read(list_), std::vector<std::string>{name(1)});
  }
}

}  // namespace
}  // namespace ktp::pipeline
