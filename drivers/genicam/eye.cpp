// SPDX-License-Identifier: Apache-2.0
#include "genicam/eye.hpp"

#include <algorithm>
#include <cmath>

#include "genicam/pixels.hpp"

namespace genicam {

using station::Failure;
using station::Report;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr int kBuffers = 4;
constexpr std::uint64_t kStepUs = 50'000;  // between two looks at `cancelled`

/// The words of an error, which is let go.
std::string words(GError* error) {
  const std::string text = error->message;
  g_error_free(error);
  return text;
}

bool is_lost(const GError& error) {
  return g_error_matches(&error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_NOT_CONNECTED) ||
         g_error_matches(&error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_TIMEOUT) ||
         g_error_matches(&error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_TRANSFER_ERROR) ||
         g_error_matches(&error, ARV_DEVICE_ERROR, ARV_DEVICE_ERROR_NOT_FOUND);
}

std::string status_words(ArvBufferStatus status) {
  switch (status) {
    case ARV_BUFFER_STATUS_MISSING_PACKETS:
      return "packets of it are missing";
    case ARV_BUFFER_STATUS_TIMEOUT:
      return "it did not come to its end in time";
    case ARV_BUFFER_STATUS_WRONG_PACKET_ID:
      return "its packets are out of order";
    case ARV_BUFFER_STATUS_SIZE_MISMATCH:
      return "it has another size than the camera said";
    default:
      return "status " + std::to_string(static_cast<int>(status));
  }
}

/// Number as in "10000" or "2.5".
std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

}  // namespace

void Eye::must(GError* error, const char* doing) const {
  if (error == nullptr) return;
  const bool lost = is_lost(*error);
  throw Failure(lost ? STN_E_REMOVED : STN_E_HARDWARE,
                "camera " + address_ + ", " + doing + ": " + words(error));
}

Eye::Eye(station::Host& host, std::string address, const Setting& setting)
    : host_(host), address_(std::move(address)), frame_ns_(setting.frame_ms * kMs), tries_(setting.tries) {
  open(setting);
  set_up(setting);
  start();
}

Eye::~Eye() {
  try {
    if (running_ && !lost_) stop();
  } catch (const Failure&) {  // it is gone; so is what it held
  }
  // The device outlives neither this object nor its own signal.
  if (camera_) g_signal_handlers_disconnect_by_data(arv_camera_get_device(camera_.get()), this);
}

void Eye::open(const Setting& setting) {
  const std::uint64_t give_up = host_.now() + setting.control_ms * kMs;
  while (true) {
    GError* error = nullptr;
    camera_.reset(arv_camera_new(address_.c_str(), &error));
    if (!camera_) {
      throw Failure(STN_E_REMOVED, "camera " + address_ + " does not answer" +
                                       (error != nullptr ? ": " + words(error) : std::string()));
    }
    if (!arv_camera_is_gv_device(camera_.get()))
      throw Failure(STN_E_UNSUPPORTED, "camera " + address_ + " is no GigE Vision camera");
    // A program that died keeps its camera until the camera misses its heartbeat, some 3 s.
    if (arv_gv_device_is_controller(ARV_GV_DEVICE(arv_camera_get_device(camera_.get())))) break;
    camera_.reset();
    if (host_.now() >= give_up)
      throw Failure(STN_E_BUSY, "camera " + address_ + " is controlled by another program");
    host_.sleep_ms(0, 200);
  }
  g_signal_connect(arv_camera_get_device(camera_.get()), "control-lost",
                   G_CALLBACK(+[](ArvDevice*, gpointer self) { static_cast<Eye*>(self)->lost_ = true; }),
                   this);
}

