// SPDX-License-Identifier: Apache-2.0
#include <station/abi.h>

#include <cstring>

#include "devices/worker.hpp"

namespace ktp::devices {
namespace {

/// The one copy out of shared memory; whatever the driver writes there later changes nothing any more.
Image copy_out(const wire::RawFrame& frame, std::span<const std::uint8_t> slot) {
  Image image;
  image.width = static_cast<int>(frame.width);
  image.height = static_cast<int>(frame.height);
  image.channels = 3;
  const std::size_t row = image.stride();
  if (frame.stride == row) {
    image.pixels.assign(slot.begin(), slot.begin() + static_cast<std::ptrdiff_t>(row * frame.height));
  } else {
    image.pixels.reserve(row * frame.height);
    for (std::size_t y = 0; y < frame.height; ++y) {
      const auto from = slot.subspan(y * frame.stride, row);
      image.pixels.insert(image.pixels.end(), from.begin(), from.end());
    }
  }
  return image;
}

/// A driver may say OK and deliver a frame that is none yet; that is no lie, but no picture either.
void refuse_frame(CallResult& result, std::uint32_t status) {
  switch (status) {
    case STN_FRAME_STARTUP:
      result.code = STN_E_WARMING;
      result.action = Action::retry_later;
      break;
    case STN_FRAME_CANCELLED:
      result.code = STN_E_CANCELLED;
      result.action = Action::cancelled;
      break;
    default:
      result.code = STN_E_PROTOCOL;
      result.action = Action::retry_now;
      break;
  }
  if (result.message.empty()) result.message = "the camera delivered no whole frame";
}

}  // namespace

Result<std::unique_ptr<Camera>> Camera::open(DeviceConfig config, EventSink sink) {
  auto worker = std::make_unique<Worker>(std::move(config), std::move(sink), STN_KIND_CAMERA);
  if (auto started = worker->start(); !started) return std::unexpected(started.error());
  return std::unique_ptr<Camera>(new Camera(std::move(worker)));
}

Camera::Camera(std::unique_ptr<Worker> worker) : worker_(std::move(worker)) {}
Camera::~Camera() = default;

bool CallResult::no_card() const {
  return code == STN_E_NOT_FOUND && !worker_lost && violation.empty();
}

bool CallResult::no_picture_yet() const {
  return (code == STN_E_NOT_FOUND || code == STN_E_TIMEOUT) && !worker_lost && violation.empty();
}

CallResult Camera::grab(Side side, std::uint64_t card_number, std::uint64_t not_before_ns, Frame& frame) {
  frame = {};
  std::uint32_t slot = 0;
  const auto prepare = [&](CallResult&) -> std::optional<wire::Body> {
    slot = worker_->next_slot();
    return wire::Grab{side == Side::front ? STN_VIEW_FRONT : STN_VIEW_BACK, slot, card_number, not_before_ns};
  };
  const auto conclude = [&](CallResult& result, const wire::Done& done) {
    if (!result.ok()) return;
    const auto bytes = worker_->slot(slot);
    const std::string wrong =
        judge_frame(done.frame, {bytes.size(), not_before_ns, monotonic_ns(), worker_->last_frame_seq()});
    if (!wrong.empty()) {
      add_violation(result, Asked::grab, wrong);
    } else if (done.frame.status != STN_FRAME_OK) {
      refuse_frame(result, done.frame.status);
    } else {
      worker_->frame_taken(done.frame.seq);
      frame = {copy_out(done.frame, bytes), done.frame.seq, done.frame.exposure_start_ns};
    }
  };
  CallResult result = worker_->call({Asked::grab, worker_->config().grab_deadline, prepare, conclude});
  if (onlooker_ && (result.no_card() || (result.ok() && !frame.image.empty()))) onlooker_(side, frame.image);
  return result;
}

CallResult Camera::status(DeviceStatus& status) {
  CallResult result = worker_->call({Asked::status, worker_->config().status_deadline,
                                     [](CallResult&) { return std::optional<wire::Body>(wire::Status{}); }});
  status = worker_->last_status();
  return result;
}

void Camera::cancel() {
  worker_->cancel();
}
DeviceStatus Camera::last_status() const {
  return worker_->last_status();
}
const std::string& Camera::name() const {
  return worker_->config().name;
}
std::uint32_t Camera::caps() const {
  return worker_->caps();
}
bool Camera::sees_back() const {
  return (caps() & STN_CAP_VIEW_BACK) != 0;
}

}  // namespace ktp::devices
