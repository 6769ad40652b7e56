// SPDX-License-Identifier: Apache-2.0
// Network cameras over RTSP (models/stream): whatever they do, no picture from before the request is given.
#include "room.hpp"

namespace ktp::devices::test {
namespace {

using model::RtspCameras;

class NetworkCamera : public OrdinaryCamera {
 protected:
  RtspCameras cameras() {
    return {folder_.path() / "peer", folder_.path() / "world", {"--marks", "--size", "640x480"}};
  }
  DeviceConfig network(bool back = false) {
    auto wanted = config();
    wanted.settings["front-url"] = RtspCameras::kFront;
    if (back) wanted.settings["back-url"] = RtspCameras::kBack;
    return wanted;
  }
};

TEST_F(NetworkCamera, BothSidesAreSeenAnewAtEachRequest) {
  const auto peer = cameras();
  const auto camera = this->camera(network(true));
  ASSERT_TRUE(camera);
  EXPECT_EQ(camera->caps(), STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK);
  std::uint64_t seq = 0;
  for (int i = 0; i < 5; ++i)
    for (const Side side : {Side::front, Side::back}) {
      const auto got = look(*camera, side);
      expect_new(got);
      EXPECT_EQ(got.frame.image.width, 640);
      EXPECT_EQ(got.frame.image.height, 480);
      EXPECT_GT(got.frame.seq, seq);
      seq = got.frame.seq;
    }
  EXPECT_EQ(events_.count(Kind::violation), 0);
  DeviceStatus status;
  EXPECT_TRUE(camera->status(status).ok());
  EXPECT_EQ(status.state, State::idle);
}

TEST_F(NetworkCamera, PicturesThatACameraKeptBackAreNotTaken) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  for (int i = 0; i < 3; ++i) {
    peer.fault("hold");
    std::this_thread::sleep_for(500ms);
    std::thread let_go([&] {
      std::this_thread::sleep_for(100ms);
      peer.fault("");
    });
    const auto got = look(*camera);  // asked while ten old ones wait, which come at once
    let_go.join();
    expect_new(got);
  }
}

TEST_F(NetworkCamera, ACameraThatIsAlwaysLateIsWaitedFor) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  peer.fault("late 600");
  std::this_thread::sleep_for(700ms);
  for (int i = 0; i < 3; ++i) expect_new(look(*camera));
  peer.fault("late 3000");
  std::this_thread::sleep_for(500ms);
  const auto too_late = look(*camera);
  EXPECT_FALSE(too_late.result.ok());
  EXPECT_TRUE(too_late.frame.image.empty());
}

TEST_F(NetworkCamera, TheSamePictureWithTheSameStampIsNoNewOne) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  peer.fault("still");
  const auto got = look(*camera);
  EXPECT_EQ(got.result.code, STN_E_PROTOCOL) << got.result.message;
  EXPECT_NE(got.result.message.find("before it was asked for"), std::string::npos) << got.result.message;
  peer.fault("");
  expect_new(look(*camera));
}

// Nothing but the picture itself shows it: stamps go on.
TEST_F(NetworkCamera, AFrozenCameraIsFoundAtTheNextCardAndOpenedAnew) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  peer.fault("freeze");
  ASSERT_TRUE(look(*camera, Side::front, 1).result.ok());
  EXPECT_TRUE(look(*camera, Side::front, 1).result.ok()) << "the same card may look the same";
  const auto other = look(*camera, Side::front, 2);
  EXPECT_EQ(other.result.code, STN_E_PROTOCOL);
  EXPECT_NE(other.result.message.find("frozen"), std::string::npos) << other.result.message;
  EXPECT_TRUE(other.frame.image.empty());
  peer.fault("");
  expect_new(look(*camera, Side::front, 2));
}

TEST_F(NetworkCamera, ACameraThatSaysNoTimeOrAWrongOneIsRefused) {
  const auto peer = cameras();
  const auto refused = [&](const char* fault) {
    peer.fault(fault);
    const auto opened = Camera::open(network(), events_.sink());
    EXPECT_FALSE(opened) << fault;
    return opened ? "" : opened.error().message;
  };
  EXPECT_NE(refused("no-report").find("no time stamp"), std::string::npos);
  EXPECT_NE(refused("clock 5000").find("ahead of this machine's clock"), std::string::npos);
  // A clock that is behind makes every picture look old: none is taken, none is wrong.
  peer.fault("clock -5000");
  const auto behind = this->camera(network());
  ASSERT_TRUE(behind);
  const auto got = look(*behind);
  EXPECT_EQ(got.result.code, STN_E_PROTOCOL) << got.result.message;
}

TEST_F(NetworkCamera, DamagedPicturesAreRefusedAndTheNextWholeOneIsTaken) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  for (const char* fault : {"garbage", "cut"}) {
    peer.fault(fault);
    const auto bad = look(*camera);
    EXPECT_FALSE(bad.result.ok()) << fault;
    EXPECT_TRUE(bad.frame.image.empty());
    peer.fault("");
    expect_new(look(*camera));
  }
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

