// SPDX-License-Identifier: Apache-2.0
// The wrapper's strict mode, with this test as the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <station/plugin.hpp>

#include <mutex>
#include <thread>

namespace {

std::vector<std::pair<std::uint32_t, std::string>> said;
int posted = 0;
std::mutex said_mutex;

class Nervous final : public station::Printer {
 public:
  static constexpr const char* kId = "nervous";
  static constexpr const char* kName = "Printer that does odd things when told to";
  Nervous(station::Host& host, const station::Settings&, std::string_view) : host_(host) { the_host = &host; }
  std::uint32_t caps() const override { return 0; }
  std::uint32_t native_dpi() const override { return 300; }
  station::Report status() override {
    host_.state(STN_STATE_IDLE);
    std::thread([&] { host_.sleep(1, 1); }).join();
    return station::Report::done();
  }
  station::Report print(station::Op& op, const stn_print_job&) override {
    std::thread([&] {
      stn_result inner{};
      inner.size = sizeof inner;
      table->status(this, &inner);
      inner_code = inner.code;
    }).join();
    op.progress(STN_STEP_FEEDING);
    return station::Report::printed(STN_AT_INSIDE);
  }
  static inline station::Host* the_host = nullptr;
  static inline const stn_driver* table = nullptr;
  static inline std::int32_t inner_code = 0;

 private:
  station::Host& host_;
};

}  // namespace

STATION_PLUGIN_STRICT("id.ktp-station.test.nervous", "1", "tests", Nervous);

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

const stn_host kHost = [] {
  stn_host host{};
  host.size = sizeof host;
  host.get_extension = [](const stn_host*, const char*) -> const void* { return nullptr; };
  host.log = [](const stn_host*, std::uint32_t level, const char* text) {
    const std::lock_guard lock(said_mutex);
    said.emplace_back(level, text);
  };
  host.post = [](const stn_host*, const stn_event*) { ++posted; };
  host.cancelled = [](const stn_host*, std::uint64_t) -> std::uint32_t { return 0; };
  host.now_ns = [](const stn_host*) -> std::uint64_t { return 1; };
  host.sleep_ns = [](const stn_host*, std::uint64_t, std::uint64_t) {};
  return host;
}();

class StrictWrapper : public ::testing::Test {
 protected:
  void SetUp() override {
    result_.size = sizeof result_;
    said.clear();
    posted = 0;
    if (Nervous::table == nullptr) {
      Nervous::table = station_module.driver_at(0);
      EXPECT_EQ(Nervous::table->status(nullptr, &result_), STN_E_BAD_INPUT) << "before init";
      EXPECT_THAT(result_.message, HasSubstr("before init"));
      ASSERT_EQ(station_module.init(&kHost, "/plugins"), STN_OK);
    }
    const stn_open_args args{sizeof args, 0, nullptr, "", 0};
    ASSERT_EQ(driver().open(&kHost, &args, &dev_, &result_), STN_OK);
  }
  void TearDown() override {
    if (dev_ != nullptr) driver().close(dev_);
  }
  static const stn_driver& driver() { return *Nervous::table; }
  void* dev_ = nullptr;
  stn_result result_{};
};

TEST_F(StrictWrapper, RefusesACallOnAnotherThreadAndBlamesTheHost) {
  std::thread([&] { driver().status(dev_, &result_); }).join();
  EXPECT_EQ(result_.code, STN_E_BAD_INPUT);
  EXPECT_EQ(result_.outcome, STN_CARD_NOT_STARTED);
  EXPECT_THAT(said, Contains(Pair(STN_LOG_HOST_MISBEHAVING, HasSubstr("status on another thread"))));
}

TEST_F(StrictWrapper, RefusesASecondOpenAndACallAfterClose) {
  const stn_open_args args{sizeof args, 0, nullptr, "", 0};
  void* second = nullptr;
  EXPECT_EQ(driver().open(&kHost, &args, &second, &result_), STN_E_BAD_INPUT);
  driver().close(dev_);
  EXPECT_EQ(driver().status(dev_, &result_), STN_E_BAD_INPUT);
  EXPECT_THAT(said, Contains(Pair(STN_LOG_HOST_MISBEHAVING, HasSubstr("status while the device is closed"))));
  driver().interrupt(dev_, 1);
  EXPECT_THAT(said,
              Contains(Pair(STN_LOG_HOST_MISBEHAVING, HasSubstr("interrupt while the device is closed"))));
  dev_ = nullptr;
}

TEST_F(StrictWrapper, BlamesTheDriverForSleepingOnAnotherThread) {
  driver().status(dev_, &result_);
  EXPECT_EQ(result_.code, STN_OK);
  EXPECT_THAT(said, Contains(Pair(STN_LOG_PLUGIN_MISBEHAVING, HasSubstr("sleeps on another thread"))));
}

TEST_F(StrictWrapper, BlamesTheDriverForPostingAfterCloseAndPassesNothingOn) {
  driver().close(dev_);
  dev_ = nullptr;
  Nervous::the_host->state(STN_STATE_IDLE);
  EXPECT_EQ(posted, 0);
  EXPECT_THAT(said,
              Contains(Pair(STN_LOG_PLUGIN_MISBEHAVING, HasSubstr("posts while the device is closed"))));
}

TEST_F(StrictWrapper, RefusesACallInsideACall) {
  stn_print_job job{};
  job.size = sizeof job;
  const auto* printer = static_cast<const stn_printer_v1*>(driver().get_extension(STN_EXT_PRINTER));
  EXPECT_EQ(printer->print(dev_, 1, &job, &result_), STN_OK);
  EXPECT_EQ(Nervous::inner_code, STN_E_BAD_INPUT);
  EXPECT_EQ(posted, 1);
}

}  // namespace
