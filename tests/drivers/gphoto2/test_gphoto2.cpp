// SPDX-License-Identifier: Apache-2.0
// The driver in its worker, behind its walls, on PTP/IP responders (models/ptpip).
#include <fstream>

#include "opencv-camera/room.hpp"

namespace ktp::devices::test {
namespace {

using model::StillCamera;

class StillCameras : public OrdinaryCamera {
 protected:
  StillCamera still(bool back = false) {
    return {folder_.path() / (back ? "back" : "front"),
            folder_.path() / "world",
            back,
            {"--marks", "--size", "640x480"}};
  }
  DeviceConfig tethered(bool back = false) {
    DeviceConfig config;
    config.name = "camera";
    config.plugin = KTP_PLUGIN_DIR "/gphoto2.so";
    config.worker = WORKER;
    config.network = true;
    config.backoff_first = 20ms;
    config.settings = {{"front", StillCamera::kFront}, {"frame-ms", "1500"}, {"open-ms", "3000"}};
    if (back) config.settings["back"] = StillCamera::kBack;
    return config;
  }
  Look until_it_is_back(Camera& camera) {
    const auto end = std::chrono::steady_clock::now() + 40s;
    Look got;
    while (!(got = look(camera)).result.ok() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(50ms);
    return got;
  }
};

TEST_F(StillCameras, EachRequestReleasesAndTheFileIsWhole) {
  const auto front = still(), back = still(true);
  const auto camera = this->camera(tethered(true));
  ASSERT_TRUE(camera);
  EXPECT_EQ(camera->caps(), STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK);
  std::uint64_t seq = 0;
  for (int i = 0; i < 5; ++i)
    for (const Side side : {Side::front, Side::back}) {
      const auto got = look(*camera, side);
      expect_new(got);
      EXPECT_GT(got.frame.seq, seq);
      seq = got.frame.seq;
    }
  EXPECT_EQ(events_.count(Kind::violation), 0);
  DeviceStatus status;
  EXPECT_TRUE(camera->status(status).ok());
}

TEST_F(StillCameras, SettingsReachTheCameraAndWhatItDoesNotTakeIsRefusedWithWhatItAllows) {
  const auto front = still();
  const auto grey = [&](const char* set) {
    auto wanted = tethered();
    wanted.settings["set"] = set;
    const auto camera = this->camera(wanted);
    if (!camera) return -1;
    const auto got = look(*camera);
    const auto& image = got.frame.image;
    return image.pixels.empty() ? -2 : static_cast<int>(image.pixels[image.pixels.size() - 30]);
  };
  EXPECT_NEAR(grey("iso=100"), 52, 2);
  EXPECT_NEAR(grey("iso=200; shutterspeed=0.0080s"), 104, 2);
  const auto refused = [&](const char* set) {
    auto wanted = tethered();
    wanted.settings["set"] = set;
    const auto opened = Camera::open(wanted, events_.sink());
    EXPECT_FALSE(opened) << set;
    return opened ? "" : opened.error().message;
  };
  EXPECT_NE(refused("iso=123").find("it allows 100, 200, 400"), std::string::npos) << refused("iso=123");
  EXPECT_NE(refused("no-such=1").find("no such setting"), std::string::npos) << refused("no-such=1");
  EXPECT_NE(refused("iso").find("NAME=VALUE"), std::string::npos);
}

TEST_F(StillCameras, APictureThatSomebodyTookByHandIsNotThatOfTheCard) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  for (int i = 0; i < 3; ++i) {
    front.fault("by-hand");
    front.fault("");
    expect_new(look(*camera));
  }
  EXPECT_GT(events_.count(Kind::log, "nobody asked for"), 0);
}

TEST_F(StillCameras, AnOldFileIsNeverGivenForANewPicture) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  ASSERT_TRUE(look(*camera).result.ok());
  front.fault("old");
  const auto old = look(*camera);
  EXPECT_EQ(old.result.code, STN_E_PROTOCOL) << old.result.message;
  EXPECT_NE(old.result.message.find("before the release"), std::string::npos) << old.result.message;
  EXPECT_TRUE(old.frame.image.empty());
  front.fault("");
  expect_new(look(*camera));
}

TEST_F(StillCameras, AFrozenOneIsFoundAtTheNextCard) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  front.fault("freeze");
  ASSERT_TRUE(look(*camera, Side::front, 1).result.ok());
  EXPECT_TRUE(look(*camera, Side::front, 1).result.ok()) << "the same card may look the same";
  EXPECT_NE(look(*camera, Side::front, 2).result.message.find("frozen"), std::string::npos);
  front.fault("");
  expect_new(look(*camera, Side::front, 2));
}

