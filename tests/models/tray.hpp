// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

namespace model {

/// A face as it comes out: 1011 x 638 RGB, what of the panels reaches the card.
struct Face {
  static constexpr int kWidth = 1011, kHeight = 638;
  std::vector<std::uint8_t> rgb;
};

/// Where the cards are. Numbers are those of the blanks that were fed, in order.
class Tray {
 public:
  Tray() = default;
  Tray(const Tray&) = delete;
  Tray& operator=(const Tray&) = delete;
  virtual ~Tray() = default;
  [[nodiscard]] virtual std::uint64_t left() = 0;
  /// One blank goes in; its number.
  virtual std::uint64_t feed() = 0;
  /// The card's fate: what it shows, and whether it was printed to the end. Once a card.
  virtual void finish(std::uint64_t card, const Face& front, const Face& back, bool whole) = 0;
  virtual void to_output(std::uint64_t card) = 0;  ///< under the camera
  virtual void to_reject(std::uint64_t card) = 0;
  [[nodiscard]] virtual bool output_taken() = 0;  ///< a card lies there
};

}  // namespace model