void Eye::set_up(const Setting& setting) {
  ArvCamera* const camera = camera_.get();
  GError* error = nullptr;
  const auto within = [&](const char* what, double value, double least, double most) {
    if (value < least || value > most)
      throw Failure(STN_E_BAD_INPUT, "camera " + address_ + ": setting " + what + " is " + number(value) +
                                         ", this camera allows " + number(least) + " to " + number(most));
  };
  const bool trigger = arv_camera_is_software_trigger_supported(camera, &error);
  must(error, "asked for its trigger");
  if (!trigger) throw Failure(STN_E_UNSUPPORTED, "camera " + address_ + " has no software trigger");

  format_ = setting.pixel_format;
  arv_camera_set_pixel_format_from_string(camera, format_.c_str(), &error);
  if (error != nullptr) {
    if (is_lost(*error)) must(error, "pixel format");
    throw Failure(STN_E_BAD_INPUT, "camera " + address_ + ": setting pixel-format is " + format_ +
                                       ", which it does not have: " + words(error));
  }
  gint sensor_width = 0, sensor_height = 0;
  arv_camera_get_sensor_size(camera, &sensor_width, &sensor_height, &error);
  must(error, "size of its sensor");
  const int width = setting.width != 0 ? setting.width : sensor_width;
  const int height = setting.height != 0 ? setting.height : sensor_height;
  within("width", width, 2, std::min<int>(sensor_width, kMostSide));
  within("height", height, 2, std::min<int>(sensor_height, kMostSide));
  arv_camera_set_region(camera, 0, 0, width, height, &error);
  must(error, "region");
  gint x = 0, y = 0, has_width = 0, has_height = 0;
  arv_camera_get_region(camera, &x, &y, &has_width, &has_height, &error);
  must(error, "region");
  if (has_width != width || has_height != height) {
    throw Failure(STN_E_BAD_INPUT, "camera " + address_ + " makes " + std::to_string(has_width) + " x " +
                                       std::to_string(has_height) + " of a region of " +
                                       std::to_string(width) + " x " + std::to_string(height));
  }
  width_ = static_cast<std::uint32_t>(width);
  height_ = static_cast<std::uint32_t>(height);

  // A camera that sets itself makes two pictures of one card differ.
  if (arv_camera_is_exposure_auto_available(camera, nullptr))
    arv_camera_set_exposure_time_auto(camera, ARV_AUTO_OFF, nullptr);
  if (arv_camera_is_gain_auto_available(camera, nullptr))
    arv_camera_set_gain_auto(camera, ARV_AUTO_OFF, nullptr);
  double least = 0, most = 0;
  if (setting.exposure_us > 0) {
    arv_camera_get_exposure_time_bounds(camera, &least, &most, &error);
    must(error, "exposure");
    within("exposure-us", setting.exposure_us, least, most);
    arv_camera_set_exposure_time(camera, setting.exposure_us, &error);
    must(error, "exposure");
    const double has = arv_camera_get_exposure_time(camera, &error);
    must(error, "exposure");
    constexpr double kStep = 0.05;  // cameras have steps of their own
    if (std::abs(has - setting.exposure_us) > kStep * setting.exposure_us)
      throw Failure(STN_E_BAD_INPUT, "camera " + address_ + " makes " + number(has) + " us of exposure-us " +
                                         number(setting.exposure_us));
  }
  arv_camera_get_gain_bounds(camera, &least, &most, &error);
  if (error == nullptr) {
    within("gain", setting.gain, least, most);
    arv_camera_set_gain(camera, setting.gain, &error);
    must(error, "gain");
  } else if (is_lost(*error)) {
    must(error, "gain");
  } else {
    g_clear_error(&error);
    if (setting.gain != 0) throw Failure(STN_E_BAD_INPUT, "camera " + address_ + " has no gain to set");
  }
  // Raw sockets are not the driver's: it has none, and does not try.
  arv_camera_gv_set_stream_options(camera, ARV_GV_STREAM_OPTION_PACKET_SOCKET_DISABLED);
  arv_camera_gv_set_packet_size_adjustment(camera, ARV_GV_PACKET_SIZE_ADJUSTMENT_NEVER);
  if (setting.packet_bytes != 0) {
    arv_camera_gv_set_packet_size(camera, setting.packet_bytes, &error);
    must(error, "packet size");
  }
  if (setting.packet_delay_ns != 0) {
    arv_camera_gv_set_packet_delay(camera, setting.packet_delay_ns, &error);
    must(error, "packet delay");
  }
  arv_camera_set_acquisition_mode(camera, ARV_ACQUISITION_MODE_CONTINUOUS, &error);
  must(error, "acquisition mode");
  arv_camera_set_trigger(camera, "Software", &error);
  must(error, "software trigger");
  stream_.reset(arv_camera_create_stream(camera, nullptr, nullptr, &error));
  must(error, "stream");
  if (!stream_) throw Failure(STN_E_HARDWARE, "camera " + address_ + " gives no stream");
  if (setting.socket_bytes != 0 && ARV_IS_GV_STREAM(stream_.get())) {
    g_object_set(stream_.get(), "socket-buffer", ARV_GV_STREAM_SOCKET_BUFFER_FIXED, "socket-buffer-size",
                 setting.socket_bytes, nullptr);
  }
  const guint payload = arv_camera_get_payload(camera, &error);
  must(error, "payload");
  constexpr guint kMostPayload = 512u << 20;
  if (payload == 0 || payload > kMostPayload)
    throw Failure(STN_E_PROTOCOL,
                  "camera " + address_ + " wants pictures of " + std::to_string(payload) + " bytes");
  for (int i = 0; i < kBuffers; ++i) arv_stream_push_buffer(stream_.get(), arv_buffer_new_allocate(payload));
}

