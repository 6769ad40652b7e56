// SPDX-License-Identifier: Apache-2.0
// The driver in its worker, behind its walls, on the real pcscd with a virtual reader. Each test's process
// has a machine of its own (models/own_machine.hpp).
#include <station/abi.h>

#include "devices/fixture.hpp"
#include "models/chip/card.hpp"
#include "models/chip/service.hpp"
#include "models/own_machine.hpp"

namespace ktp::devices::test {
namespace {

using model::CardInField;
using model::SmartCardService;

class Pcsc : public DeviceTest {
 protected:
  void SetUp() override {
    if (const std::string& why = model::own_machine(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
    if (const std::string why = service_.start(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
  }
  DeviceConfig config(const std::string& reader = SmartCardService::kReader) {
    DeviceConfig config;
    config.name = "reader";
    config.plugin = KTP_PLUGIN_DIR "/pcsc.so";
    config.worker = WORKER;
    config.pcsc = true;
    config.settings = {{"reader", reader}, {"wait-ms", "1500"}};
    config.read_deadline = 4s;
    config.interrupt_grace = config.term_grace = 300ms;
    config.backoff_first = 20ms;
    return config;
  }
  std::unique_ptr<ChipReader> open(DeviceConfig config) {
    auto opened = ChipReader::open(std::move(config), events_.sink());
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  struct Read {
    CallResult result;
    Chip chip;
  };
  static Read read(ChipReader& reader) {
    Read read;
    read.result = reader.read_uid(1, monotonic_ns(), read.chip);
    return read;
  }
  /// A chip is laid on the reader and read once.
  Read read(model::Chip chip) {
    const auto reader = open(config());
    if (!reader) return {};
    const CardInField card(std::move(chip), SmartCardService::kPort);
    return read(*reader);
  }
  static bool back_within(ChipReader& reader, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (DeviceStatus status; !reader.status(status).ok();) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(50ms);
    }
    return true;
  }
  SmartCardService service_{folder_.path()};
};

TEST_F(Pcsc, AChipIsActivatedAnewForEachReadingAndGivesItsUid) {
  const auto reader = open(config());
  const CardInField card({}, SmartCardService::kPort);
  for (int i = 0; i < 150 && card.activations() == 0; ++i) std::this_thread::sleep_for(20ms);
  const int at_first = card.activations();  // by the service, when it noticed the card
  ASSERT_GT(at_first, 0);
  const auto first = read(*reader);
  EXPECT_GT(card.activations(), at_first) << "what the service found when the card came is not asked anew";
  ASSERT_TRUE(first.result.ok()) << first.result.message;
  EXPECT_EQ(first.chip.kind, Chip::Kind::read);
  EXPECT_EQ(first.chip.uid, "04A1B2C3D4E580");
  const int before = card.activations();
  EXPECT_EQ(read(*reader).chip.uid, "04A1B2C3D4E580");
  EXPECT_GT(card.activations(), before) << "the service's own memory was asked, not the chip";
  EXPECT_EQ(events_.count(Kind::violation), 0);
  DeviceStatus status;
  EXPECT_TRUE(reader->status(status).ok());
  EXPECT_EQ(status.state, State::idle);
}

TEST_F(Pcsc, EverySizeOfUidIsRead) {
  EXPECT_EQ(read(model::Chip{.uid = {0xA4, 1, 2, 3}}).chip.uid, "A4010203");
  EXPECT_EQ(read(model::Chip{.uid = {4, 1, 2, 3, 4, 5, 6, 7, 8, 9}}).chip.uid, "04010203040506070809");
  EXPECT_EQ(read(model::Chip{.exact_length_first = true}).chip.uid, "04A1B2C3D4E580");
}

TEST_F(Pcsc, WithoutACardThereIsNoChipAndTheReaderIsWell) {
  const auto reader = open(config());
  const auto begun = std::chrono::steady_clock::now();
  const auto none = read(*reader);
  EXPECT_EQ(none.chip.kind, Chip::Kind::none);
  EXPECT_EQ(none.result.action, Action::none);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  const CardInField card({}, SmartCardService::kPort);
  EXPECT_EQ(read(*reader).chip.kind, Chip::Kind::read);
}

TEST_F(Pcsc, ChipsThatGiveNoUidAreUnreadableAndSayWhy) {
  for (const auto& [answer, why] : std::map<std::string, std::string>{{"6A81", "6A81"},
                                                                      {"6300", "6300"},
                                                                      {"0102039000", "3 bytes"},
                                                                      {"01020304059000", "5 bytes"},
                                                                      {"9000", "0 bytes"},
                                                                      {"04010203040506", "0506"},
                                                                      {"6C05", "6C05"}}) {
    const auto got = read(model::Chip{.answer = model::bytes_of(answer)});
    EXPECT_EQ(got.chip.kind, Chip::Kind::unreadable) << answer;
    EXPECT_EQ(got.chip.uid, "");
    EXPECT_NE(got.result.message.find(why), std::string::npos) << answer << ": " << got.result.message;
  }
}

TEST_F(Pcsc, AMuteChipIsUnreadable) {
  const auto got = read(model::Chip{.mute = true});
  EXPECT_NE(got.chip.kind, Chip::Kind::read);
  EXPECT_NE(got.chip.kind, Chip::Kind::nothing_said) << got.result.message;
}

TEST_F(Pcsc, ACardTakenAwayWhileItIsReadIsNoChipAndTheNextOneIsRead) {
  const auto reader = open(config());
  {
    const CardInField card({.taken_away_after = 0}, SmartCardService::kPort);
    const auto got = read(*reader);
    EXPECT_NE(got.chip.kind, Chip::Kind::read);
    EXPECT_NE(got.chip.kind, Chip::Kind::nothing_said) << got.result.message;
    EXPECT_EQ(card.commands(), 1);
  }
  const CardInField next({.uid = {4, 9, 9, 9, 9, 9, 9}}, SmartCardService::kPort);
  EXPECT_EQ(read(*reader).chip.uid, "04090909090909");
}

TEST_F(Pcsc, TheDeadlineHoldsWhereTheServiceDoesNotAnswer) {
  const auto reader = open(config());
  const CardInField card({}, SmartCardService::kPort);
  ASSERT_EQ(read(*reader).chip.kind, Chip::Kind::read);
  service_.freeze(true);
  const auto begun = std::chrono::steady_clock::now();
  const auto got = read(*reader);
  EXPECT_EQ(got.chip.kind, Chip::Kind::nothing_said);
  EXPECT_TRUE(got.result.worker_lost);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 6s);
  service_.freeze(false);
  EXPECT_EQ(read(*reader).chip.kind, Chip::Kind::read);
}

TEST_F(Pcsc, CancelEndsTheWaitForAChip) {
  auto slow = config();
  slow.settings["wait-ms"] = "30000";
  slow.read_deadline = 40s;
  const auto reader = open(slow);
  std::thread impatient([&] {
    std::this_thread::sleep_for(300ms);
    reader->cancel();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto got = read(*reader);
  impatient.join();
  EXPECT_EQ(got.result.code, STN_E_CANCELLED);
  EXPECT_EQ(got.chip.kind, Chip::Kind::nothing_said);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
}

TEST_F(Pcsc, AServiceThatIsStartedAgainIsFoundAgain) {
  const auto reader = open(config());
  const CardInField card({}, SmartCardService::kPort);
  ASSERT_EQ(read(*reader).chip.kind, Chip::Kind::read);
  for (const bool crash : {false, true}) {
    if (crash)
      service_.kill();
    else
      service_.stop();
    const auto away = read(*reader);
    EXPECT_EQ(away.chip.kind, Chip::Kind::nothing_said);
    EXPECT_EQ(away.result.action, Action::gone) << away.result.message;
    EXPECT_EQ(read(*reader).result.action, Action::gone);
    ASSERT_EQ(service_.start(), "");
    ASSERT_TRUE(back_within(*reader, 10s));
    EXPECT_EQ(read(*reader).chip.uid, "04A1B2C3D4E580");
  }
  EXPECT_EQ(events_.count(Kind::worker_lost), 0) << "a plug that is pulled uses up no restart";
}

TEST_F(Pcsc, AReaderThatIsUnpluggedIsWaitedForAndFoundAgain) {
  const auto reader = open(config());
  service_.stop();
  ASSERT_EQ(service_.start(false), "");
  EXPECT_EQ(read(*reader).result.action, Action::gone);
  std::this_thread::sleep_for(600ms);
  EXPECT_EQ(read(*reader).result.action, Action::gone);
  EXPECT_EQ(reader->last_status().state, State::stopped);
  service_.stop();
  ASSERT_EQ(service_.start(), "");
  ASSERT_TRUE(back_within(*reader, 10s));
}

TEST_F(Pcsc, WhatIsWrongWhenItIsOpenedIsSaid) {
  auto opened = ChipReader::open(config(""), events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
  EXPECT_NE(opened.error().message.find("Virtual PCD 00 01"), std::string::npos) << opened.error().message;
  opened = ChipReader::open(config("ACR"), events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("\"ACR\" is not there"), std::string::npos) << opened.error().message;
  service_.stop();
  opened = ChipReader::open(config(), events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("pcscd) does not run"), std::string::npos) << opened.error().message;
  auto absent = config();
  absent.may_be_absent = true;
  EXPECT_TRUE(ChipReader::open(absent, events_.sink()));
  auto ungranted = config();
  ungranted.pcsc = false;
  opened = ChipReader::open(ungranted, events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
}

TEST_F(Pcsc, TheWorkerOfAReaderIsGivenTheServiceAndNothingElse) {
  for (const auto& [act, end] : std::map<std::string, std::string>{{"network", "EPERM"},
                                                                   {"network6", "EPERM"},
                                                                   {"netlink", "EPERM"},
                                                                   {"local-service", "EPERM"},
                                                                   {"fork", "EPERM"},
                                                                   {"read-passwd", "EACCES"}}) {
    DeviceConfig probe;
    probe.name = "probe";
    probe.plugin = plugin("test-probe");
    probe.worker = WORKER;
    probe.pcsc = true;
    probe.settings = {{"act", act}, {"folder", folder_.path() / "granted"}};
    auto device = printer(probe);
    ASSERT_TRUE(device);
    DeviceStatus status;
    const CallResult result = device->status(status);
    for (const Protection& protection : status.isolation)
      if ((protection.name == "files" || protection.name == "system-calls") &&
          protection.force == Protection::Force::missing)
        GTEST_SKIP() << "NOT TESTED: protections are missing";
    EXPECT_EQ(result.message, end) << act;
  }
}

}  // namespace
}  // namespace ktp::devices::test