TEST_F(StillCameras, DamagedFilesAndOtherSizesAreRefusedAndTheNextWholeOneIsTaken) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  for (const char* fault : {"garbage", "cut", "empty", "size 800x600", "huge"}) {
    front.fault(fault);
    const auto bad = look(*camera);
    EXPECT_FALSE(bad.result.ok()) << fault;
    EXPECT_TRUE(bad.frame.image.empty()) << fault;
    front.fault("");
    expect_new(until_it_is_back(*camera));
  }
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

TEST_F(StillCameras, OneThatIsBusyOrFullSaysSo) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  for (const char* fault : {"busy", "full"}) {
    front.fault(fault);
    const auto got = look(*camera);
    EXPECT_FALSE(got.result.ok()) << fault;
    EXPECT_NE(got.result.code, STN_E_INTERNAL) << got.result.message;
    front.fault("");
    expect_new(until_it_is_back(*camera));
  }
}

TEST_F(StillCameras, OneThatSaysNothingMoreIsGoneInTimeAndFoundAgain) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  for (const char* fault : {"silent", "hang", "close", "noise", "late 2200"}) {
    front.fault(fault);
    const auto begun = std::chrono::steady_clock::now();
    const auto away = look(*camera);
    EXPECT_EQ(away.result.action, Action::gone) << fault << ": " << away.result.message;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s) << fault;
    front.fault("");
    expect_new(until_it_is_back(*camera));
  }
  EXPECT_EQ(events_.count(Kind::worker_lost), 0) << "a camera that says nothing uses up no restart";
}

TEST_F(StillCameras, AnUnpluggedOneIsGoneAndFoundAgain) {
  auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  front.unplug();
  EXPECT_EQ(look(*camera).result.action, Action::gone);
  EXPECT_EQ(look(*camera).result.action, Action::gone);
  front.plug_in();
  expect_new(until_it_is_back(*camera));
}

TEST_F(StillCameras, AKilledWorkerIsReplaced) {
  const auto front = still();
  const auto camera = this->camera(tethered());
  ASSERT_TRUE(camera);
  signal_worker(camera->last_status().worker_pid, SIGKILL);
  ASSERT_TRUE(events_.wait_for(Kind::worker_lost));
  expect_new(until_it_is_back(*camera));
}

TEST_F(StillCameras, TheAccountThatACameraKnowsIsKeptInItsFolder) {
  const auto front = still();
  auto wanted = tethered();
  wanted.settings["account"] = (folder_.path() / "account").string();
  const auto kept = [&] {
    const auto camera = this->camera(wanted);
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "account")) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path());
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  };
  const std::string first = kept();
  EXPECT_NE(first.find("guid"), std::string::npos) << first;
  EXPECT_EQ(kept(), first);
}

TEST_F(StillCameras, WithoutACameraOpeningFailsAndSaysWhere) {
  const auto begun = std::chrono::steady_clock::now();
  const auto opened = Camera::open(tethered(), events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("camera 127.0.0.1:15741, does not answer"), std::string::npos)
      << opened.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s);
}

}  // namespace
}  // namespace ktp::devices::test
