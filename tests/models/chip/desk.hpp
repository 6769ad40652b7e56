// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "models/chip/card.hpp"

namespace ktp::model {

/// The reader's field under the camera: whatever card of the world lies at the camera lies in the field, with
/// the chip of its blank unless the plan says that it has another, or none. A thread of its own.
class ChipDesk {
 public:
  /// By card number; nothing = the blank has no chip.
  using Plan = std::map<std::uint64_t, std::optional<Chip>>;

  ChipDesk(std::filesystem::path world, Plan plan, int port);
  ~ChipDesk();
  ChipDesk(const ChipDesk&) = delete;
  ChipDesk& operator=(const ChipDesk&) = delete;

 private:
  void watch();
  const std::filesystem::path at_camera_;
  const Plan plan_;
  const int port_;
  std::atomic<bool> end_{false};
  std::thread thread_;
};

}  // namespace ktp::model
