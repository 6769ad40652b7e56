// SPDX-License-Identifier: Apache-2.0
// The rules of evidence, one by one, on made-up reports.
#include "devices/referee.hpp"

#include <gtest/gtest.h>
#include <station/abi.h>

namespace ktp::devices::test {

wire::RawResult report(stn_code code, std::uint32_t outcome, std::uint32_t at, std::uint64_t before,
                       std::uint64_t after) {
  return {code,  sizeof(stn_result),    code, STN_ACT_NONE, outcome, at, 0, before,
          after, std::string(160, '\0')};
}
constexpr Evidence kCounting{STN_CAP_COUNTER, 0};
constexpr Evidence kBlind{0, 0};

TEST(Referee, BelievesAPrintWhoseCounterWentUpByOne) {
  const CallResult result =
      judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_UNKNOWN, 0, 1), kCounting);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.outcome, CardOutcome::printed);
}

TEST(Referee, DoesNotTakeAPositionForACounterWhereTheDeviceHasOne) {
  EXPECT_EQ(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 0, 0), kCounting).outcome,
            CardOutcome::unknown);
}

TEST(Referee, BelievesADeviceWithoutCounterOnlyWhereItSeesTheCard) {
  for (const std::uint32_t at : {STN_AT_INSIDE, STN_AT_CAMERA, STN_AT_OUTPUT}) {
    EXPECT_EQ(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, at, 0, 0), kBlind).outcome,
              CardOutcome::printed);
  }
  for (const std::uint32_t at : {STN_AT_UNKNOWN, STN_AT_HOPPER, STN_AT_REJECT}) {
    EXPECT_EQ(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, at, 0, 0), kBlind).outcome,
              CardOutcome::unknown);
  }
}

TEST(Referee, BelievesARefusalWithOrWithoutCounters) {
  for (const std::uint64_t count : {0u, 7u}) {
    const CallResult result = judge(
        Asked::print, report(STN_E_MEDIA, STN_CARD_NOT_STARTED, STN_AT_HOPPER, count, count), kCounting);
    EXPECT_EQ(result.outcome, CardOutcome::not_started);
    EXPECT_EQ(result.violation, "");
  }
}

TEST(Referee, BelievesACardThatWasPrintedThoughTheCallWasCancelled) {
  const CallResult result =
      judge(Asked::print, report(STN_E_CANCELLED, STN_CARD_PRINTED, STN_AT_INSIDE, 3, 4), kCounting);
  EXPECT_EQ(result.outcome, CardOutcome::printed);
  EXPECT_EQ(result.code, STN_E_CANCELLED);
}

TEST(Referee, CatchesASpoiledCardThatWasNeverFed) {
  EXPECT_NE(
      judge(Asked::print, report(STN_E_JAM, STN_CARD_SPOILED, STN_AT_INSIDE, 3, 3), kCounting).violation, "");
  EXPECT_EQ(
      judge(Asked::print, report(STN_E_JAM, STN_CARD_SPOILED, STN_AT_INSIDE, 3, 4), kCounting).violation, "");
}

TEST(Referee, AnEjectSensorThatHasNotSeenTheCardIsNoEvidenceWhateverTheCounterSays) {
  const Evidence sensing{STN_CAP_COUNTER | STN_CAP_EJECT_SENSOR, 0};
  EXPECT_EQ(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 3, 4), sensing).violation,
            "");
  const CallResult unseen =
      judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_UNKNOWN, 3, 4), sensing);
  EXPECT_EQ(unseen.outcome, CardOutcome::unknown);
  EXPECT_NE(unseen.violation.find("success-without-evidence"), std::string::npos);
  EXPECT_EQ(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_UNKNOWN, 3, 4), kCounting).violation,
            "");
}

TEST(Referee, CatchesACounterBelowTheOneOfAnEarlierCall) {
  const Evidence earlier{STN_CAP_COUNTER, 100};
  EXPECT_NE(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 5, 6), earlier).violation,
            "");
  EXPECT_EQ(judge(Asked::print, report(STN_OK, STN_CARD_PRINTED, STN_AT_INSIDE, 100, 101), earlier).violation,
            "");
}

TEST(Referee, CatchesABlankFedInACallThatFeedsNone) {
  EXPECT_NE(
      judge(Asked::status, report(STN_OK, STN_CARD_NOT_STARTED, STN_AT_UNKNOWN, 4, 5), kCounting).violation,
      "");
}

TEST(Referee, KeepsRetryOnlyForCardsThatWereNotStarted) {
  auto raw = report(STN_E_BUSY, STN_CARD_NOT_STARTED, STN_AT_HOPPER, 0, 0);
  raw.action = STN_ACT_RETRY_NOW;
  EXPECT_EQ(judge(Asked::print, raw, kCounting).action, Action::retry_now);
  raw.outcome = STN_CARD_UNKNOWN;
  EXPECT_EQ(judge(Asked::print, raw, kCounting).action, Action::none);
}

TEST(Referee, StopsTheDeviceOnAnyWordItDoesNotKnow) {
  auto action = report(STN_E_JAM, STN_CARD_SPOILED, STN_AT_INSIDE, 0, 0), place = action, code = action;
  action.action = 99;
  place.card_at = 99;
  code.code = code.returned = 14;
  for (const auto& raw : {action, place, code}) {
    const CallResult result = judge(Asked::print, raw, kBlind);
    EXPECT_EQ(result.action, Action::stop_device);
    EXPECT_EQ(result.outcome, CardOutcome::unknown);
    EXPECT_NE(result.violation, "");
  }
}

TEST(Referee, NeverSaysOkTogetherWithAViolation) {
  for (std::uint32_t outcome = 0; outcome < 6; ++outcome) {
    for (std::uint32_t at = 0; at < 8; ++at) {
      for (std::uint64_t after = 0; after < 5; ++after) {
        const CallResult result = judge(Asked::print, report(STN_OK, outcome, at, 2, after), kCounting);
        EXPECT_EQ(result.ok(), result.violation.empty());
        EXPECT_EQ(result.ok(), result.outcome == CardOutcome::printed);
      }
    }
  }
}

TEST(Referee, AcceptsAFrameThatFillsItsSlotToTheLastByte) {
  const wire::RawFrame frame{sizeof(stn_frame), STN_FRAME_OK, 10, 4, 40, 1, 100, 150};
  EXPECT_EQ(judge_frame(frame, {150, 100, 200, {}}), "");  // the last row has no padding
  EXPECT_NE(judge_frame(frame, {149, 100, 200, {}}), "");
}

TEST(Referee, TheFirstFrameMayHaveAnyNumberAndTheNextMustBeLarger) {
  wire::RawFrame frame{sizeof(stn_frame), STN_FRAME_OK, 10, 4, 30, 0, 100, 120};
  EXPECT_EQ(judge_frame(frame, {120, 0, 200, {}}), "");
  EXPECT_NE(judge_frame(frame, {120, 0, 200, 0}), "");
  frame.seq = 9;
  EXPECT_EQ(judge_frame(frame, {120, 0, 200, 4}), "");
}

TEST(Referee, UidsAreUpperCaseHex) {
  EXPECT_TRUE(is_uid("04A1B2C3D4E5F6"));
  for (const char* wrong : {"", "04a1b2", "04:A1:B2", "04 A1", "XYZ1", "01234567890123456789012345678901"}) {
    EXPECT_FALSE(is_uid(wrong)) << wrong;
  }
}

}  // namespace ktp::devices::test
