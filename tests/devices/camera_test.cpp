// SPDX-License-Identifier: Apache-2.0
#include <station/abi.h>

#include "devices/fixture.hpp"

namespace ktp::devices::test {

class CameraCalls : public DeviceTest {
 protected:
  DeviceConfig obedient_camera(int width, int height, int padding) {
    DeviceConfig config = obedient();
    config.settings = {{"width", std::to_string(width)},
                       {"height", std::to_string(height)},
                       {"padding", std::to_string(padding)}};
    return config;
  }
};

/// True when every byte is the one that the obedient camera computes for it.
bool intact(const Frame& frame) {
  const auto seq = static_cast<std::uint32_t>(frame.seq);
  for (int y = 0; y < frame.image.height; ++y) {
    const std::uint8_t* row = frame.image.row(y);
    for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(frame.image.width) * 3; ++x) {
      if (row[x] != static_cast<std::uint8_t>(seq * 31 + static_cast<std::uint32_t>(y) * 7 + x * 13))
        return false;
    }
  }
  return true;
}

TEST_F(CameraCalls, TwoHundredFramesOfEightMegabytesArriveIntact) {
  auto device = camera(obedient_camera(2048, 1366, 0));
  for (std::uint64_t i = 1; i <= 200; ++i) {
    Frame frame;
    const CallResult result = device->grab(Side::front, i, monotonic_ns(), frame);
    ASSERT_TRUE(result.ok()) << result.message << result.violation;
    ASSERT_EQ(frame.seq, i);
    ASSERT_EQ(frame.image.pixels.size(), 2048u * 1366u * 3u);
    ASSERT_TRUE(intact(frame)) << "frame " << i;
  }
}

TEST_F(CameraCalls, RowsWithPaddingArrivePacked) {
  auto device = camera(obedient_camera(101, 67, 33));
  Frame frame;
  ASSERT_TRUE(device->grab(Side::back, 1, 0, frame).ok());
  EXPECT_EQ(frame.image.width, 101);
  EXPECT_EQ(frame.image.height, 67);
  EXPECT_EQ(frame.image.pixels.size(), 101u * 67u * 3u);
  EXPECT_TRUE(intact(frame));
}

TEST_F(CameraCalls, AFrameOnceGivenDoesNotChangeAnyMore) {
  auto device = camera(obedient_camera(64, 48, 0));
  std::vector<Frame> frames(6);
  for (Frame& frame : frames) ASSERT_TRUE(device->grab(Side::front, 1, 0, frame).ok());
  for (const Frame& frame : frames) EXPECT_TRUE(intact(frame)) << frame.seq;
}

struct BadFrame {
  const char* fault;
  const char* violation;
};
class BadFrames : public DeviceTest, public ::testing::WithParamInterface<BadFrame> {};

TEST_P(BadFrames, AreRefusedAndNamed) {
  auto device = camera(misbehaving(GetParam().fault));
  Frame frame;
  CallResult result = device->grab(Side::front, 1, monotonic_ns(), frame);
  if (std::string(GetParam().fault) == "same-number") {
    ASSERT_TRUE(result.ok());
    result = device->grab(Side::front, 1, monotonic_ns(), frame);
  }
  EXPECT_FALSE(result.ok());
  EXPECT_NE(result.violation.find(GetParam().violation), std::string::npos) << result.violation;
  EXPECT_EQ(result.action, Action::stop_device);
  EXPECT_TRUE(frame.image.empty());
  EXPECT_TRUE(events_.wait_for(Kind::violation, GetParam().violation));
}

INSTANTIATE_TEST_SUITE_P(each, BadFrames,
                         ::testing::Values(BadFrame{"stale-frame", "stale-frame: exposed"},
                                           BadFrame{"future-frame", "in the future"},
                                           BadFrame{"wrong-stride", "stride of 299"},
                                           BadFrame{"too-many-bytes", "in a slot of"},
                                           BadFrame{"too-few-bytes", "only 14999 are used"},
                                           BadFrame{"too-high", "frame of 100 x"},
                                           BadFrame{"same-number", "frame number 1 after 1"}),
                         [](const auto& instance) {
                           std::string name = instance.param.fault;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST_F(CameraCalls, AFrameOfAWarmingCameraIsNoPicture) {
  auto device = camera(misbehaving("startup-frame"));
  Frame frame;
  const CallResult result = device->grab(Side::front, 1, 0, frame);
  EXPECT_EQ(result.code, STN_E_WARMING);
  EXPECT_EQ(result.action, Action::retry_later);
  EXPECT_EQ(result.violation, "");
  EXPECT_TRUE(frame.image.empty());
}

TEST_F(CameraCalls, ACameraThatWritesPastItsSlotDiesThereAndTheNextGrabWorks) {
  auto device = camera(misbehaving("overrun"));
  Frame frame;
  const CallResult result = device->grab(Side::front, 1, 0, frame);
  EXPECT_TRUE(result.worker_lost);
  EXPECT_TRUE(frame.image.empty());
  EXPECT_TRUE(events_.wait_for(Kind::worker_lost));
}

TEST_F(CameraCalls, APrinterIsNotOpenedAsACamera) {
  auto config = obedient();
  config.driver = "obedient-printer";
  const auto device = Camera::open(config, nullptr);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, ErrorCode::configuration);
  EXPECT_NE(device.error().message.find("has no camera \"obedient-printer\""), std::string::npos)
      << device.error().message;
}

}  // namespace ktp::devices::test
