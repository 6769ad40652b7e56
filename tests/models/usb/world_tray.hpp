// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "models/tray.hpp"
#include "sim-printer/print_faults.hpp"
#include "sim-world/world.hpp"

namespace model {

/// Cards of the model are cards of a world folder, where the cameras look. `faults` is the script of
/// drivers/sim-world (half-print@4; missing-panel@7:1): what it does to a printed face.
class WorldTray final : public Tray {
 public:
  WorldTray(const std::filesystem::path& folder, std::uint64_t blanks, const std::string& faults);

  std::uint64_t left() override { return world_.left(); }
  [[nodiscard]] std::uint64_t taken() const { return world_.taken(); }
  std::uint64_t feed() override;
  void finish(std::uint64_t card, const Face& front, const Face& back, bool whole) override;
  void to_output(std::uint64_t card) override;
  void to_reject(std::uint64_t card) override;
  bool output_taken() override { return !world_.at_camera().empty(); }
  /// The operator puts the card from the output into a bin; false: there is not one card, or no such bin.
  bool take(const std::string& bin);
  /// More blanks.
  void fill(std::uint64_t more) const;

 private:
  void put(std::uint64_t card, sim::Side side, const Face& face);
  sim::World world_;
  sim::Script faults_;
  std::optional<sim::Picture> before_;  ///< the front of the card before, as it was sent
};

}  // namespace model
