// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "app/device_words.hpp"
#include "devices/log_levels.hpp"

namespace ktp::app {
namespace {

using Kind = devices::DeviceEvent::Kind;

std::string told(Kind kind, std::int64_t a = 0) {
  const auto notice = notice_of({kind, "printer", a, 0, "words", ""});
  return notice ? notice->text : "";
}

TEST(DeviceWords, WarningsOfADriverAreToldAndItsChatterIsNot) {
  EXPECT_EQ(told(Kind::log, devices::kLogWarning), "printer: words");
  EXPECT_EQ(told(Kind::log, devices::kLogWarning + 1), "printer: words");
  EXPECT_EQ(told(Kind::log, devices::kLogInfo), "");
}

TEST(DeviceWords, LostWorkersAndBrokenRulesAreTold) {
  EXPECT_EQ(told(Kind::worker_lost), "printer: words");
  EXPECT_EQ(told(Kind::violation), "printer: words");
  EXPECT_EQ(told(Kind::progress, 5), "");
}

}  // namespace
}  // namespace ktp::app
