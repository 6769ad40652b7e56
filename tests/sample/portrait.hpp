// SPDX-License-Identifier: Apache-2.0
// Invented faces and signatures, drawn: no photograph of a person is in any test picture.
#pragma once
#include <cstdint>

#include "domain/image.hpp"

namespace ktp::sample {

struct Sitter {
  std::uint64_t seed = 0;  ///< who it is: the same seed draws the same face
  bool female = false;
  int age = 30;
  bool red = false;  ///< background red (odd year of birth) or blue
};

/// An RGB picture of the shape 3:4, `width` pixels wide (60 or more).
[[nodiscard]] Image draw_portrait(const Sitter& sitter, int width);

/// Ink on white, RGB, three times as wide as high.
[[nodiscard]] Image draw_signature(std::uint64_t seed, int width);

}  // namespace ktp::sample
