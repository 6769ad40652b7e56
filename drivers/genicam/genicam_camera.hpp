// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <station/plugin.hpp>
#include <string>
#include <string_view>

#include "genicam/eye.hpp"
#include "genicam/pixels.hpp"

namespace genicam {

/// Industrial cameras that speak GigE Vision: one over each side of the card, or one over its front alone.
/// README.md says what each fault is called.
class GenicamCamera final : public station::Camera {
 public:
  static constexpr const char* kId = "genicam";
  static constexpr const char* kName = "GigE Vision cameras (Aravis)";
  static constexpr stn_option kOptions[] = {
      station::text("front", "IP address of the camera that sees the front of the card."),
      station::text("back", "IP address of the one that sees the back; empty: nobody does.", ""),
      station::choice("pixel-format", "RGB8", kPixelFormats.data(), "What the cameras are asked to send."),
      station::integer("width", "0", 0, kMostSide, "px", "Region from the top left; 0: the whole sensor."),
      station::integer("height", "0", 0, kMostSide, "px", "The same, its height."),
      station::number("exposure-us", "10000", 1, 1e7, "us", "Time of an exposure."),
      station::number("gain", "0", 0, 100, "", "In the camera's own unit, mostly dB."),
      station::integer("packet-size", "1500", 0, 16'000, "bytes",
                       "Of the stream, no more than the network takes; 0: as the camera has it."),
      station::integer("packet-delay-us", "0", 0, 100'000, "us", "Between two packets of the stream."),
      station::integer("socket-mib", "16", 0, 256, "MiB",
                       "Room for packets that wait; the kernel's net.core.rmem_max limits it."),
      station::integer("frame-ms", "2000", 50, 60'000, "ms",
                       "How long a picture may take from its trigger on."),
      station::integer("tries", "4", 1, 20, "", "Pictures asked for until a whole one comes."),
      station::integer("control-wait-ms", "6000", 0, 60'000, "ms",
                       "How long to wait for a camera that another program still controls."),
  };

  GenicamCamera(station::Host& host, const station::Settings& settings, std::string_view serial);

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint64_t max_frame_bytes() const override;
  station::Report status() override;
  station::Report grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) override;

 private:
  station::Host& host_;
  std::array<std::unique_ptr<Eye>, 2> eyes_;  // front, back
  std::uint64_t seq_ = 0;
};

}  // namespace genicam
