// SPDX-License-Identifier: Apache-2.0
// The driver in its worker, behind its walls, on GigE Vision cameras over UDP (models/gige). Each test's
// process has a machine of its own.
#include <station/abi.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <numeric>

#include "devices/fixture.hpp"
#include "models/gige/peer_process.hpp"
#include "models/own_machine.hpp"

namespace ktp::devices::test {
namespace {

using model::GigeCameras;

class Genicam : public DeviceTest {
 protected:
  void SetUp() override {
    if (const std::string& why = model::own_machine(); !why.empty()) GTEST_SKIP() << "NOT TESTED: " << why;
    std::filesystem::create_directories(folder_.path() / "world");
  }
  GigeCameras cameras(bool back = true, std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--size", "640x440", "--setting", "scale=6"});
    return {folder_.path() / "peer", folder_.path() / "world", back, std::move(options)};
  }
  DeviceConfig config(bool back = true) {
    DeviceConfig config;
    config.name = "camera";
    config.plugin = KTP_PLUGIN_DIR "/genicam.so";
    config.worker = WORKER;
    config.network = true;
    config.settings = {{"front", GigeCameras::kFront}, {"frame-ms", "800"}};
    if (back) config.settings["back"] = GigeCameras::kBack;
    config.backoff_first = 20ms;
    return config;
  }
  struct Look {
    CallResult result;
    Frame frame;
    [[nodiscard]] double mean() const {
      return frame.image.pixels.empty()
                 ? -1
                 : std::accumulate(frame.image.pixels.begin(), frame.image.pixels.end(), 0.0) /
                       static_cast<double>(frame.image.pixels.size());
    }
  };
  static Look look(Camera& camera, Side side = Side::front) {
    Look look;
    look.result = camera.grab(side, 0, monotonic_ns(), look.frame);
    return look;
  }
};

TEST_F(Genicam, BothSidesArePhotographedAnewAtEachTrigger) {
  const auto peer = cameras();
  const auto camera = this->camera(config());
  ASSERT_TRUE(camera);
  EXPECT_EQ(camera->caps(), STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK);
  std::uint64_t seq = 0;
  for (int i = 0; i < 5; ++i)
    for (const Side side : {Side::front, Side::back}) {
      const auto asked = monotonic_ns();
      const auto got = look(*camera, side);
      ASSERT_TRUE(got.result.ok()) << got.result.message << got.result.violation;
      EXPECT_EQ(got.frame.image.width, 640);
      EXPECT_EQ(got.frame.image.height, 440);
      EXPECT_GE(got.frame.exposure_start_ns, asked);
      EXPECT_GT(got.frame.seq, seq);
      EXPECT_NEAR(got.mean(), 52, 1) << "an empty table";
      seq = got.frame.seq;
    }
  EXPECT_EQ(events_.count(Kind::violation), 0) << events_.all().back().text;
  DeviceStatus status;
  EXPECT_TRUE(camera->status(status).ok());
  EXPECT_EQ(status.state, State::idle);
}

TEST_F(Genicam, ExposureAndGainChangeThePictureAsTheySay) {
  const auto peer = cameras(false);
  const auto mean = [&](const char* exposure, const char* gain) {
    auto wanted = config(false);
    wanted.settings["exposure-us"] = exposure;
    wanted.settings["gain"] = gain;
    const auto camera = this->camera(wanted);
    return camera ? look(*camera).mean() : -1;
  };
  EXPECT_NEAR(mean("10000", "0"), 52, 1);
  EXPECT_NEAR(mean("5000", "0"), 26, 1);
  EXPECT_NEAR(mean("10000", "1"), 104, 1);
}

TEST_F(Genicam, EveryPacketSizeGivesTheSamePicture) {
  const auto peer = cameras(false);
  for (const char* size : {"0", "576", "1500", "9000"}) {
    auto wanted = config(false);
    wanted.settings["packet-size"] = size;
    const auto camera = this->camera(wanted);
    ASSERT_TRUE(camera);
    const auto got = look(*camera);
    EXPECT_TRUE(got.result.ok()) << size << ": " << got.result.message;
    EXPECT_NEAR(got.mean(), 52, 1);
  }
}

TEST_F(Genicam, MonochromeAndARegionAreTakenAsTheyAreAsked) {
  const auto peer = cameras(false);
  auto wanted = config(false);
  wanted.settings["pixel-format"] = "Mono8";
  wanted.settings["width"] = "320";
  wanted.settings["height"] = "200";
  const auto camera = this->camera(wanted);
  ASSERT_TRUE(camera);
  const auto got = look(*camera);
  ASSERT_TRUE(got.result.ok()) << got.result.message;
  EXPECT_EQ(got.frame.image.width, 320);
  EXPECT_EQ(got.frame.image.height, 200);
  EXPECT_NEAR(got.mean(), 52, 1);
}

TEST_F(Genicam, SettingsThatTheCameraDoesNotTakeAreRefusedWithWhatItAllows) {
  const auto peer = cameras(false);
  const auto refused = [&](const char* key, const char* value) {
    auto wanted = config(false);
    wanted.settings[key] = value;
    const auto opened = Camera::open(wanted, events_.sink());
    EXPECT_FALSE(opened);
    return opened ? "" : opened.error().message;
  };
  EXPECT_NE(refused("exposure-us", "1").find("allows"), std::string::npos);
  EXPECT_NE(refused("gain", "99").find("allows"), std::string::npos);
  EXPECT_NE(refused("width", "9000").find("640"), std::string::npos);
  EXPECT_NE(refused("pixel-format", "BGR8").find("BGR8"), std::string::npos);
  EXPECT_NE(refused("packet-size", "100").find("576"), std::string::npos);
  EXPECT_NE(refused("back", GigeCameras::kFront).find("same camera"), std::string::npos);
}

TEST_F(Genicam, IncompletePicturesAreRefusedAndAskedForAgain) {
  const auto peer = cameras(false, {"--alternate", "--lost", "0.0012"});  // of some 580 packets a picture
  auto wanted = config(false);
  wanted.settings["tries"] = "20";
  const auto camera = this->camera(wanted);
  ASSERT_TRUE(camera);
  peer.lose_packets(true);
  for (int i = 0; i < 15; ++i) {
    const auto got = look(*camera);
    ASSERT_TRUE(got.result.ok()) << got.result.message;
    const auto [least, most] = std::ranges::minmax(got.frame.image.pixels);
    EXPECT_EQ(least, most) << "what is missing is from a picture before";
  }
  // With one picture for each trigger nothing follows that would show the gap: it is the time that runs out.
  EXPECT_GT(events_.count(Kind::log, "it did not come to its end in time") +
                events_.count(Kind::log, "packets of it are missing"),
            0)
      << "none was incomplete: nothing was tried";
}

TEST_F(Genicam, ACameraThatGivesNoWholePictureIsSaidAndTheNextWholeOneIsTaken) {
  const auto peer = cameras(false, {"--lost", "0.2"});
  auto wanted = config(false);
  wanted.settings["tries"] = "2";
  const auto camera = this->camera(wanted);
  ASSERT_TRUE(camera);
  peer.lose_packets(true);
  const auto bad = look(*camera);
  EXPECT_EQ(bad.result.code, STN_E_PROTOCOL) << bad.result.message;
  EXPECT_EQ(bad.result.action, Action::retry_now);
  EXPECT_TRUE(bad.frame.image.empty());
  peer.lose_packets(false);
  const auto good = look(*camera);
  EXPECT_TRUE(good.result.ok()) << good.result.message;
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

TEST_F(Genicam, ALostCameraIsNoticedInTimeAndFoundAgain) {
  auto peer = cameras();
  const auto camera = this->camera(config());
  ASSERT_TRUE(camera);
  ASSERT_TRUE(look(*camera).result.ok());
  peer.unplug();
  const auto begun = std::chrono::steady_clock::now();
  const auto away = look(*camera);
  EXPECT_EQ(away.result.action, Action::gone) << away.result.message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 12s);
  EXPECT_EQ(look(*camera).result.action, Action::gone);
  peer.plug_in();
  const auto end = std::chrono::steady_clock::now() + 30s;
  Look back;
  while (!(back = look(*camera)).result.ok() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(back.result.ok()) << back.result.message;
  EXPECT_EQ(events_.count(Kind::worker_lost), 0) << "a plug that is pulled uses up no restart";
}

TEST_F(Genicam, AnIdleCameraThatGoesIsNoticedByItsHeartbeat) {
  auto peer = cameras(false);
  const auto camera = this->camera(config(false));
  ASSERT_TRUE(camera);
  peer.unplug();
  const auto end = std::chrono::steady_clock::now() + 20s;
  DeviceStatus status;
  CallResult asked;
  while ((asked = camera->status(status)).ok() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(200ms);
  EXPECT_EQ(asked.action, Action::gone) << asked.message;
}

// A program that dies keeps the camera until the camera misses its heartbeat.
TEST_F(Genicam, AKilledWorkerIsReplacedByOneThatWaitsForTheCamera) {
  const auto peer = cameras(false);
  const auto camera = this->camera(config(false));
  ASSERT_TRUE(camera);
  ASSERT_TRUE(look(*camera).result.ok());
  signal_worker(camera->last_status().worker_pid, SIGKILL);
  ASSERT_TRUE(events_.wait_for(Kind::worker_lost));
  const auto got = look(*camera);
  EXPECT_TRUE(got.result.ok()) << got.result.message;
}

TEST_F(Genicam, WithoutACameraOpeningFailsAndSaysWhere) {
  const auto begun = std::chrono::steady_clock::now();
  const auto opened = Camera::open(config(false), events_.sink());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("camera 127.0.0.1 does not answer"), std::string::npos)
      << opened.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s);
}

// Anybody on the camera's network can send to its stream's port.
TEST_F(Genicam, DatagramsOfStrangersDoNoHarm) {
  const auto peer = cameras(false);
  const auto camera = this->camera(config(false));
  ASSERT_TRUE(camera);
  std::atomic<bool> over{false};
  std::thread stranger([&] {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    unsigned state = 1;
    while (!over) {
      std::uint8_t junk[64];
      for (auto& byte : junk) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
      for (int port = 32'768; port < 61'000 && !over; port += 7) {
        to.sin_port = ::htons(static_cast<std::uint16_t>(port + static_cast<int>(state % 7)));
        ::sendto(fd, junk, state % sizeof junk, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to), sizeof to);
      }
    }
    ::close(fd);
  });
  for (int i = 0; i < 20; ++i) {
    const auto got = look(*camera);
    if (got.result.ok()) {
      EXPECT_NEAR(got.mean(), 52, 1);
    }
  }
  over = true;
  stranger.join();
  EXPECT_TRUE(look(*camera).result.ok());
  EXPECT_EQ(events_.count(Kind::worker_lost), 0);
}

}  // namespace
}  // namespace ktp::devices::test
