// SPDX-License-Identifier: Apache-2.0
// GigE Vision cameras over one card: real GVCP and GVSP over UDP (Aravis's fake camera), one for each
// address. What they see is what sim-camera sees of the world, brighter or darker as they are told to expose.
//
//   gige_camera_peer WORLD FRONT-ADDRESS [BACK-ADDRESS] [--lost RATIO] [--setting KEY=VALUE]... [--size WxH]
//   [--alternate]
//
// --alternate: each of five pictures of the empty table is of another brightness, so that parts of an older
// one show, whatever buffer it lay in. Without a card at the camera they see an empty table. Prints "ready".
// SIGUSR1: from now on the share RATIO of all packets is lost; SIGUSR2: none is. SIGTERM ends it; it then
// prints how many pictures it has sent.
#include <arv.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "drivers/plugin_host.hpp"

namespace {

constexpr std::uint8_t kTable = 52;
constexpr double kNominalUs = 10'000;

volatile std::sig_atomic_t lossy = 0, over = 0;
std::atomic<int> pictures{0};

struct Scene {
  std::mutex mutex;  // the cameras' threads take turns
  drivers_test::Device camera;
  int width, height;
  bool alternate = false;
  Scene(const drivers_test::SettingsMap& settings, int w, int h)
      : camera("sim-camera", settings), width(w), height(h) {}
};

struct View {
  Scene* scene;
  std::uint32_t side;
};

void fill(ArvBuffer* buffer, void* user, guint32 exposure_us, guint32 gain, ArvPixelFormat format) {
  const View& view = *static_cast<View*>(user);
  size_t unused = 0;
  auto* const to = static_cast<std::uint8_t*>(const_cast<void*>(arv_buffer_get_data(buffer, &unused)));
  gint x = 0, y = 0, width = 0, height = 0;
  arv_buffer_get_image_region(buffer, &x, &y, &width, &height);
  const bool colour = format == ARV_PIXEL_FORMAT_RGB_8_PACKED;
  const double light = exposure_us / kNominalUs * (1.0 + gain);
  ++pictures;
  sim::Picture seen;
  {
    const std::lock_guard lock(view.scene->mutex);
    view.scene->camera.grab(view.side, 0, seen, drivers_test::now_ns());
  }
  const double table = view.scene->alternate ? (1.0 + pictures % 5) * 40 : kTable;
  const auto at = [&](int row, int column, int channel) -> double {
    if (seen.rgb.empty() || row >= seen.height || column >= seen.width) return table;
    return seen.rgb[(static_cast<std::size_t>(row) * static_cast<std::size_t>(seen.width) +
                     static_cast<std::size_t>(column)) *
                        3 +
                    static_cast<std::size_t>(channel)];
  };
  std::array<std::uint8_t, 256> exposed{};
  for (std::size_t i = 0; i < exposed.size(); ++i)
    exposed[i] = static_cast<std::uint8_t>(std::min(255.0, static_cast<double>(i) * light + 0.5));
  std::uint8_t* out = to;
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      if (colour) {
        for (int c = 0; c < 3; ++c) *out++ = exposed[static_cast<std::uint8_t>(at(y + row, x + column, c))];
      } else {
        const double grey = 0.299 * at(y + row, x + column, 0) + 0.587 * at(y + row, x + column, 1) +
                            0.114 * at(y + row, x + column, 2);
        *out++ = exposed[static_cast<std::uint8_t>(grey)];
      }
    }
}

void set(ArvFakeCamera* camera, guint32 address, int value) {
  arv_fake_camera_write_register(camera, address, static_cast<guint32>(value));
}

int usage() {
  std::fputs("gige_camera_peer WORLD FRONT [BACK] [--lost RATIO] [--setting KEY=VALUE]... [--size WxH]\n",
             stderr);
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> places;
  drivers_test::SettingsMap settings{{"seed", "1"}};
  double lost = 0.001;
  int width = 1400, height = 960;
  bool alternate = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--alternate") {
      alternate = true;
      continue;
    }
    const std::string value = word.starts_with("--") && i + 1 < argc ? argv[++i] : "";
    if (word == "--lost") {
      lost = std::atof(value.c_str());
    } else if (word == "--setting" && value.find('=') != std::string::npos) {
      settings[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
    } else if (word == "--size" && std::sscanf(value.c_str(), "%dx%d", &width, &height) == 2) {
      continue;
    } else if (!word.starts_with("--")) {
      places.push_back(word);
    } else {
      return usage();
    }
  }
  if (places.size() < 2 || places.size() > 3) return usage();
  settings["world"] = places[0];
  settings["width"] = std::to_string(width);
  settings["height"] = std::to_string(height);
  std::signal(SIGUSR1, [](int) { lossy = 1; });
  std::signal(SIGUSR2, [](int) { lossy = 0; });
  std::signal(SIGTERM, [](int) { over = 1; });
  Scene scene(settings, width, height);
  scene.alternate = alternate;
  std::vector<View> views{{&scene, STN_VIEW_FRONT}, {&scene, STN_VIEW_BACK}};
  std::vector<ArvGvFakeCamera*> cameras;
  for (std::size_t i = 1; i < places.size(); ++i) {
    ArvGvFakeCamera* const camera =
        arv_gv_fake_camera_new_full(places[i].c_str(), ("KTP0" + std::to_string(i)).c_str(), nullptr);
    if (camera == nullptr || !arv_gv_fake_camera_is_running(camera)) {
      std::fprintf(stderr, "no camera at %s: the address is taken, or not this machine's\n",
                   places[i].c_str());
      return 1;
    }
    ArvFakeCamera* const fake = arv_gv_fake_camera_get_fake_camera(camera);
    arv_fake_camera_set_fill_pattern(fake, fill, &views[i - 1]);
    set(fake, ARV_FAKE_CAMERA_REGISTER_SENSOR_WIDTH, width);
    set(fake, ARV_FAKE_CAMERA_REGISTER_SENSOR_HEIGHT, height);
    set(fake, ARV_FAKE_CAMERA_REGISTER_WIDTH, width);
    set(fake, ARV_FAKE_CAMERA_REGISTER_HEIGHT, height);
    arv_fake_camera_set_trigger_frequency(fake, 500);
    cameras.push_back(camera);
  }
  std::puts("ready");
  std::fflush(stdout);
  for (int was = -1; over == 0; g_usleep(10'000)) {
    if (lossy == was) continue;
    was = lossy;
    for (ArvGvFakeCamera* camera : cameras)
      g_object_set(camera, "gvsp-lost-ratio", was != 0 ? lost : 0.0, nullptr);
  }
  std::printf("sent %d\n", pictures.load());
  std::fflush(stdout);
  std::_Exit(0);  // the cameras' threads end with it, as a camera's do when its plug is pulled
}
