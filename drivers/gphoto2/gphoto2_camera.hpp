// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <station/plugin.hpp>
#include <string>
#include <string_view>

#include "gphoto2/helper.hpp"
#include "gphoto2/still.hpp"

namespace gphoto2 {

/// Tethered still cameras over PTP/IP: one over each side of the card, or one over its front alone. README.md
/// says what each fault is called.
class Gphoto2Camera final : public station::Camera {
 public:
  static constexpr const char* kId = "gphoto2";
  static constexpr const char* kName = "Still cameras on the network (PTP/IP, libgphoto2)";
  static constexpr stn_option kOptions[] = {
      station::text("front", "IP address of the camera over the front, 192.168.1.20 or 192.168.1.20:15740."),
      station::text("back", "That of the one over the back; empty: nobody sees it.", ""),
      station::text("set", "How they are set, in libgphoto2's words: iso=200; f-number=8.", ""),
      station::path("account",
                    "Folder for what a camera knows this station by, so that it need be paired only once.",
                    ""),
      station::integer("frame-ms", "10000", 200, 60'000, "ms",
                       "How long a picture may take, with its way here."),
      station::integer("open-ms", "8000", 500, 60'000, "ms", "How long a camera may take to answer."),
  };

  Gphoto2Camera(station::Host& host, const station::Settings& settings, std::string_view serial);
  ~Gphoto2Camera() override;

  [[nodiscard]] std::uint32_t caps() const override;
  [[nodiscard]] std::uint64_t max_frame_bytes() const override;
  station::Report status() override;
  station::Report grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) override;

 private:
  /// One camera, and who waits for it.
  struct Eye {
    std::string name;
    std::shared_ptr<Still> still;  // shared with what is under way
    std::unique_ptr<Helper> helper;
    int width = 0, height = 0;  // of its first picture
    std::string lost;
    std::uint64_t last_card = 0, last_hash = 0;
  };
  void open(Eye& eye, const std::vector<Wish>& wishes, std::uint64_t give_up_ns);

  station::Host& host_;
  std::uint64_t frame_ns_ = 0, seq_ = 0;
  std::array<std::unique_ptr<Eye>, 2> eyes_;  // front, back
};

}  // namespace gphoto2
