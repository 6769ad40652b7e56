// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <station/abi.h>

#include <optional>

#include "devices/fixture.hpp"
#include "models/own_machine.hpp"
#include "models/stream/peers.hpp"
#include "models/stream/time_mark.hpp"

namespace ktp::devices::test {

/// The driver in its worker, behind its walls. Each test's process has a machine of its own.
class OrdinaryCamera : public DeviceTest {
 protected:
  void SetUp() override {
    if (const std::string& why = model::own_machine(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
    std::filesystem::create_directories(folder_.path() / "world");
  }
  DeviceConfig config() {
    DeviceConfig config;
    config.name = "camera";
    config.plugin = KTP_PLUGIN_DIR "/opencv-camera.so";
    config.worker = WORKER;
    config.network = true;
    config.backoff_first = 20ms;
    config.settings = {
        {"frame-ms", "1200"}, {"silent-ms", "1000"}, {"open-ms", "4000"}, {"warm-up-frames", "3"}};
    return config;
  }
  struct Look {
    CallResult result;
    Frame frame;
    std::uint64_t asked_ms = 0;
    /// When the picture itself says that it was exposed; none: it does not say.
    [[nodiscard]] std::optional<std::uint64_t> shown_ms() const {
      return frame.image.pixels.empty()
                 ? std::nullopt
                 : model::read_mark(frame.image.pixels.data(), frame.image.width, frame.image.height);
    }
  };
  static Look look(Camera& camera, Side side = Side::front, std::uint64_t card = 0) {
    Look look;
    const std::uint64_t asked = monotonic_ns();
    look.asked_ms = asked / 1'000'000;
    look.result = camera.grab(side, card, asked, look.frame);
    return look;
  }
  /// Whole, new by its own word, and the driver has said no more than is true.
  static void expect_new(const Look& got) {
    ASSERT_TRUE(got.result.ok()) << got.result.message << got.result.violation;
    const auto shown = got.shown_ms();
    ASSERT_TRUE(shown) << "the picture is damaged";
    EXPECT_GE(*shown, got.asked_ms) << "it shows what was before";
    EXPECT_LE(got.frame.exposure_start_ns / 1'000'000, *shown + 1) << "said to be newer than it is";
  }
};

}  // namespace ktp::devices::test