TEST_F(NetworkCamera, PicturesOfAnotherSizeAreRefused) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  peer.fault("size 800x600");
  const auto bad = look(*camera);
  EXPECT_EQ(bad.result.code, STN_E_PROTOCOL);
  EXPECT_NE(bad.result.message.find("800 x 600 pixels, not 640 x 480"), std::string::npos)
      << bad.result.message;
  peer.fault("");
  expect_new(look(*camera));
}

// The first ones of this camera are small; the size that counts is that of the first one taken.
TEST_F(NetworkCamera, PicturesOfACameraThatWarmsUpAreNotTaken) {
  const RtspCameras peer(folder_.path() / "peer", folder_.path() / "world",
                         {"--marks", "--size", "640x480", "--warm-up", "9"});
  auto wanted = network();
  wanted.settings["warm-up-frames"] = "9";
  const auto warm = this->camera(wanted);
  ASSERT_TRUE(warm);
  std::this_thread::sleep_for(1s);  // the last small ones have gone by
  expect_new(look(*warm));
  wanted.settings["warm-up-frames"] = "5";
  const auto cold = this->camera(wanted);
  ASSERT_TRUE(cold);
  std::this_thread::sleep_for(1s);
  const auto got = look(*cold);
  EXPECT_NE(got.result.message.find("640 x 480 pixels, not 320 x 240"), std::string::npos)
      << got.result.message << got.frame.image.width;
}

TEST_F(NetworkCamera, NonsenseInPlaceOfPacketsCostsNoWorker) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  peer.fault("noise");
  const auto bad = look(*camera);
  EXPECT_FALSE(bad.result.ok());
  EXPECT_TRUE(bad.frame.image.empty());
  peer.fault("");
  const auto end = std::chrono::steady_clock::now() + 20s;
  Look good;
  while (!(good = look(*camera)).result.ok() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(50ms);
  expect_new(good);
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

TEST_F(NetworkCamera, OneThatSendsNothingOrHangsUpIsGoneAndFoundAgain) {
  auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  const auto back = [&] {
    const auto end = std::chrono::steady_clock::now() + 30s;
    Look got;
    while (!(got = look(*camera)).result.ok() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(50ms);
    expect_new(got);
  };
  for (const char* fault : {"stall", "close"}) {
    peer.fault(fault);
    std::this_thread::sleep_for(1'500ms);
    const auto away = look(*camera);
    EXPECT_EQ(away.result.action, Action::gone) << fault << ": " << away.result.message;
    peer.fault("");
    back();
  }
  peer.unplug();
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(look(*camera).result.action, Action::gone);
  EXPECT_EQ(look(*camera).result.action, Action::gone);
  peer.plug_in();
  back();
  EXPECT_EQ(events_.count(Kind::worker_lost), 0) << "a plug that is pulled uses up no restart";
}

TEST_F(NetworkCamera, AnIdleOneThatGoesIsNoticed) {
  auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  peer.unplug();
  const auto end = std::chrono::steady_clock::now() + 20s;
  DeviceStatus status;
  CallResult asked;
  while ((asked = camera->status(status)).ok() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(50ms);
  EXPECT_EQ(asked.action, Action::gone) << asked.message;
}

TEST_F(NetworkCamera, AKilledWorkerIsReplaced) {
  const auto peer = cameras();
  const auto camera = this->camera(network());
  ASSERT_TRUE(camera);
  signal_worker(camera->last_status().worker_pid, SIGKILL);
  ASSERT_TRUE(events_.wait_for(Kind::worker_lost));
  expect_new(look(*camera));
}

TEST_F(NetworkCamera, WhatCannotBeProvenIsNotOpenedAndAccountsAreNotTold) {
  const auto refused = [&](const char* url) {
    auto wanted = network();
    wanted.settings["front-url"] = url;
    const auto opened = Camera::open(wanted, events_.sink());
    EXPECT_FALSE(opened);
    const std::string said = opened ? "" : opened.error().message;
    EXPECT_EQ(said.find("rahasia"), std::string::npos) << said;
    for (const auto& event : events_.all())
      EXPECT_EQ(event.text.find("rahasia"), std::string::npos) << event.text;
    return said;
  };
  EXPECT_NE(refused("http://admin:rahasia@127.0.0.1/cam.mjpg").find("must begin with rtsp://"),
            std::string::npos);
  EXPECT_NE(refused("rtsp://admin:rahasia@127.0.0.1:1/x").find("camera rtsp://127.0.0.1:1/x does not answer"),
            std::string::npos);
  auto both = network();
  both.settings["back-url"] = RtspCameras::kFront;
  const auto opened = Camera::open(both, events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("same camera"), std::string::npos);
}

}  // namespace
}  // namespace ktp::devices::test
