// SPDX-License-Identifier: Apache-2.0
// Cameras of this machine through OpenCV's own V4L2 code, on a camera that a preload makes (models/stream).
#include "room.hpp"

namespace ktp::devices::test {
namespace {

using model::V4lCamera;

class Webcam : public OrdinaryCamera {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's runtime must be loaded before the camera's preload";
#endif
    OrdinaryCamera::SetUp();
  }
  V4lCamera webcam() { return {folder_.path() / "peer", folder_.path() / "world", {"--marks"}}; }
  DeviceConfig wired(const V4lCamera& peer) {
    auto wanted = config();
    wanted.network = false;
    wanted.worker = peer.worker(WORKER);
    wanted.settings["front-device"] = peer.node();
    return wanted;
  }
};

TEST_F(Webcam, PicturesAreNewByTheKernelsStampInBothFormats) {
  const auto peer = webcam();
  for (const char* format : {"MJPG", "YUYV"}) {
    auto wanted = wired(peer);
    wanted.settings["format"] = format;
    wanted.settings["width"] = "1400";
    wanted.settings["height"] = "960";
    const auto camera = this->camera(wanted);
    ASSERT_TRUE(camera) << format;
    EXPECT_EQ(camera->caps(), STN_CAP_VIEW_FRONT);
    for (int i = 0; i < 5; ++i) {
      const auto got = look(*camera);
      expect_new(got);
      EXPECT_EQ(got.frame.image.width, 1400);
      EXPECT_EQ(got.frame.image.height, 960);
    }
  }
  EXPECT_EQ(events_.count(Kind::violation), 0);
}

TEST_F(Webcam, OldPicturesAreWaitedOutAndNeverGiven) {
  const auto peer = webcam();
  const auto camera = this->camera(wired(peer));
  ASSERT_TRUE(camera);
  peer.fault("late 700");
  std::this_thread::sleep_for(800ms);
  for (int i = 0; i < 3; ++i) expect_new(look(*camera));
  peer.fault("late 4000");
  std::this_thread::sleep_for(200ms);
  EXPECT_FALSE(look(*camera).result.ok());
}

TEST_F(Webcam, PicturesWithoutATimeOrFromTheFutureAreRefused) {
  const auto peer = webcam();
  const auto camera = this->camera(wired(peer));
  ASSERT_TRUE(camera);
  const auto said = [&](const char* fault) {
    peer.fault(fault);
    const auto got = look(*camera);
    EXPECT_FALSE(got.result.ok()) << fault;
    return got.result.message;
  };
  EXPECT_NE(said("no-stamp").find("no time stamp"), std::string::npos);
  EXPECT_NE(said("ahead 2000").find("ahead"), std::string::npos);
}

TEST_F(Webcam, DamagedPicturesAreRefusedAndTheNextWholeOneIsTaken) {
  const auto peer = webcam();
  const auto camera = this->camera(wired(peer));
  ASSERT_TRUE(camera);
  for (const char* fault : {"garbage", "cut", "empty"}) {
    peer.fault(fault);
    const auto bad = look(*camera);
    EXPECT_FALSE(bad.result.ok()) << fault;
    EXPECT_TRUE(bad.frame.image.empty());
    peer.fault("");
    const auto end = std::chrono::steady_clock::now() + 20s;
    Look good;
    while (!(good = look(*camera)).result.ok() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(50ms);
    expect_new(good);
  }
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

TEST_F(Webcam, AFrozenOneIsFoundAtTheNextCard) {
  const auto peer = webcam();
  const auto camera = this->camera(wired(peer));
  ASSERT_TRUE(camera);
  peer.fault("freeze");
  ASSERT_TRUE(look(*camera, Side::front, 1).result.ok());
  EXPECT_NE(look(*camera, Side::front, 2).result.message.find("frozen"), std::string::npos);
  peer.fault("");
  expect_new(look(*camera, Side::front, 2));
}

TEST_F(Webcam, ControlsAreSetAndWhatItDoesNotTakeIsRefused) {
  const auto peer = webcam();
  const auto centre = [&](const char* exposure) {
    auto wanted = wired(peer);
    wanted.settings["exposure"] = exposure;
    const auto camera = this->camera(wanted);
    if (!camera) return -1;
    const auto got = look(*camera);
    if (!got.result.ok()) return -2;
    const auto& image = got.frame.image;
    return static_cast<int>(image.pixels[(static_cast<std::size_t>(image.height) - 20) *
                                         static_cast<std::size_t>(image.width) * 3]);
  };
  EXPECT_NEAR(centre("156"), 52, 2);
  EXPECT_NEAR(centre("312"), 104, 2);
  const auto refused = [&](const char* key, const char* value) {
    auto wanted = wired(peer);
    wanted.settings[key] = value;
    if (std::string_view(key) == "width") wanted.settings["height"] = "500";
    const auto opened = Camera::open(wanted, events_.sink());
    EXPECT_FALSE(opened) << key;
    return opened ? "" : opened.error().message;
  };
  EXPECT_NE(refused("exposure", "9000").find("exposure"), std::string::npos);
  EXPECT_NE(refused("focus", "10").find("focus"), std::string::npos);
  EXPECT_NE(refused("width", "700").find("width 700: 1400"), std::string::npos);
}

TEST_F(Webcam, OneThatIsUnpluggedIsGoneAndFoundAgain) {
  const auto peer = webcam();
  const auto camera = this->camera(wired(peer));
  ASSERT_TRUE(camera);
  peer.fault("gone");
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(look(*camera).result.action, Action::gone);
  peer.fault("");
  const auto end = std::chrono::steady_clock::now() + 30s;
  Look got;
  while (!(got = look(*camera)).result.ok() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(50ms);
  expect_new(got);
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

// OpenCV waits ten seconds for a picture and cannot be told otherwise: a request ends in its own time.
TEST_F(Webcam, OneThatSendsNothingKeepsNobodyWaiting) {
  const auto peer = webcam();
  const auto camera = this->camera(wired(peer));
  ASSERT_TRUE(camera);
  peer.fault("stall");
  const auto got = look(*camera);
  EXPECT_EQ(got.result.code, STN_E_PROTOCOL);
  EXPECT_NE(got.result.message.find("nothing came"), std::string::npos) << got.result.message;
  DeviceStatus status;
  const auto end = std::chrono::steady_clock::now() + 20s;
  CallResult asked;
  while ((asked = camera->status(status)).ok() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(100ms);
  EXPECT_EQ(asked.action, Action::gone) << asked.message;
}

TEST_F(Webcam, WithoutACameraOpeningFailsAndSaysWhere) {
  const auto peer = webcam();
  peer.fault("gone");
  const auto opened = Camera::open(wired(peer), events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("video0 is not there"), std::string::npos) << opened.error().message;
}

// A folder in its place would be in the way when it is plugged in.
TEST_F(Webcam, NothingIsMadeInThePlaceOfOneThatIsUnplugged) {
  auto wanted = config();
  wanted.settings["front-device"] = "/dev/ktp-no-such-camera";
  const auto opened = Camera::open(wanted, events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/dev/ktp-no-such-camera is not there"), std::string::npos)
      << opened.error().message;
  EXPECT_FALSE(std::filesystem::exists("/dev/ktp-no-such-camera"));
}

}  // namespace
}  // namespace ktp::devices::test
