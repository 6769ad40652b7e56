// SPDX-License-Identifier: Apache-2.0
// Photographs made by anything else: files <n>-front.png, <n>-back.jpg ... in a folder, each served as soon
// as it is there.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

#include "sim-world/picture.hpp"
#include "station/plugin.hpp"

namespace sim {

class FolderCamera final : public station::Camera {
 public:
  static constexpr const char* kId = "folder-camera";
  static constexpr const char* kName = "Folder of photographs";
  static constexpr stn_option kOptions[] = {
      station::path("folder", "Where the photographs <n>-front.png, <n>-back.jpg appear, by rename."),
      station::integer("timeout-ms", "10000", 0, 3600000, "ms", "How long to wait for a photograph."),
      station::integer("max-megapixels", "40", 1, 40, "MP",
                       "Largest photograph; decides how much memory a slot takes."),
  };

  FolderCamera(station::Host& host, const station::Settings& settings, std::string_view serial);

  [[nodiscard]] std::uint32_t caps() const override { return STN_CAP_VIEW_FRONT | STN_CAP_VIEW_BACK; }
  [[nodiscard]] std::uint64_t max_frame_bytes() const override { return max_pixels_ * 3; }
  station::Report status() override;
  station::Report grab(station::Op& op, const stn_grab_request& request, stn_frame& frame) override;

 private:
  struct Found {
    std::uint64_t number = 0;
    std::filesystem::path file;
  };
  [[nodiscard]] std::optional<Found> look(std::uint64_t wanted, Side side) const;
  station::Report serve(const Found& found, const stn_grab_request& request, stn_frame& frame);

  station::Host& host_;
  std::filesystem::path folder_;
  std::uint64_t timeout_ns_, max_pixels_;
  std::set<std::uint64_t> served_[2];  // by side
  std::uint64_t seq_ = 0;
};

}  // namespace sim
