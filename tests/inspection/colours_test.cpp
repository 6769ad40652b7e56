// SPDX-License-Identifier: Apache-2.0
// What is usual for a colour or for a part between edges is no deviation.
#include "inspection/colours.hpp"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace {

namespace insp = ktp::inspection;

// Two plain parts with an edge of the print between them, numbered as Parts has them.
cv::Mat two_parts() {
  cv::Mat parts = cv::Mat::zeros(20, 30, CV_16U);
  parts.colRange(0, 14).setTo(1);
  parts.colRange(17, 30).setTo(2);
  return parts;
}

TEST(Colours, AStripBetweenEdgesThatIsOffAsAWholeIsLevelledHoweverFarOffItIs) {
  cv::Mat values = cv::Mat::zeros(20, 30, CV_16S);
  values.colRange(17, 30).setTo(200);
  insp::level_parts({two_parts(), 2, 25}, values);
  EXPECT_EQ(cv::countNonZero(values), 0);
}

TEST(Colours, ALineWithinAPartStaysAsFarOffItsNeighbourhoodAsItWas) {
  cv::Mat values = cv::Mat::zeros(20, 30, CV_16S);
  values.colRange(17, 30).setTo(20);
  values.colRange(22, 24).setTo(90);
  insp::level_parts({two_parts(), 2, 25}, values);
  EXPECT_EQ(values.at<std::int16_t>(10, 22), 70);
  EXPECT_EQ(values.at<std::int16_t>(10, 28), 0);
  EXPECT_EQ(values.at<std::int16_t>(10, 3), 0);
}

TEST(Colours, ASlopeIsLevelledAndALineOnItStaysMostOfWhatItIs) {
  const cv::Mat one_part(60, 80, CV_16U, cv::Scalar(1));
  cv::Mat values(60, 80, CV_16S);
  for (int x = 0; x < 80; ++x) values.col(x).setTo(2 * x);
  insp::level_parts({one_part, 1, 15}, values);
  EXPECT_NEAR(values.at<std::int16_t>(30, 20), 0, 1);
  EXPECT_NEAR(values.at<std::int16_t>(30, 60), 0, 1);
  EXPECT_LE(std::abs(values.at<std::int16_t>(30, 79)), 8) << "at the end half a window is missing";
  cv::Mat with_line(60, 80, CV_16S);
  for (int x = 0; x < 80; ++x) with_line.col(x).setTo(2 * x + (x == 40 || x == 41 ? 70 : 0));
  insp::level_parts({one_part, 1, 15}, with_line);
  EXPECT_GE(with_line.at<std::int16_t>(30, 40), 55);
}

TEST(Colours, WhatAPrinterDoesToOneColourIsLevelledUpToTwoFifthsOfTheBand) {
  cv::Mat colours(20, 30, CV_16U, cv::Scalar(7)), values(20, 30, CV_16S, cv::Scalar(0));
  colours.colRange(20, 30).setTo(9);
  values.colRange(20, 30).setTo(20);
  insp::level_colours(colours, 64, values);
  EXPECT_EQ(cv::countNonZero(values), 0);
  values.colRange(20, 30).setTo(60);
  insp::level_colours(colours, 64, values);
  EXPECT_EQ(values.at<std::int16_t>(10, 25), 60 - 25);
}

}  // namespace
