// SPDX-License-Identifier: Apache-2.0
#include "gphoto2/gphoto2_camera.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "card-camera/two_eyes.hpp"

namespace gphoto2 {

using station::Failure;
using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;

/// What a call leaves behind, owned by itself: nobody may wait for it any more when it ends.
struct Taken {
  sim::Picture picture;
  std::uint64_t released_ns = 0;
  std::string wrong;
};

}  // namespace

Gphoto2Camera::Gphoto2Camera(station::Host& host, const station::Settings& settings, std::string_view)
    : host_(host), frame_ns_(static_cast<std::uint64_t>(settings.integer("frame-ms")) * kMs) {
  std::vector<Wish> wishes;
  if (const std::string wrong = read_wishes(settings.text("set"), wishes); !wrong.empty())
    throw Failure(STN_E_BAD_INPUT, "setting set: " + wrong);
  const std::string front = settings.text("front"), back = settings.text("back");
  if (front.empty()) throw Failure(STN_E_BAD_INPUT, "setting front is empty; it must be an IP address");
  if (front == back) throw Failure(STN_E_BAD_INPUT, "settings front and back name the same camera");
  // libgphoto2 keeps there by what it makes itself known to a camera. Without a folder it is another each
  // time.
  ::setenv("HOME", settings.text("account").empty() ? "/nonexistent" : settings.text("account").c_str(), 1);
  const std::uint64_t give_up =
      host_.now() + 2 * static_cast<std::uint64_t>(settings.integer("open-ms")) * kMs;
  for (std::size_t side = 0; side < 2; ++side) {
    const std::string& address = side == 0 ? front : back;
    if (address.empty()) continue;
    eyes_[side] = std::make_unique<Eye>();
    eyes_[side]->name = address;
    open(*eyes_[side], wishes, give_up);
  }
  host_.state(STN_STATE_IDLE);
}

Gphoto2Camera::~Gphoto2Camera() {
  // Saying goodbye to a camera that does not answer takes as long as its library likes.
  for (const auto& eye : eyes_)
    if (eye && eye->helper)
      eye->helper->run(host_, nullptr, host_.now() + 1'000 * kMs,
                       [still = std::move(eye->still)]() mutable { still.reset(); });
}

void Gphoto2Camera::open(Eye& eye, const std::vector<Wish>& wishes, std::uint64_t give_up_ns) {
  eye.helper = std::make_unique<Helper>();
  const auto opened = std::make_shared<std::shared_ptr<Still>>();
  const auto first = std::make_shared<Taken>();
  const bool ended =
      eye.helper->run(host_, nullptr, give_up_ns, [&host = host_, name = eye.name, wishes, opened, first] {
        auto still = std::make_shared<Still>(host, name, wishes);
        first->wrong = still->photograph(first->picture, first->released_ns);
        *opened = std::move(still);
      });
  if (!ended) throw Failure(STN_E_REMOVED, "camera " + eye.name + " does not answer in time");
  if (!first->wrong.empty())
    throw Failure(STN_E_PROTOCOL,
                  "camera " + eye.name + ": its first picture cannot be used: " + first->wrong);
  eye.still = *opened;
  eye.width = first->picture.width;
  eye.height = first->picture.height;
}

std::uint32_t Gphoto2Camera::caps() const {
  return card_camera::views_of(eyes_);
}

std::uint64_t Gphoto2Camera::max_frame_bytes() const {
  return card_camera::largest_picture(
      eyes_, [](const Eye& eye) { return eye.width; }, [](const Eye& eye) { return eye.height; });
}

Report Gphoto2Camera::status() {
  for (const auto& eye : eyes_)
    if (eye && !eye->lost.empty()) return Report::refused(STN_E_REMOVED, eye->lost);
  host_.state(STN_STATE_IDLE);
  return Report::done();
}

Report Gphoto2Camera::grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) {
  if (request.view > STN_VIEW_BACK) return Report::refused(STN_E_BAD_INPUT, "no such view");
  Eye* const eye = eyes_[request.view].get();
  if (eye == nullptr)
    return Report::refused(STN_E_UNSUPPORTED, "no camera sees the back: setting back is empty");
  const std::uint64_t bytes =
      static_cast<std::uint64_t>(eye->width) * static_cast<std::uint64_t>(eye->height) * 3;
  if (request.pixels == nullptr || request.capacity < bytes)
    return Report::refused(STN_E_BAD_INPUT, "the slot is too small for a picture");
  if (!eye->lost.empty()) return Report::refused(STN_E_REMOVED, eye->lost);
  while (host_.now() < request.not_before_ns && !op.cancelled())
    host_.sleep(op.id(), std::min<std::uint64_t>(request.not_before_ns - host_.now(), 50 * kMs));
  if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled");

  const auto taken = std::make_shared<Taken>();
  try {
    const bool ended = eye->helper->run(host_, &op, host_.now() + frame_ns_, [still = eye->still, taken] {
      taken->wrong = still->photograph(taken->picture, taken->released_ns);
    });
    if (!ended) {
      // Released, and nobody knows whether its picture still comes: only a new connection tells them apart.
      eye->lost =
          "camera " + eye->name + " gives no picture within " + std::to_string(frame_ns_ / kMs) + " ms";
      if (op.cancelled()) return Report::refused(STN_E_CANCELLED, "cancelled");
      return Report::refused(STN_E_REMOVED, eye->lost);
    }
  } catch (const Failure& failure) {
    if (failure.report().code() == STN_E_REMOVED) eye->lost = failure.what();
    return failure.report();
  }
  const auto refused = [&](const std::string& why) {
    return Report::refused(STN_E_PROTOCOL, "camera " + eye->name + ": a picture is refused, " + why)
        .action(STN_ACT_RETRY_NOW);
  };
  if (!taken->wrong.empty()) return refused(taken->wrong);
  const sim::Picture& picture = taken->picture;
  if (picture.width != eye->width || picture.height != eye->height)
    return refused("it is of " + std::to_string(picture.width) + " x " + std::to_string(picture.height) +
                   " pixels, not " + std::to_string(eye->width) + " x " + std::to_string(eye->height));
  // Two cards never look alike in every bit.
  const std::uint64_t hash =
      std::hash<std::string_view>{}({reinterpret_cast<const char*>(picture.rgb.data()), picture.rgb.size()});
  if (hash == eye->last_hash && eye->last_card != 0 && request.card_number != 0 &&
      eye->last_card != request.card_number)
    return refused("it is that of the card before in every bit: the camera is frozen");
  eye->last_hash = hash;
  eye->last_card = request.card_number;
  std::memcpy(request.pixels, picture.rgb.data(), bytes);
  frame.status = STN_FRAME_OK;
  frame.width = static_cast<std::uint32_t>(picture.width);
  frame.height = static_cast<std::uint32_t>(picture.height);
  frame.stride = frame.width * 3;
  frame.seq = ++seq_;
  frame.exposure_start_ns = taken->released_ns;
  frame.bytes_used = bytes;
  return Report::done(STN_AT_CAMERA);
}

}  // namespace gphoto2
