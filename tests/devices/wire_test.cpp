// SPDX-License-Identifier: Apache-2.0
#include "devices/wire.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ktp::wire::test {

std::vector<Body> one_of_each() {
  return {Open{1, "S", 7, {{"k", "v"}, {"", std::string(3, '\0')}}},
          Raster{99},
          Slots{8'000'000, 2},
          Print{"TOKEN", {0, 1011, 638, 3033, 300}, {4096, 1, 1, 3, 300}},
          ToCamera{"T"},
          Route{"T", "good"},
          Counter{},
          Lookup{"T"},
          Status{},
          Grab{1, 2, 3, 0xFFFF'FFFF'FFFF'FFFFu},
          Cancel{},
          Interrupt{},
          Close{},
          ReadChip{3, 0xFFFF'FFFF'FFFF'FFFFu},
          Module{"id", "1", "v"},
          Driver{0, 1, "p", "Printer", {{0x0F49, 0, 50, 3}}},
          Option{0, 1, 1, "k", "ms", "1", "a|b", "doc", -1.5, 1e300},
          Ready{},
          Failed{"why"},
          Opened{{-1, 200, -2, 3, 4, 5, -6, 7, 8, std::string(160, 'm')}, 9, 300, 10},
          Done{{0, 200, 0, 0, 1, 2, 0, 7, 8, "m"},
               8,
               {88, 1, 2, 3, "UID", "good"},
               {48, 0, 1, 2, 3, 4, 5, 6},
               {48, 9, "04A1"}},
          Event{1, -1, INT64_MIN, "t", "d"},
          Log{2, "line"},
          Heartbeat{77},
          Violation{"v"},
          Isolation{{{"files", Measure::kInForce, "how"}, {"memory", Measure::kMissing, "why"}}}};
}

TEST(Wire, EveryMessageComesBackAsItWent) {
  const auto bodies = one_of_each();
  ASSERT_EQ(bodies.size(), std::variant_size_v<Body>);
  for (const Body& body : bodies) {
    const auto bytes = encode({42, 43, body});
    const auto message = decode(bytes);
    ASSERT_TRUE(message) << message.error();
    EXPECT_EQ(message->op, 42u);
    EXPECT_EQ(message->seq, 43u);
    EXPECT_EQ(message->body.index(), body.index());
    EXPECT_EQ(encode(*message), bytes);
  }
}

TEST(Wire, TheLayoutIsLittleEndianAndFixed) {
  EXPECT_EQ(encode({1, 2, Log{3, "ab"}}),
            (std::vector<std::uint8_t>{34, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,   2,
                                       0,  0, 0, 0, 0,  0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 'a', 'b'}));
}

TEST(Wire, EveryCutMessageIsRefused) {
  for (const Body& body : one_of_each()) {
    const auto bytes = encode({1, 1, body});
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      auto cut = std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      EXPECT_FALSE(decode(cut));
      if (n < kHeaderBytes) continue;
      cut[0] = static_cast<std::uint8_t>(n);  // even when it says so itself
      cut[1] = static_cast<std::uint8_t>(n >> 8);
      EXPECT_FALSE(decode(cut)) << "type " << body.index() << ", " << n << " of " << bytes.size();
    }
  }
}

TEST(Wire, BytesLeftOverAndUnknownTypesAreRefused) {
  auto bytes = encode({1, 1, Heartbeat{1}});
  bytes.push_back(0);
  bytes[0] = static_cast<std::uint8_t>(bytes.size());
  EXPECT_FALSE(decode(bytes));
  auto unknown = encode({1, 1, Ready{}});
  unknown[4] = 200;
  EXPECT_FALSE(decode(unknown));
}

TEST(Wire, ALengthBeyondItsLimitIsRefusedWithoutReservingForIt) {
  auto bytes = encode({1, 1, Log{1, "x"}});
  bytes[28] = bytes[29] = bytes[30] = bytes[31] = 0xFF;
  EXPECT_FALSE(decode(bytes));
  auto list = encode({1, 1, Open{0, "", 0, {}}});
  for (std::size_t i = list.size() - 4; i < list.size(); ++i) list[i] = 0xFF;
  EXPECT_FALSE(decode(list));
}

TEST(Wire, LongTextIsCutSoThatTheMessageStillDecodes) {
  const auto message = decode(encode({0, 0, Log{1, std::string(100'000, 'x')}}));
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<Log>(message->body).text.size(), kMaxText);
}

TEST(Wire, AMessageLargerThanAPacketIsNotSent) {
  Open open;
  for (int i = 0; i < 20; ++i) open.settings.push_back({"key", std::string(kMaxText, 'x')});
  EXPECT_TRUE(encode({1, 1, open}).empty());
}

TEST(Wire, DamagedMessagesNeverDoWorseThanBeRefused) {
  std::mt19937 random(1);  // fixed seed: a failure comes again
  const auto bodies = one_of_each();
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = encode({1, 1, bodies[random() % bodies.size()]});
    for (unsigned i = 0; i <= random() % 4; ++i)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    if (const auto message = decode(bytes)) {
      EXPECT_EQ(encode(*message).size(), bytes.size());
    }
  }
}

}  // namespace ktp::wire::test
