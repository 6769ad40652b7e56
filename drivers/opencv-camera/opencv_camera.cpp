// SPDX-License-Identifier: Apache-2.0
#include "opencv-camera/opencv_camera.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include "card-camera/two_eyes.hpp"
#include "opencv-camera/network.hpp"
#include "opencv-camera/webcam.hpp"

namespace opencv_camera {

using station::Failure;
using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;

Setting read(const station::Settings& settings) {
  const auto ns = [&](const char* key) { return static_cast<std::uint64_t>(settings.integer(key)) * kMs; };
  Setting setting;
  setting.open_ns = ns("open-ms");
  setting.silent_ns = ns("silent-ms");
  setting.margin_ns = ns("margin-ms");
  setting.warm_up = static_cast<int>(settings.integer("warm-up-frames"));
  setting.format = settings.text("format");
  setting.width = static_cast<int>(settings.integer("width"));
  setting.height = static_cast<int>(settings.integer("height"));
  setting.fps = static_cast<int>(settings.integer("fps"));
  if ((setting.width == 0) != (setting.height == 0))
    throw Failure(STN_E_BAD_INPUT, "settings width and height: either both or none");
  for (const char* name : {"exposure", "gain", "focus", "white-balance"})
    if (const double value = settings.number(name); value >= 0) setting.controls.push_back({name, value});
  return setting;
}

}  // namespace

OpencvCamera::OpencvCamera(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host),
      frame_ns_(static_cast<std::uint64_t>(settings.integer("frame-ms") + settings.integer("margin-ms")) *
                kMs) {
  const Setting setting = read(settings);
  std::array<std::string, 2> places;
  for (std::size_t side = 0; side < 2; ++side) {
    const std::string word = side == 0 ? "front" : "back";
    const std::string device = settings.text(word + "-device"), url = settings.text(word + "-url");
    if (!device.empty() && !url.empty())
      throw Failure(STN_E_BAD_INPUT, "settings " + word + "-device and " + word + "-url: only one of them");
    if (side == 0 && device.empty() && url.empty())
      throw Failure(STN_E_BAD_INPUT,
                    "settings front-device and front-url are empty; one of them must name a camera");
    places[side] = device + url;
    if (places[side].empty()) continue;
    if (side == 1 && places[0] == places[1])
      throw Failure(STN_E_BAD_INPUT, "front and back are the same camera");
    Eye::Open open = [&host, device, url, setting]() -> std::unique_ptr<Source> {
      return url.empty() ? open_webcam(host, device, setting) : open_network(host, url, setting);
    };
    eyes_[side] = std::make_unique<Eye>(host, device + without_account(url), std::move(open), setting);
  }
  const std::uint64_t give_up = host_.now() + 2 * setting.open_ns;
  for (const auto& eye : eyes_)
    if (eye) eye->wait_for_first(give_up);
  host_.state(STN_STATE_IDLE);
}

std::uint32_t OpencvCamera::caps() const {
  return card_camera::views_of(eyes_);
}

std::uint64_t OpencvCamera::max_frame_bytes() const {
  return card_camera::largest_picture(
      eyes_, [](const Eye& eye) { return eye.width(); }, [](const Eye& eye) { return eye.height(); });
}

Report OpencvCamera::status() {
  for (const auto& eye : eyes_)
    if (eye)
      if (const std::string lost = eye->lost(); !lost.empty()) return Report::refused(STN_E_REMOVED, lost);
  host_.state(STN_STATE_IDLE);
  return Report::done();
}

Report OpencvCamera::grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) {
  if (request.view > STN_VIEW_BACK) return Report::refused(STN_E_BAD_INPUT, "no such view");
  Eye* const eye = eyes_[request.view].get();
  if (eye == nullptr) return Report::refused(STN_E_UNSUPPORTED, "no camera sees the back");
  const std::uint64_t bytes = std::uint64_t{eye->width()} * eye->height() * 3;
  if (request.pixels == nullptr || request.capacity < bytes)
    return Report::refused(STN_E_BAD_INPUT, "the slot is too small for a picture");
  // No picture from before this call, whatever the station has been content with.
  const std::uint64_t not_before = std::max(request.not_before_ns, host_.now());
  Picture picture;
  std::uint64_t begun = 0;
  Report report = eye->look(op, not_before, frame_ns_ + (not_before - host_.now()), picture, begun);
  if (report.code() != STN_OK) return report;
  const std::uint64_t hash =
      std::hash<std::string_view>{}({reinterpret_cast<const char*>(picture.rgb.data()), picture.rgb.size()});
  Given& given = given_[request.view];
  if (given.hash == hash && given.card != 0 && request.card_number != 0 &&
      given.card != request.card_number) {
    eye->restart();
    return Report::refused(STN_E_PROTOCOL, "camera " + eye->name() +
                                               " is frozen: its picture of this card is the one "
                                               "before in every bit; it is opened anew")
        .action(STN_ACT_RETRY_NOW);
  }
  given = {request.card_number, hash};
  std::memcpy(request.pixels, picture.rgb.data(), bytes);
  frame.status = STN_FRAME_OK;
  frame.width = eye->width();
  frame.height = eye->height();
  frame.stride = frame.width * 3;
  frame.seq = ++seq_;
  frame.exposure_start_ns = begun;
  frame.bytes_used = bytes;
  return report;
}

}  // namespace opencv_camera
