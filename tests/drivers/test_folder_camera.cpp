// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <memory>
#include <thread>

#include "drivers/plugin_host.hpp"
#include "drivers/specimen.hpp"
#include "sim-world/png_file.hpp"

namespace {

using namespace drivers_test;
using sim::Picture;
using sim::Side;

std::string png(std::uint64_t number, Side side = Side::front) {
  const auto data = sim::encode_png(specimen(number, side).view(), 100);
  return {data.begin(), data.end()};
}

std::string jpeg(std::uint64_t number) {
  const Picture face = specimen(number, Side::front);
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder.get(), face.rgb.data(), face.width, 0, face.height, TJPF_RGB, &data, &size, TJSAMP_444,
              98, 0);
  const std::string out(reinterpret_cast<char*>(data), size);
  tjFree(data);
  return out;
}

class FolderCamera : public testing::Test {
 protected:
  Device open(const std::string& timeout = "150", SettingsMap more = {}) {
    more.insert({{"folder", temp_.path().string()}, {"timeout-ms", timeout}});
    return Device("folder-camera", more);
  }
  /// As a careful camera does it.
  void deliver(const std::string& name, const std::string& data) {
    write_text(temp_ / ".part", data);
    fs::rename(temp_ / ".part", temp_ / name);
  }
  TempFolder temp_;
  Picture picture_;
};

TEST_F(FolderCamera, ServesPngAndJpegOfTheCardAskedFor) {
  deliver("1-front.png", png(1));
  deliver("2-front.jpg", jpeg(2));
  deliver("1-back.png", png(1, Side::back));
  Device camera = open();
  ASSERT_EQ(camera.grab(STN_VIEW_FRONT, 2, picture_).code, STN_OK);
  EXPECT_LT(difference(picture_, specimen(2, Side::front), kWholeCard), 3);
  ASSERT_EQ(camera.grab(STN_VIEW_FRONT, 1, picture_).code, STN_OK);
  EXPECT_EQ(picture_.rgb, specimen(1, Side::front).rgb);
  ASSERT_EQ(camera.grab(STN_VIEW_BACK, 1, picture_).code, STN_OK);
  EXPECT_EQ(picture_.rgb, specimen(1, Side::back).rgb);
}

TEST_F(FolderCamera, WaitsForAPhotographThatComesLate) {
  Device camera = open("5000");
  const std::uint64_t start = now_ns();
  std::thread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    deliver("7-front.png", png(7));
  });
  stn_frame frame;
  const stn_result result = camera.grab(STN_VIEW_FRONT, 7, picture_, start, &frame);
  late.join();
  EXPECT_EQ(result.code, STN_OK);
  EXPECT_EQ(picture_.rgb, specimen(7, Side::front).rgb);
  EXPECT_GE(frame.exposure_start_ns, start + 190'000'000) << "exposed when it was seen";
  EXPECT_LT(now_ns() - start, 3'000'000'000u);
}

TEST_F(FolderCamera, NeverServesAnotherCardsPhotograph) {
  deliver("1-front.png", png(1));
  Device camera = open();
  EXPECT_EQ(camera.grab(STN_VIEW_FRONT, 2, picture_).code, STN_E_TIMEOUT);
  EXPECT_EQ(camera.grab(STN_VIEW_BACK, 1, picture_).code, STN_E_TIMEOUT);
  EXPECT_TRUE(picture_.rgb.empty());
}

TEST_F(FolderCamera, WithoutANumberEachPhotographIsServedOnceLowestFirst) {
  deliver("10-front.png", png(10));
  deliver("9-front.png", png(9));
  deliver("x-front.png", png(1));
  deliver("9-front.txt", "no photograph");
  Device camera = open();
  ASSERT_EQ(camera.grab(STN_VIEW_FRONT, 0, picture_).code, STN_OK);
  EXPECT_EQ(picture_.rgb, specimen(9, Side::front).rgb);
  ASSERT_EQ(camera.grab(STN_VIEW_FRONT, 0, picture_).code, STN_OK);
  EXPECT_EQ(picture_.rgb, specimen(10, Side::front).rgb);
  EXPECT_EQ(camera.grab(STN_VIEW_FRONT, 0, picture_).code, STN_E_TIMEOUT);
}

TEST_F(FolderCamera, AFileThatIsNotWholeIsRefusedByName) {
  const std::string whole_png = png(1), whole_jpeg = jpeg(1);
  deliver("1-front.png", whole_png.substr(0, whole_png.size() / 2));
  deliver("2-front.jpg", whole_jpeg.substr(0, whole_jpeg.size() / 2));
  deliver("3-front.png", "no picture at all");
  deliver("4-front.jpg", "");
  deliver("5-front.png", std::string(20'000'001, 'x'));
  Device camera = open();
  for (const std::uint64_t n : {1, 2, 3, 4, 5}) {
    const stn_result result = camera.grab(STN_VIEW_FRONT, n, picture_);
    EXPECT_EQ(result.code, STN_E_BAD_INPUT) << n;
    EXPECT_EQ(std::string(result.message).find(std::to_string(n) + "-front."), 0u) << result.message;
  }
}

TEST_F(FolderCamera, APictureOfTooManyPixelsIsRefusedBeforeItTakesMemory) {
  // The header of a 100 megapixel PNG; nothing behind it is ever asked for.
  const std::string small = png(1);
  std::string large = small;
  for (const std::size_t at : {std::size_t{16}, std::size_t{20}})
    large.replace(at, 4, std::string("\x00\x00\x27\x10", 4));
  deliver("1-front.png", large);
  deliver("2-front.png", small);
  {
    Device camera = open();
    EXPECT_EQ(camera.grab(STN_VIEW_FRONT, 1, picture_).code, STN_E_BAD_INPUT);
    EXPECT_EQ(camera.grab(STN_VIEW_FRONT, 2, picture_).code, STN_OK);
  }
  const auto wide = sim::encode_png(Picture(2000, 1000, 90).view(), 100);
  deliver("3-front.png", {wide.begin(), wide.end()});
  Device camera = open("150", {{"max-megapixels", "1"}});
  EXPECT_EQ(camera.grab(STN_VIEW_FRONT, 3, picture_).code, STN_E_BAD_INPUT);
}

TEST_F(FolderCamera, StopsWaitingWhenCancelled) {
  Device camera = open("20000");
  const std::uint64_t start = now_ns();
  std::thread canceller([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    TestHost::instance().cancel = true;
  });
  EXPECT_EQ(camera.grab(STN_VIEW_FRONT, 1, picture_).code, STN_E_CANCELLED);
  canceller.join();
  TestHost::instance().cancel = false;
  EXPECT_LT(now_ns() - start, 2'000'000'000u);
}

}  // namespace
