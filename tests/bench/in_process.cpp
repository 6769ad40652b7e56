// SPDX-License-Identifier: Apache-2.0
#include "bench/in_process.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace ktp::bench {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "in process: %s\n", why.c_str());
  std::exit(70);
}

stn_raster raster(const Image& image, int dpi) {
  return {image.pixels.data(), static_cast<std::uint32_t>(image.width),
          static_cast<std::uint32_t>(image.height), static_cast<std::uint32_t>(image.stride()),
          static_cast<std::uint32_t>(dpi)};
}

}  // namespace

InProcess::InProcess(const std::filesystem::path& plugin, std::uint32_t kind,
                     const std::map<std::string, std::string>& settings) {
  library_ = ::dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) give_up(::dlerror());
  module_ = static_cast<const stn_module*>(::dlsym(library_, "station_module"));
  if (module_ == nullptr) give_up("no station_module");
  host_.size = sizeof host_;
  host_.abi = STN_ABI_MAJOR << 16 | STN_ABI_MINOR;
  host_.get_extension = [](const stn_host*, const char*) -> const void* { return nullptr; };
  host_.log = [](const stn_host*, std::uint32_t, const char*) {};
  host_.post = [](const stn_host*, const stn_event*) {};
  host_.cancelled = [](const stn_host*, std::uint64_t) -> std::uint32_t { return 0; };
  host_.now_ns = [](const stn_host*) -> std::uint64_t {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
  };
  host_.sleep_ns = [](const stn_host*, std::uint64_t, std::uint64_t ns) {
    const timespec wish{static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
    ::nanosleep(&wish, nullptr);
  };
  if (module_->init(&host_, plugin.parent_path().c_str()) != STN_OK) give_up("init failed");
  for (std::uint32_t i = 0; i < module_->driver_count() && driver_ == nullptr; ++i)
    if (module_->driver_at(i)->kind == kind) driver_ = module_->driver_at(i);
  if (driver_ == nullptr) give_up("no driver of that kind");

  std::vector<stn_setting> list;
  const auto* config = static_cast<const stn_config_v1*>(driver_->get_extension(STN_EXT_CONFIG));
  for (std::uint32_t i = 0; config != nullptr && i < config->n_options; ++i) {
    const stn_option& option = config->options[i];
    const auto given = settings.find(option.key);
    list.push_back({option.key, given != settings.end() ? given->second.c_str() : option.default_value});
  }
  const stn_open_args args{sizeof args, static_cast<std::uint32_t>(list.size()), list.data(), "", 0};
  result_.size = sizeof result_;
  expect_ok(driver_->open(&host_, &args, &dev_, &result_), "open");
  printer_ = static_cast<const stn_printer_v1*>(driver_->get_extension(STN_EXT_PRINTER));
  camera_ = static_cast<const stn_camera_v1*>(driver_->get_extension(STN_EXT_CAMERA));
}

InProcess::~InProcess() {
  driver_->close(dev_);
  module_->deinit();
}

void InProcess::expect_ok(std::int32_t code, const char* call) {
  if (code != STN_OK) give_up(std::string(call) + ": " + result_.message);
}

void InProcess::counter() {
  std::uint64_t cards = 0;
  expect_ok(printer_->counter(dev_, &cards, &result_), "counter");
}

void InProcess::print(const std::string& token, const Image& front, const Image& back, int dpi) {
  stn_print_job job{};
  job.size = sizeof job;
  job.token = token.c_str();
  job.front = raster(front, dpi);
  job.back = raster(back, dpi);
  expect_ok(printer_->print(dev_, ++op_, &job, &result_), "print");
}

void InProcess::grab(std::uint32_t view, Image& image) {
  const std::uint64_t now = host_.now_ns(&host_);
  const stn_grab_request request{sizeof request, view, 1, now, image.pixels.data(), image.pixels.size()};
  stn_frame frame{};
  frame.size = sizeof frame;
  expect_ok(camera_->grab(dev_, ++op_, &request, &frame, &result_), "grab");
}

}  // namespace ktp::bench
