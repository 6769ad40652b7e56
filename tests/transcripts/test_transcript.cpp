// SPDX-License-Identifier: Apache-2.0
// Recorder and replay face to face: what a transcript answers is recorded again.
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

#include "devices/wire/transcript.hpp"
#include "temp_folder.hpp"
#include "usb_recorder.hpp"
#include "usb_replay.hpp"

namespace ktp::worker {
namespace {

using transcript::Discretion;
using transcript::Kind;

const std::string kWhole =
    "{\"transcript\":1,\"bytes\":\"whole\",\"descriptors\":\"1201\"}\n"
    "{\"n\":1,\"do\":\"bulk-out\",\"at\":10,\"took\":5,\"endpoint\":1,\"length\":5,\"text\":"
    "\"\\u001bRsn\\r\","
    "\"done\":5,\"code\":\"ok\"}\n"
    "{\"n\":2,\"do\":\"bulk-in\",\"at\":20,\"took\":500000,\"endpoint\":130,\"length\":64,\"done\":0,"
    "\"code\":\"timeout\"}\n"
    "{\"n\":3,\"do\":\"bulk-in\",\"at\":500030,\"took\":9,\"endpoint\":130,\"length\":64,\"text\":\"M1\\r\","
    "\"done\":3,\"code\":\"ok\"}\n"
    "{\"n\":4,\"do\":\"bulk-out\",\"at\":500050,\"took\":9,\"endpoint\":1,\"length\":3,\"hex\":\"00ff00\","
    "\"done\":1,\"code\":\"protocol\"}\n"
    "{\"n\":5,\"do\":\"clear-halt\",\"at\":500060,\"took\":1,\"endpoint\":1,\"code\":\"ok\"}\n"
    "{\"n\":6,\"do\":\"control-in\",\"at\":500070,\"took\":1,\"request-type\":161,\"request\":1,\"value\":0,"
    "\"index\":0,\"length\":1,\"text\":\"\\u0018\",\"done\":1,\"code\":\"ok\"}\n"
    "{\"do\":\"end\",\"why\":\"closed\",\"at\":500080}\n";

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// A driver's side of a transport.
struct Hands {
  UsbTransport& usb;
  std::uint32_t done = 0;
  stn_code out(std::vector<std::uint8_t> data) {
    return usb.transfer(LIBUSB_TRANSFER_TYPE_BULK, 0, 1, data.data(), static_cast<std::uint32_t>(data.size()),
                        100, &done, {});
  }
  stn_code in(std::string& came) {
    std::array<std::uint8_t, 64> data{};
    const stn_code code =
        usb.transfer(LIBUSB_TRANSFER_TYPE_BULK, 0, 0x82, data.data(), data.size(), 100, &done, {});
    came.assign(data.begin(), data.begin() + done);
    return code;
  }
};

struct Session {
  explicit Session(const std::string& text)
      : replay(text, [this](const std::string& what) { said.push_back(what); }) {}
  std::vector<std::string> said;
  UsbReplay replay;
  Hands hands{replay};
};

std::string recorded(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

TEST(TranscriptTest, WhatAReplayAnswersIsRecordedAsItWas) {
  const test::TempFolder folder;
  Session session(kWhole);
  UsbRecorder recorder(session.replay, folder / "again.jsonl", true,
                       [](const std::string& why) { ADD_FAILURE() << why; });
  Hands hands{recorder};
  std::string came;
  EXPECT_EQ(hands.out(bytes_of("\x1bRsn\r")), STN_OK);
  const std::uint64_t asked = session.replay.now_ns();
  EXPECT_EQ(hands.in(came), STN_E_TIMEOUT);
  EXPECT_GE(session.replay.now_ns() - asked, 499'000'000u) << "the clock is the recording's";
  EXPECT_EQ(hands.in(came), STN_OK);
  EXPECT_EQ(came, "M1\r");
  EXPECT_EQ(hands.out({0, 0xFF, 0}), STN_E_PROTOCOL);
  EXPECT_EQ(hands.done, 1u);
  EXPECT_EQ(recorder.clear_halt(1), STN_OK);
  const stn_usb_setup setup{161, 1, 0, 0, 1};
  std::uint8_t status = 0;
  EXPECT_EQ(recorder.control(0, &setup, &status, 100, &hands.done, {}), STN_OK);
  EXPECT_EQ(status, 0x18);
  recorder.close();
  session.replay.close();
  EXPECT_TRUE(session.said.empty());

  auto first = transcript::parse(kWhole), again = transcript::parse(recorded(folder / "again.jsonl"));
  ASSERT_TRUE(first && again) << again.error();
  EXPECT_EQ(first->header.descriptors, again->header.descriptors);
  ASSERT_EQ(first->entries.size(), again->entries.size());
  for (std::size_t i = 0; i < first->entries.size(); ++i) {
    for (auto* entry : {&first->entries[i], &again->entries[i]}) {  // all but the times
      if (auto* transfer = std::get_if<transcript::Transfer>(entry)) transfer->at_us = transfer->took_us = 0;
      if (auto* end = std::get_if<transcript::End>(entry)) end->at_us = 0;
    }
    EXPECT_EQ(transcript::line_of(first->entries[i]), transcript::line_of(again->entries[i]));
  }
}

TEST(TranscriptTest, TheFirstDifferenceEndsTheDeviceAndIsNamed) {
  Session session(kWhole);
  EXPECT_EQ(session.hands.out(bytes_of("\x1bRsm\r")), STN_E_REMOVED);
  ASSERT_EQ(session.said.size(), 1u);
  EXPECT_EQ(session.said[0],
            "transcript-deviation: transfer 1: recorded bulk-out endpoint 1, 5 bytes \"\\x1bRsn\\r\"; the "
            "driver's is bulk-out endpoint 1, 5 bytes \"\\x1bRsm\\r\" (from byte 3 on: recorded \"n\\r\", "
            "sent \"m\\r\")");
  EXPECT_EQ(session.hands.out(bytes_of("\x1bRsn\r")), STN_E_REMOVED) << "gone for good";
  session.replay.close();
  EXPECT_EQ(session.said.size(), 1u) << "said once";
}

TEST(TranscriptTest, WhatNobodyAskedForIsNamed) {
  Session session(kWhole);
  EXPECT_EQ(session.hands.out(bytes_of("\x1bRsn\r")), STN_OK);
  session.replay.close();
  ASSERT_EQ(session.said.size(), 1u);
  EXPECT_NE(session.said[0].find("nobody asked for transfer 2 of 6"), std::string::npos) << session.said[0];
}

TEST(TranscriptTest, PicturesTheirRestAndNumbersOfPersonsAreHidden) {
  Discretion discretion(false);
  const auto hides = [&](const std::string& text, std::size_t done) {
    return discretion.hides(Kind::bulk_out, bytes_of(text), done);
  };
  const auto answered = [&] { static_cast<void>(discretion.hides(Kind::bulk_in, bytes_of("OK\r"), 3)); };
  const std::string picture(70'000, 'U');
  EXPECT_FALSE(hides("\x1bPem;2\r", 7));
  EXPECT_TRUE(hides(picture.substr(0, 65'536), 65'536));
  EXPECT_TRUE(hides("UUU", 3)) << "the end of a picture may look like a command";
  answered();
  EXPECT_FALSE(hides("\x1bSe\r", 4));
  EXPECT_TRUE(hides(picture, 65'000)) << "broken off";
  answered();  // late, to something before
  EXPECT_TRUE(hides("UUU", 3)) << "its rest";
  answered();
  EXPECT_FALSE(hides("\x1bSe\r", 4));
  EXPECT_TRUE(hides("T 10 3216990101900001\r", 22)) << "a NIK";
  EXPECT_TRUE(discretion.hides(Kind::bulk_in, bytes_of("3216990101900001"), 16));
  EXPECT_FALSE(discretion.hides(Kind::bulk_in, bytes_of("serial 321699010190\r"), 20));
  Discretion whole(true);
  EXPECT_FALSE(whole.hides(Kind::bulk_out, bytes_of(picture), picture.size()));
}

TEST(TranscriptTest, MarksTellEqualPicturesInOneRecordingAndNothingBeyondIt) {
  const test::TempFolder folder;
  std::string text = "{\"transcript\":1,\"bytes\":\"whole\",\"descriptors\":\"\"}\n";
  const std::string ff = "ffffffff";
  for (int n = 1; n <= 3; ++n)
    text += "{\"n\":" + std::to_string(n) +
            ",\"do\":\"bulk-out\",\"at\":0,\"took\":0,\"endpoint\":1,\"length\":4,\"hex\":\"" +
            (n == 3 ? "ffffff00" : ff) + "\",\"done\":4,\"code\":\"ok\"}\n";
  std::vector<std::string> marks;
  for (const char* name : {"a.jsonl", "b.jsonl"}) {
    Session session(text);
    UsbRecorder recorder(session.replay, folder / name, false, [](const std::string&) {});
    Hands hands{recorder};
    EXPECT_EQ(hands.out({0xFF, 0xFF, 0xFF, 0xFF}), STN_OK);
    EXPECT_EQ(hands.out({0xFF, 0xFF, 0xFF, 0xFF}), STN_OK);
    EXPECT_EQ(hands.out({0xFF, 0xFF, 0xFF, 0x00}), STN_OK);
    recorder.close();
    const auto read = transcript::parse(recorded(folder / name));
    ASSERT_TRUE(read) << read.error();
    for (const auto& entry : read->entries)
      if (const auto* transfer = std::get_if<transcript::Transfer>(&entry)) {
        ASSERT_TRUE(transfer->hidden);
        EXPECT_TRUE(transfer->bytes.empty());
        EXPECT_EQ(transfer->length, transcript::kHiddenStep);
        marks.push_back(*transfer->hidden);
      }
  }
  ASSERT_EQ(marks.size(), 6u);
  EXPECT_EQ(marks[0], marks[1]);
  EXPECT_NE(marks[0], marks[2]);
  EXPECT_NE(marks[0], marks[3]) << "a white panel is not known again in another recording";
}

TEST(TranscriptTest, AHiddenPictureMayBeAnotherOfAnyLength) {
  const std::string hidden =
      "{\"transcript\":1,\"bytes\":\"commands\",\"descriptors\":\"\"}\n"
      "{\"n\":1,\"do\":\"bulk-out\",\"at\":0,\"took\":0,\"endpoint\":1,\"at-most\":65536,\"hidden\":\"aa\","
      "\"code\":\"ok\"}\n"
      "{\"n\":2,\"do\":\"bulk-out\",\"at\":0,\"took\":0,\"endpoint\":1,\"at-most\":65536,\"hidden\":\"ab\","
      "\"code\":\"ok\"}\n"
      "{\"n\":3,\"do\":\"bulk-in\",\"at\":0,\"took\":0,\"endpoint\":130,\"length\":64,\"text\":\"OK\\r\","
      "\"done\":3,\"code\":\"ok\"}\n"
      "{\"n\":4,\"do\":\"bulk-out\",\"at\":0,\"took\":0,\"endpoint\":1,\"length\":4,\"text\":"
      "\"\\u001bSe\\r\","
      "\"done\":4,\"code\":\"ok\"}\n";
  for (const std::size_t pieces : {1u, 2u, 5u}) {
    Session session(hidden);
    std::string came;
    for (std::size_t i = 0; i < pieces; ++i)
      EXPECT_EQ(session.hands.out(std::vector<std::uint8_t>(60'000, 0)), STN_OK) << pieces;
    EXPECT_EQ(session.hands.in(came), STN_OK) << pieces;
    EXPECT_EQ(came, "OK\r");
    EXPECT_EQ(session.hands.out(bytes_of("\x1bSe\r")), STN_OK);
    session.replay.close();
    EXPECT_TRUE(session.said.empty());
  }
  Session command(hidden);
  EXPECT_EQ(command.hands.out(bytes_of("\x1bSe\r")), STN_E_REMOVED) << "a command is no picture";
}

TEST(TranscriptTest, AFileThatExistsIsNotTouchedAndTransfersGoOn) {
  const test::TempFolder folder;
  std::ofstream(folder / "there.jsonl") << "mine";
  Session session(kWhole);
  std::vector<std::string> warned;
  UsbRecorder recorder(session.replay, folder / "there.jsonl", true,
                       [&](const std::string& why) { warned.push_back(why); });
  Hands hands{recorder};
  EXPECT_EQ(hands.out(bytes_of("\x1bRsn\r")), STN_OK);
  recorder.close();
  EXPECT_EQ(recorded(folder / "there.jsonl"), "mine");
  ASSERT_EQ(warned.size(), 1u);
  EXPECT_NE(warned[0].find("printing goes on"), std::string::npos) << warned[0];
}

TEST(TranscriptTest, AFullFileSaysSoAndTransfersGoOn) {
  const test::TempFolder folder;
  std::string text = "{\"transcript\":1,\"bytes\":\"whole\",\"descriptors\":\"\"}\n";
  constexpr int kMost = 40'000;  // of some 250 bytes each: more than 8 MiB
  for (int n = 1; n <= kMost; ++n)
    text += "{\"n\":" + std::to_string(n) +
            ",\"do\":\"clear-halt\",\"at\":0,\"took\":0,\"endpoint\":1,\"code\":\"ok\"}\n";
  Session session(text);
  std::vector<std::string> warned;
  UsbRecorder recorder(session.replay, folder / "full.jsonl", false,
                       [&](const std::string& why) { warned.push_back(why); });
  for (int n = 0; n < kMost; ++n) {
    recorder.call({"status", 0, std::string(200, 'x'), {}, {}, 0});
    ASSERT_EQ(recorder.clear_halt(1), STN_OK);
  }
  recorder.close();
  ASSERT_EQ(warned.size(), 1u);
  const std::string written = recorded(folder / "full.jsonl");
  EXPECT_LE(written.size(), transcript::kMaxCommands);
  const auto read = transcript::parse(written);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(std::get<transcript::End>(read->entries.back()).why, "full");
}

}  // namespace
}  // namespace ktp::worker