void Eye::start() {
  GError* error = nullptr;
  arv_camera_start_acquisition(camera_.get(), &error);
  must(error, "start");
  running_ = true;
}

void Eye::stop() {
  running_ = false;
  GError* error = nullptr;
  arv_camera_stop_acquisition(camera_.get(), &error);
  must(error, "stop");
}

bool Eye::drain() {
  bool empty = true;
  while (ArvBuffer* const buffer = arv_stream_try_pop_buffer(stream_.get())) {
    arv_stream_push_buffer(stream_.get(), buffer);
    empty = false;
  }
  return empty;
}

ArvBuffer* Eye::wait(station::Op& op) {
  const std::uint64_t give_up = host_.now() + frame_ns_;
  while (!op.cancelled() && !lost_ && host_.now() < give_up)
    if (ArvBuffer* const buffer = arv_stream_timeout_pop_buffer(stream_.get(), kStepUs)) return buffer;
  return nullptr;
}

std::string Eye::take(ArvBuffer* buffer, std::span<std::uint8_t> rgb) const {
  if (const ArvBufferStatus status = arv_buffer_get_status(buffer); status != ARV_BUFFER_STATUS_SUCCESS)
    return status_words(status);
  if (arv_buffer_get_payload_type(buffer) != ARV_BUFFER_PAYLOAD_TYPE_IMAGE) return "it is no picture";
  gint x = 0, y = 0, width = 0, height = 0;
  arv_buffer_get_image_region(buffer, &x, &y, &width, &height);
  if (static_cast<std::uint32_t>(width) != width_ || static_cast<std::uint32_t>(height) != height_) {
    return "it is of " + std::to_string(width) + " x " + std::to_string(height) + ", not " +
           std::to_string(width_) + " x " + std::to_string(height_);
  }
  size_t size = 0;
  const void* const bytes = arv_buffer_get_image_data(buffer, &size);
  if (bytes == nullptr) return "it is empty";
  return to_rgb(format_, width_, height_, {static_cast<const std::uint8_t*>(bytes), size}, rgb);
}

std::string Eye::one(station::Op& op, std::span<std::uint8_t> rgb, std::uint64_t& triggered_ns) {
  // What comes unasked may show the card before. Whoever sends it is started anew, with nothing under way.
  if (!drain() || !running_) {
    if (running_) stop();
    drain();
    start();
  }
  triggered_ns = host_.now();
  GError* error = nullptr;
  arv_camera_software_trigger(camera_.get(), &error);
  must(error, "trigger");
  ArvBuffer* const buffer = wait(op);
  if (buffer == nullptr) {
    if (op.cancelled()) return "cancelled";
    if (lost_) throw Failure(STN_E_REMOVED, "camera " + address_ + " is gone: it lost its control");
    // Its picture may still be on its way, and must not be taken for the next one. A camera that is gone says
    // so here.
    stop();
    return "it did not come within " + std::to_string(frame_ns_ / kMs) + " ms";
  }
  const std::string wrong = take(buffer, rgb);
  arv_stream_push_buffer(stream_.get(), buffer);
  return wrong;
}

Report Eye::look(station::Op& op, std::span<std::uint8_t> rgb, std::uint64_t& triggered_ns) {
  if (lost_) return Report::refused(STN_E_REMOVED, "camera " + address_ + " is gone: it lost its control");
  std::string wrong;
  for (int i = 0; i < tries_; ++i) {
    wrong = one(op, rgb, triggered_ns);
    if (op.cancelled()) {
      if (running_ && !wrong.empty()) stop();
      return Report::refused(STN_E_CANCELLED, "cancelled");
    }
    if (wrong.empty()) return Report::done(STN_AT_CAMERA);
    host_.warning("camera " + address_ + ": a picture is refused, " + wrong);
  }
  return Report::refused(STN_E_PROTOCOL, "camera " + address_ + " gives no whole picture in " +
                                             std::to_string(tries_) + " tries: " + wrong)
      .action(STN_ACT_RETRY_NOW);
}

}  // namespace genicam
