// SPDX-License-Identifier: Apache-2.0
// Drift is told from good cards' numbers before it costs rejects, and nothing is told where nothing drifts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "inspection/drift.hpp"

namespace {

namespace insp = ktp::inspection;
using insp::CaptureFacts;
using insp::Drift;

class Station {
 public:
  double light = 0.92, stain = 0.3;
  int dirty_column = -1, dirty_row = -1;
  double dirt = 0;

  insp::Report good() {
    insp::Report report;
    report.capture.known = true;
    for (double& gain : report.capture.gain) gain = light * (1 + 0.01 * normal());
    report.capture.offset = {4 + normal(), 4 + normal(), 4 + normal()};
    report.capture.blur_px = 0.8 + 0.1 * normal();
    for (std::size_t i = 0; i < report.capture.field.size(); ++i)
      report.capture.field[i] = static_cast<float>(0.6 * normal());
    report.capture.field[0] = std::numeric_limits<float>::quiet_NaN();
    if (dirty_column >= 0)
      report.capture.field[static_cast<std::size_t>(dirty_row * CaptureFacts::kColumns + dirty_column)] -=
          static_cast<float>(dirt);
    report.measures = {{"stain_mm2", stain * std::exp(0.25 * normal())}};
    return report;
  }

 private:
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_() >> 11) * 0x1p-53;
    return sum;
  }
  std::mt19937_64 random_{17};
};

std::vector<std::string> names(const std::vector<insp::DriftNotice>& notices) {
  std::vector<std::string> out;
  for (const auto& notice : notices) out.push_back(notice.name);
  return out;
}

TEST(Drift, IsSilentOverThousandsOfCardsOfAStationThatDoesNotChange) {
  Station station;
  Drift drift;
  for (int i = 0; i < 6000; ++i) EXPECT_THAT(names(drift.add(station.good())), testing::IsEmpty()) << i;
}

TEST(Drift, AnAgeingLampIsToldOfOnceAndLongBeforeItIsDark) {
  Station station;
  Drift drift;
  for (int i = 0; i < 200; ++i) drift.add(station.good());
  std::vector<std::string> told;
  double light_when_told = 0;
  for (int i = 0; i < 2000; ++i) {
    station.light = 0.92 - 0.2 * i / 2000;
    for (const auto& name : names(drift.add(station.good()))) {
      told.push_back(name);
      if (light_when_told == 0) light_when_told = station.light;
    }
  }
  EXPECT_THAT(told, testing::UnorderedElementsAre("light-red", "light-green", "light-blue"));
  EXPECT_GT(light_when_told, 0.8);
  EXPECT_THAT(drift.notices()[0].words, testing::HasSubstr("lamp"));
}

TEST(Drift, DirtOnTheGlassIsToldOfWithItsPlace) {
  Station station;
  Drift drift;
  for (int i = 0; i < 200; ++i) drift.add(station.good());
  station.dirty_column = 9, station.dirty_row = 2, station.dirt = 4;
  std::vector<insp::DriftNotice> told;
  for (int i = 0; i < 200; ++i)
    for (const auto& notice : drift.add(station.good())) told.push_back(notice);
  ASSERT_THAT(names(told), testing::ElementsAre("glass"));
  EXPECT_THAT(told[0].words, testing::HasSubstr("79 % from the left and 31 % from the top, is darker"));
  station.dirt = 0;  // wiped
  for (int i = 0; i < 400; ++i) drift.add(station.good());
  EXPECT_THAT(drift.notices(), testing::IsEmpty());
}

TEST(Drift, MeasurementsThatCreepTowardsTheirLimitAreToldOfBeforeCardsAreRejected) {
  Station station;
  Drift drift;
  for (int i = 0; i < 200; ++i) drift.add(station.good());
  station.stain = 0.75;
  std::vector<std::string> told;
  for (int i = 0; i < 300; ++i)
    for (const auto& name : names(drift.add(station.good()))) told.push_back(name);
  EXPECT_THAT(told, testing::ElementsAre("stain_mm2"));
}

TEST(Drift, TakenUpAgainFromItsStateItSaysTheSame) {
  Station station, twin;
  Drift whole, first;
  for (int i = 0; i < 300; ++i) whole.add(station.good()), first.add(twin.good());
  Drift second(first.state());
  station.light = twin.light = 0.7;
  for (int i = 0; i < 300; ++i) EXPECT_EQ(names(whole.add(station.good())), names(second.add(twin.good())));
  EXPECT_EQ(insp::drift_chart(whole.state()), insp::drift_chart(second.state()));
}

TEST(Drift, ItsHistoryStaysSmallHoweverLongTheStationRuns) {
  Station station;
  Drift drift;
  for (int i = 0; i < 30'000; ++i) drift.add(station.good());
  for (const auto& quantity : drift.state().quantities) EXPECT_LE(quantity.history.size(), Drift::kHistory);
  EXPECT_GT(drift.state().block, 20u);
}

}  // namespace
