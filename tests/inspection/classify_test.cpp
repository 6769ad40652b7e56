// SPDX-License-Identifier: Apache-2.0
// What is said of several candidates that one cause explains.
#include "inspection/classify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inspection/inspection.hpp"
#include "inspection/reference.hpp"

namespace {

namespace insp = ktp::inspection;
using testing::ElementsAre;

// A round stain of 3 mm on a 300 dpi face and a line across its rim.
std::vector<std::string> said_of_stain_and_line(double line_mm, bool streak) {
  insp::Reference reference;
  reference.size = reference.face_size = {1011, 638};
  reference.px_per_mm = 1011 / ktp::kCardWidthMm;
  insp::Detections found;
  found.blobs.candidates.push_back({"stain", {400, 300, 36, 36}, 3, 3, "", 0.8});
  insp::Candidate line{
      "scratch", {400, 330, static_cast<int>(line_mm * reference.px_per_mm), 8}, 2, line_mm, "", 1};
  line.streak = streak;
  found.lines.candidates.push_back(line);
  ktp::inspection::Report report;
  insp::classify(reference, found, report);
  std::vector<std::string> kinds;
  for (const auto& f : report.findings) kinds.push_back(f.kind);
  return kinds;
}

TEST(Classify, AStainKeepsItsNameBesideTheLineOfItsRim) {
  EXPECT_THAT(said_of_stain_and_line(9, false), ElementsAre("stain"));
  EXPECT_THAT(said_of_stain_and_line(9, true), ElementsAre("stain"));
}

TEST(Classify, AStreakReachesFurtherBeyondAStainsRimThanAScratch) {
  EXPECT_THAT(said_of_stain_and_line(13, true), ElementsAre("stain"));
  EXPECT_THAT(said_of_stain_and_line(13, false), testing::Contains("scratch"));
}

TEST(Classify, AStreakFarLongerThanTheStainIsSaid) {
  EXPECT_THAT(said_of_stain_and_line(24, true), testing::Contains("scratch"));
}

}  // namespace
