// SPDX-License-Identifier: Apache-2.0
// The mechanics behind the IPP peer: hopper, the card inside, the output, all of it in a world folder where
// sim-camera looks. Thread-safe.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim-world/script.hpp"
#include "sim-world/world.hpp"

namespace model {

/// A page as it came: portrait, RGB, rows from the top; `lines` of them arrived.
struct Page {
  int width = 0, height = 0, lines = 0;
  std::vector<std::uint8_t> rgb;
  [[nodiscard]] bool whole() const { return lines == height && height > 0; }
};

/// How the pages of a sheet come to lie on it: what the job asked for and what the printer says of its back
/// pages.
struct Sheet {
  std::string sides = "one-sided";
  std::string sheet_back = "normal";
};

class CardTray {
 public:
  CardTray(const std::filesystem::path& world, std::uint64_t blanks, const std::string& faults);

  [[nodiscard]] std::uint64_t left();
  /// Blanks that ever left the hopper.
  [[nodiscard]] std::uint64_t fed();
  /// A blank goes in, named by the job; a second one for the same job is a double, and counted.
  void feed(const std::string& job);
  [[nodiscard]] bool inside();
  /// The card inside comes out: to the output, or (`swallowed`) to where nobody sees it. `intact` false:
  /// spoiled.
  void eject(const std::vector<Page>& pages, const Sheet& sheet, bool intact, bool swallowed);
  /// The card inside stays there, spoiled, until `take_out`.
  void jam(const std::vector<Page>& pages, const Sheet& sheet);
  void take_out();
  [[nodiscard]] bool in_output();
  [[nodiscard]] bool take(const std::string& bin);
  void fill(std::uint64_t more);
  [[nodiscard]] int doubles();

 private:
  void put(std::uint64_t card, const std::vector<Page>& pages, const Sheet& sheet);

  std::mutex mutex_;
  sim::World world_;
  sim::Script faults_;
  std::optional<std::uint64_t> inside_;
  int doubles_ = 0;
};

}  // namespace model
