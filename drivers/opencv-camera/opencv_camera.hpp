// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <station/plugin.hpp>
#include <string_view>

#include "opencv-camera/eye.hpp"

namespace opencv_camera {

/// Ordinary cameras: of this machine (V4L2 through OpenCV) or on the network (RTSP), one over each side of
/// the card or one over its front alone. README.md says what proves that a picture is new.
class OpencvCamera final : public station::Camera {
 public:
  static constexpr const char* kId = "opencv-camera";
  static constexpr const char* kName = "Ordinary cameras (V4L2, RTSP)";
  static constexpr stn_option kOptions[] = {
      station::path("front-device", "Camera of this machine over the front, like /dev/video0.", ""),
      station::text("front-url", "Or the address of one on the network, rtsp://...", ""),
      station::path("back-device", "Camera of this machine over the back; without one nobody sees it.", ""),
      station::text("back-url", "Or the address of one on the network.", ""),
      station::choice("format", "MJPG", "MJPG|YUYV", "What a camera of this machine is asked to send."),
      station::integer("width", "0", 0, kMostSide, "px", "Of a camera of this machine; 0: as it is."),
      station::integer("height", "0", 0, kMostSide, "px", "The same, its height."),
      station::integer("fps", "0", 0, 240, "1/s", "The same; 0: as it is."),
      station::number("exposure", "-1", -1, 1e6, "",
                      "In the camera's own unit; -1: as it is, mostly automatic."),
      station::number("gain", "-1", -1, 1e6, "", "The same."),
      station::number("focus", "-1", -1, 1e6, "", "The same."),
      station::number("white-balance", "-1", -1, 1e6, "K", "The same."),
      station::integer("margin-ms", "150", 0, 10'000, "ms",
                       "How much earlier an exposure may have begun than its time stamp says."),
      station::integer("warm-up-frames", "10", 0, 100, "", "Pictures after opening that are not used."),
      station::integer("frame-ms", "3000", 100, 60'000, "ms",
                       "How long a new picture may take, beyond margin-ms."),
      station::integer("silent-ms", "3000", 100, 60'000, "ms",
                       "A camera that sends nothing for so long is gone; on this machine 10 s."),
      station::integer("open-ms", "8000", 500, 60'000, "ms", "How long it may take to answer."),
  };

  OpencvCamera(station::Host& host, const station::Settings& settings, std::string_view serial);

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint64_t max_frame_bytes() const override;
  station::Report status() override;
  station::Report grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) override;

 private:
  /// Of the last picture given: two cards never look alike in every bit.
  struct Given {
    std::uint64_t card = 0, hash = 0;
  };
  station::Host& host_;
  std::uint64_t frame_ns_ = 0, seq_ = 0;
  std::array<std::unique_ptr<Eye>, 2> eyes_;  // front, back
  std::array<Given, 2> given_;
};

}  // namespace opencv_camera
