// SPDX-License-Identifier: Apache-2.0
// A camera of this machine: exposes fifteen pictures a second into a mapped file, from which v4l_preload
// hands them out. It sees what sim-camera sees of a world, or draws the time of each exposure.
//
//   v4l_camera_peer WORLD FRAMES CONTROL [--marks] [--setting KEY=VALUE]...
//
// Prints "ready". CONTROL is a file of one line, read before each picture:
//   (empty)   nothing is wrong
//   stall     no picture comes any more
//   late MS   each picture comes so long after its exposure, with the time stamp of its exposure
//   freeze    the same picture again and again, with new time stamps
//   garbage   the picture is random bytes
//   cut       half of the JPEG is missing
//   empty     a picture of no bytes
//   no-stamp  the time stamp is 0
//   ahead MS  the time stamp is of later
//   gone      unplugged
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/mman.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "models/stream/frame_ring.hpp"
#include "models/stream/scene.hpp"
#include "models/stream/time_mark.hpp"

namespace {

using namespace ktp::model;
using namespace std::chrono;
using Bytes = std::vector<std::uint8_t>;

std::uint64_t now_us() {
  return static_cast<std::uint64_t>(
      duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

Bytes jpeg_of(const sim::Picture& picture) {
  constexpr int kQuality = 92;
  const std::unique_ptr<void, int (*)(tjhandle)> coder(tjInitCompress(), tjDestroy);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  if (tjCompress2(coder.get(), picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, &out, &size,
                  TJSAMP_422, kQuality, 0) != 0)
    return {};
  Bytes bytes(out, out + size);
  tjFree(out);
  return bytes;
}

/// BT.601, as cameras of this kind send.
Bytes yuyv_of(const sim::Picture& picture) {
  Bytes bytes;
  bytes.reserve(picture.rgb.size() / 3 * 2);
  for (std::size_t i = 0; i + 5 < picture.rgb.size(); i += 6) {
    const auto* const p = &picture.rgb[i];
    const auto luma = [](const std::uint8_t* q) {
      return 16 + (65.738 * q[0] + 129.057 * q[1] + 25.064 * q[2]) / 256;
    };
    const double r = (p[0] + p[3]) / 2.0, g = (p[1] + p[4]) / 2.0, b = (p[2] + p[5]) / 2.0;
    for (const double value : {luma(p), 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256, luma(p + 3),
                               128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256})
      bytes.push_back(static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)));
  }
  return bytes;
}

struct Exposed {
  std::uint64_t us = 0;
  Bytes bytes;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  drivers_test::SettingsMap settings{{"seed", "1"}, {"world", argv[1]}, {"width", "1400"}, {"height", "960"}};
  bool marks = false;
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--marks") {
      marks = true;
      continue;
    }
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (word != "--setting" || value.find('=') == std::string::npos) return 64;
    settings[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
  }
  const int fd = ::open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(FrameRing)) != 0) return 1;
  void* const at = ::mmap(nullptr, sizeof(FrameRing), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return 1;
  auto& ring = *static_cast<FrameRing*>(at);
  ring.exposure = 156;
  std::unique_ptr<Scene> scene;
  if (!marks) scene = std::make_unique<Scene>(settings, 1400, 960);
  std::puts("ready");
  std::fflush(stdout);

  std::mt19937 random(1);
  std::deque<Exposed> kept;
  Exposed last;
  std::uint64_t drawn = 0;
  std::uint32_t shape = 0;
  for (auto next = steady_clock::now();; std::this_thread::sleep_until(next += milliseconds(66))) {
    std::ifstream in(argv[3]);
    std::string word;
    std::uint64_t ms = 0;
    in >> word >> ms;
    ring.gone = word == "gone" ? 1 : 0;
    const std::uint32_t format = ring.format, width = ring.width, height = ring.height;
    if (format == 0 || word == "stall" || word == "gone") continue;
    Exposed now{now_us(), {}};
    if (word == "freeze" && !last.bytes.empty()) {
      now.bytes = last.bytes;
    } else {
      sim::Picture picture;
      std::uint64_t seen = drawn + 1;
      if (marks || width != 1400) {
        picture.width = static_cast<int>(width);
        picture.height = static_cast<int>(height);
        picture.rgb.assign(std::size_t{width} * height * 3,
                           static_cast<std::uint8_t>(std::min(255, 52 * ring.exposure / 156)));
        draw_mark(picture.rgb.data(), static_cast<int>(width), now.us / 1'000);
      } else {
        picture = scene->look(0, seen);
      }
      const bool same = seen == drawn && shape == format + width && !last.bytes.empty();
      now.bytes = same ? last.bytes : format == V4L2_PIX_FMT_YUYV ? yuyv_of(picture) : jpeg_of(picture);
      drawn = seen;
      shape = format + width;
      last = now;
    }
    if (word == "garbage")
      for (auto& byte : now.bytes) byte = static_cast<std::uint8_t>(random());
    if (word == "cut") now.bytes.resize(now.bytes.size() / 2);
    if (word == "empty") now.bytes.clear();
    kept.push_back(std::move(now));
    while (!kept.empty() && now_us() >= kept.front().us + (word == "late" ? ms * 1'000 : 0)) {
      const Exposed one = std::move(kept.front());
      kept.pop_front();
      const std::uint64_t number = ring.written + 1;
      FrameRing::Frame& frame = ring.frames[number % FrameRing::kFrames];
      frame.number = 0;
      frame.stamp_us = word == "no-stamp" ? 0 : one.us + (word == "ahead" ? ms * 1'000 : 0);
      frame.bytes = static_cast<std::uint32_t>(std::min<std::size_t>(one.bytes.size(), FrameRing::kBytes));
      std::memcpy(frame.data, one.bytes.data(), frame.bytes);
      frame.number = number;
      ring.written = number;
    }
  }
}
