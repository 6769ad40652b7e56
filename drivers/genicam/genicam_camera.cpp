// SPDX-License-Identifier: Apache-2.0
#include "genicam/genicam_camera.hpp"

#include <algorithm>

#include "card-camera/two_eyes.hpp"

namespace genicam {

using station::Failure;
using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;

Setting read(const station::Settings& settings) {
  Setting setting;
  setting.pixel_format = settings.text("pixel-format");
  setting.width = static_cast<int>(settings.integer("width"));
  setting.height = static_cast<int>(settings.integer("height"));
  setting.exposure_us = settings.number("exposure-us");
  setting.gain = settings.number("gain");
  setting.packet_bytes = static_cast<int>(settings.integer("packet-size"));
  setting.packet_delay_ns = settings.integer("packet-delay-us") * 1'000;
  setting.socket_bytes = static_cast<int>(settings.integer("socket-mib")) << 20;
  setting.frame_ms = static_cast<std::uint64_t>(settings.integer("frame-ms"));
  setting.control_ms = static_cast<std::uint64_t>(settings.integer("control-wait-ms"));
  setting.tries = static_cast<int>(settings.integer("tries"));
  if (setting.packet_bytes != 0 && setting.packet_bytes < 576)
    throw Failure(STN_E_BAD_INPUT, "setting packet-size is " + std::to_string(setting.packet_bytes) +
                                       ", allowed are 0 and 576 to 16000");
  return setting;
}

}  // namespace

GenicamCamera::GenicamCamera(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host) {
  const Setting setting = read(settings);
  const std::string front = settings.text("front"), back = settings.text("back");
  if (front.empty()) throw Failure(STN_E_BAD_INPUT, "setting front is empty; it must be an IP address");
  if (front == back) throw Failure(STN_E_BAD_INPUT, "settings front and back name the same camera " + front);
  eyes_[0] = std::make_unique<Eye>(host, front, setting);
  if (!back.empty()) eyes_[1] = std::make_unique<Eye>(host, back, setting);
}

std::uint32_t GenicamCamera::caps() const {
  return card_camera::views_of(eyes_);
}

std::uint64_t GenicamCamera::max_frame_bytes() const {
  return card_camera::largest_picture(
      eyes_, [](const Eye& eye) { return eye.width(); }, [](const Eye& eye) { return eye.height(); });
}

Report GenicamCamera::status() {
  for (const auto& eye : eyes_)
    if (eye && eye->lost()) return Report::refused(STN_E_REMOVED, "camera " + eye->address() + " is gone");
  host_.state(STN_STATE_IDLE);
  return Report::done();
}

Report GenicamCamera::grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) {
  if (request.view > STN_VIEW_BACK) return Report::refused(STN_E_BAD_INPUT, "no such view");
  Eye* const eye = eyes_[request.view].get();
  if (eye == nullptr)
    return Report::refused(STN_E_UNSUPPORTED, "no camera sees the back: setting back is empty");
  const std::uint64_t bytes = std::uint64_t{eye->width()} * eye->height() * 3;
  if (request.pixels == nullptr || request.capacity < bytes)
    return Report::refused(STN_E_BAD_INPUT, "the slot is too small for a picture");
  while (host_.now() < request.not_before_ns && !op.cancelled())
    host_.sleep(op.id(), std::min<std::uint64_t>(request.not_before_ns - host_.now(), 50 * kMs));
  if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled");
  std::uint64_t triggered_ns = 0;
  Report report = eye->look(op, {request.pixels, bytes}, triggered_ns);
  if (report.code() != STN_OK) return report;
  frame.status = STN_FRAME_OK;
  frame.width = eye->width();
  frame.height = eye->height();
  frame.stride = frame.width * 3;
  frame.seq = ++seq_;
  frame.exposure_start_ns = triggered_ns;
  frame.bytes_used = bytes;
  return report;
}

}  // namespace genicam
