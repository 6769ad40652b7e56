// SPDX-License-Identifier: Apache-2.0
#include "drivers/plugin_host.hpp"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace drivers_test {
namespace {

constexpr std::uint64_t kOp = 7;

stn_result empty_result() {
  stn_result result{};
  result.size = sizeof result;
  return result;
}

stn_raster raster(const sim::Picture& picture, int dpi) {
  return {picture.rgb.data(), static_cast<std::uint32_t>(picture.width),
          static_cast<std::uint32_t>(picture.height), static_cast<std::uint32_t>(picture.view().stride),
          static_cast<std::uint32_t>(dpi)};
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "drivers-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

TestHost& TestHost::instance() {
  static TestHost host;
  return host;
}

TestHost::TestHost() {
  host_.size = sizeof host_;
  host_.abi = STN_ABI_MAJOR << 16 | STN_ABI_MINOR;
  host_.ctx = this;
  host_.get_extension = [](const stn_host*, const char*) -> const void* { return nullptr; };
  host_.log = [](const stn_host* host, std::uint32_t, const char* text) {
    auto* self = static_cast<TestHost*>(host->ctx);
    const std::lock_guard lock(self->mutex_);
    self->log_.emplace_back(text);
  };
  host_.post = [](const stn_host* host, const stn_event* event) {
    auto* self = static_cast<TestHost*>(host->ctx);
    const std::lock_guard lock(self->mutex_);
    self->events_.push_back({event->kind, event->a, event->b, event->text, event->detail});
  };
  host_.cancelled = [](const stn_host* host, std::uint64_t) -> std::uint32_t {
    return static_cast<TestHost*>(host->ctx)->cancel ? 1 : 0;
  };
  host_.now_ns = [](const stn_host*) { return drivers_test::now_ns(); };
  host_.sleep_ns = [](const stn_host* host, std::uint64_t, std::uint64_t ns) {
    const std::uint64_t end = drivers_test::now_ns() + ns;
    while (drivers_test::now_ns() < end && !static_cast<TestHost*>(host->ctx)->cancel)
      std::this_thread::sleep_for(
          std::chrono::nanoseconds(std::min<std::uint64_t>(end - drivers_test::now_ns(), 5'000'000)));
  };
}

std::vector<TestHost::Posted> TestHost::take_events() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::vector<std::string> TestHost::take_log() {
  const std::lock_guard lock(mutex_);
  return std::exchange(log_, {});
}

const stn_driver& load_driver(const std::string& plugin) {
  const std::string file = std::string(KTP_PLUGIN_DIR) + "/" + plugin + ".so";
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // stays: plugins are never unloaded
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto* module = static_cast<const stn_module*>(dlsym(library, "station_module"));
  if (module == nullptr) throw std::runtime_error("no station_module in " + file);
  if (module->init(TestHost::instance().abi(), KTP_PLUGIN_DIR) != STN_OK)
    throw std::runtime_error("init failed");
  return *module->driver_at(0);
}

Device::Device(const std::string& plugin, const SettingsMap& settings) : driver_(&load_driver(plugin)) {
  SettingsMap all;
  const auto* config = static_cast<const stn_config_v1*>(driver_->get_extension(STN_EXT_CONFIG));
  for (std::uint32_t i = 0; i < config->n_options; ++i)
    if (config->options[i].default_value != nullptr)
      all[config->options[i].key] = config->options[i].default_value;
  for (const auto& [key, value] : settings) {
    bool declared = false;
    for (std::uint32_t i = 0; i < config->n_options; ++i)
      declared = declared || config->options[i].key == key;
    if (!declared) throw std::invalid_argument("undeclared setting " + key);
    all[key] = value;
  }
  std::vector<stn_setting> table;
  for (const auto& [key, value] : all) table.push_back({key.c_str(), value.c_str()});
  const stn_open_args args{sizeof args, static_cast<std::uint32_t>(table.size()), table.data(), "", 0};
  stn_result result = empty_result();
  if (driver_->open(TestHost::instance().abi(), &args, &device_, &result) != STN_OK) throw OpenFailed{result};
}

Device::~Device() {
  if (device_ != nullptr) driver_->close(device_);
}

const stn_printer_v1& Device::printer() const {
  return *static_cast<const stn_printer_v1*>(driver_->get_extension(STN_EXT_PRINTER));
}

const stn_camera_v1& Device::camera() const {
  return *static_cast<const stn_camera_v1*>(driver_->get_extension(STN_EXT_CAMERA));
}

stn_result Device::status() {
  stn_result result = empty_result();
  driver_->status(device_, &result);
  return result;
}

stn_result Device::print(const std::string& token, const sim::Picture& front, const sim::Picture* back,
                         int dpi) {
  stn_print_job job{};
  job.size = sizeof job;
  job.token = token.c_str();
  job.front = raster(front, dpi);
  if (back != nullptr) job.back = raster(*back, dpi);
  stn_result result = empty_result();
  printer().print(device_, kOp, &job, &result);
  return result;
}

stn_result Device::to_camera(const std::string& token) {
  stn_result result = empty_result();
  printer().to_camera(device_, kOp, token.c_str(), &result);
  return result;
}

stn_result Device::route(const std::string& token, const std::string& bin) {
  stn_result result = empty_result();
  printer().route(device_, kOp, token.c_str(), bin.c_str(), &result);
  return result;
}

stn_result Device::lookup(const std::string& token, stn_card& card) {
  card = {};
  card.size = sizeof card;
  stn_result result = empty_result();
  printer().lookup(device_, token.c_str(), &card, &result);
  return result;
}

std::uint64_t Device::counter() {
  std::uint64_t cards = 0;
  stn_result result = empty_result();
  printer().counter(device_, &cards, &result);
  return cards;
}

stn_result Device::grab(std::uint32_t view, std::uint64_t card_number, sim::Picture& picture,
                        std::uint64_t not_before_ns, stn_frame* frame) {
  std::vector<std::uint8_t> slot(camera().max_frame_bytes);
  const stn_grab_request request{sizeof request, view, card_number, not_before_ns, slot.data(), slot.size()};
  stn_frame got{};
  got.size = sizeof got;
  stn_result result = empty_result();
  camera().grab(device_, kOp, &request, &got, &result);
  picture = {};
  if (result.code == STN_OK)
    picture = sim::Picture(
        sim::View{slot.data(), static_cast<int>(got.width), static_cast<int>(got.height), got.stride});
  if (frame != nullptr) *frame = got;
  return result;
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace drivers_test
