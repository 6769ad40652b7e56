// SPDX-License-Identifier: Apache-2.0
// What must hold of a world folder at every moment at which no process has it open and a printer has opened
// it since the last crash. Reads the folder by itself, not through the code under test.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "sim-world/picture.hpp"

namespace drivers_test {

/// Remembers every file it ever saw, so that it notices one that was changed or taken away.
class WorldCheck {
 public:
  struct Card {
    std::string uid, token, state, place;
  };
  WorldCheck(std::filesystem::path world, std::uint64_t blanks) : world_(std::move(world)), blanks_(blanks) {}

  /// Adds gtest failures for whatever does not hold; answers the cards. `colour_of` gives the grey that a
  /// printed card's faces have at (0, 0); an unprinted one is white.
  std::map<std::uint64_t, Card> operator()(
      const std::function<std::uint8_t(const std::string& token, sim::Side)>& colour_of = {});

 private:
  std::filesystem::path world_;
  std::uint64_t blanks_;
  std::map<std::string, std::string> seen_;
};

}  // namespace drivers_test
