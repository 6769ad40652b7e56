// SPDX-License-Identifier: Apache-2.0
// A camera over the place WORLD/at-camera. The same card, side and seed give the same photograph
// (but for dust that lies loose: it is gone at the second look).
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "sim-camera/card_damage.hpp"
#include "sim-camera/desk.hpp"
#include "sim-camera/optics.hpp"
#include "sim-camera/sensor.hpp"
#include "station/plugin.hpp"

namespace sim {

class SimCamera final : public station::Camera {
 public:
  static constexpr const char* kId = "sim-camera";
  static constexpr const char* kName = "Simulated camera";
  static constexpr stn_option kOptions[] = {
      station::path("world", "Folder of the simulated world, the same as the printer's."),
      station::integer("seed", "1", 0, 1e15, "", "Decides pose, noise, specks and damage."),
      station::integer("width", "1400", 64, 8000, "px", "Width of the sensor."),
      station::integer("height", "960", 64, 6000, "px", "Height of the sensor."),
      station::number("scale", "13", 1, 100, "px/mm", "Resolution in the middle of the picture."),
      station::number("rotation", "0.6", -180, 180, "deg", "How the camera is turned on its mount."),
      station::number("perspective", "0.008", 0, 0.2, "",
                      "Relative change of scale from the middle to the edge."),
      station::number("lens", "-0.006", -0.2, 0.2, "",
                      "Radial distortion k1: relative displacement in the corner."),
      station::number("pose-shift", "0.5", 0, 5, "mm", "How far a card may lie beside its place."),
      station::number("pose-turn", "0.4", 0, 10, "deg", "How far a card may be turned."),
      station::number("light", "0.1", 0, 0.9, "",
                      "Share of the light that is missing in the darkest corner."),
      station::number("flicker", "0.01", 0, 0.2, "", "Relative change of the light from picture to picture."),
      station::number("gain", "0.92", 0.05, 1.5, "", "Brightness of white, 1 = 255."),
      station::number("offset", "4", 0, 100, "levels", "Brightness of black."),
      station::number("blur", "0.7", 0, 5, "px", "Standard deviation of the optics' blur."),
      station::number("noise", "1.8", 0, 20, "levels", "Standard deviation of the noise on white."),
      station::integer("dust", "12", 0, 1000, "", "Faint specks on the glass, the same in every picture."),
      station::integer("exposure-ms", "0", 0, 10000, "ms", "Time of an exposure."),
      station::text("damage", "Damage script: what has happened to which card.", ""),
      station::path("damage-file", "File with more of the damage script.", ""),
  };

  SimCamera(station::Host& host, const station::Settings& settings, std::string_view serial);

  [[nodiscard]] std::uint32_t caps() const override { return STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK; }
  [[nodiscard]] std::uint64_t max_frame_bytes() const override;
  station::Report status() override;
  station::Report grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) override;

 private:
  [[nodiscard]] std::uint64_t card_at_camera(std::uint64_t wanted) const;
  void photograph(std::uint64_t number, Side side, std::uint8_t* out);

  station::Host& host_;
  /// What the camera over that side sees of this card, the way it lies.
  [[nodiscard]] Side seen_from(Side side, std::uint64_t number) const;

  std::filesystem::path world_;
  std::uint64_t seed_, exposure_ms_;
  double pose_shift_, pose_turn_;
  Mounting mounting_;
  Desk desk_;
  std::unique_ptr<Optics> optics_;
  std::unique_ptr<Sensor> sensor_;
  Script script_;
  cv::Mat projected_;
  std::uint64_t seq_ = 0;
  std::uint64_t last_number_ = 0;    // the card that was photographed last
  std::array<bool, 2> looked_at_{};  // its front, its back
};

}  // namespace sim
