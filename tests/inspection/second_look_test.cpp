// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "inspection/face_features.hpp"
#include "inspection/second_look.hpp"
#include "temp_folder.hpp"

#include <fstream>

namespace {

using ktp::Verdict;
namespace insp = ktp::inspection;

insp::Report report(Verdict verdict, double score, std::vector<std::pair<const char*, double>> findings) {
  insp::Report out;
  out.verdict = verdict;
  out.score = score;
  for (const auto& [kind, size] : findings) {
    ktp::Finding f;
    f.kind = kind;
    f.size_mm = size;
    out.findings.push_back(f);
  }
  return out;
}

TEST(SecondLook, IsAskedForBySmallSpotsAndStreaksOnly) {
  EXPECT_TRUE(insp::may_be_loose(report(Verdict::damaged, 2, {{"stain", 1.1}})));
  EXPECT_TRUE(insp::may_be_loose(report(Verdict::damaged, 2, {{"scratch", 6}, {"dust", 0.7}})));
  EXPECT_TRUE(insp::may_be_loose(report(Verdict::review, 1.2, {{"unclear-digit", 3}})));
  EXPECT_FALSE(insp::may_be_loose(report(Verdict::damaged, 9, {{"stain", 7}})));
  EXPECT_FALSE(insp::may_be_loose(report(Verdict::damaged, 3, {{"stain", 1}, {"half-print", 40}})));
  EXPECT_FALSE(insp::may_be_loose(report(Verdict::mismatch, 3, {{"wrong-digit", 3}})));
  EXPECT_FALSE(insp::may_be_loose(
      report(Verdict::damaged, 3, {{"stain", 1}, {"stain", 1}, {"stain", 1}, {"stain", 1}})));
  EXPECT_FALSE(insp::may_be_loose(report(Verdict::good, 0.4, {})));
}

TEST(SecondLook, ClearsOnlyWhereTheSecondPictureIsCleanWithRoomToSpare) {
  const auto first = report(Verdict::damaged, 1.4, {{"stain", 1}});
  EXPECT_TRUE(insp::compare_looks(first, report(Verdict::good, 0.5, {})).cleared);
  EXPECT_FALSE(insp::compare_looks(first, report(Verdict::good, 0.95, {})).cleared);
  EXPECT_FALSE(insp::compare_looks(first, report(Verdict::damaged, 1.1, {{"stain", 1}})).cleared);
}

TEST(SecondLook, TheWorseOfTwoLooksStands) {
  const auto stain = report(Verdict::damaged, 1.4, {{"stain", 1}}),
             wrong = report(Verdict::mismatch, 2, {{"wrong-digit", 3}});
  EXPECT_TRUE(insp::compare_looks(stain, wrong).second_counts);
  EXPECT_FALSE(insp::compare_looks(stain, report(Verdict::review, 1, {{"no-card", 85}})).second_counts);
  EXPECT_FALSE(insp::compare_looks(stain, report(Verdict::good, 0.95, {})).second_counts);
}

TEST(FaceFeatures, AModelThatIsNotThereIsNamedWithWhatToDo) {
  const auto loaded = insp::FaceFeatures::load("/nonexistent/yunet.onnx", "/nonexistent/sface.onnx");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ktp::ErrorCode::input_missing);
  EXPECT_NE(loaded.error().message.find("/nonexistent/yunet.onnx"), std::string::npos);
  EXPECT_NE(loaded.error().message.find("leave face-features out"), std::string::npos);
}

TEST(FaceFeatures, AFileThatIsNoModelIsRefusedWhenLoadedAndNotAtTheFirstCard) {
  const ktp::test::TempFolder folder;
  const auto file = folder.path() / "model.onnx";
  std::ofstream(file, std::ios::binary) << std::string(5000, 'x');
  const auto loaded = insp::FaceFeatures::load(file, file);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ktp::ErrorCode::configuration);
  EXPECT_NE(loaded.error().message.find(file.string()), std::string::npos);
  EXPECT_NE(loaded.error().message.find("yunet_2022mar"), std::string::npos);
}

TEST(FaceFeatures, SimilarityIsTheCosine) {
  EXPECT_DOUBLE_EQ(insp::FaceFeatures::similarity({1, 0}, {2, 0}), 1);
  EXPECT_DOUBLE_EQ(insp::FaceFeatures::similarity({1, 0}, {0, 3}), 0);
  EXPECT_DOUBLE_EQ(insp::FaceFeatures::similarity({1, 0}, {1, 0, 0}), -1);
}

}  // namespace
