// SPDX-License-Identifier: Apache-2.0
// Damage of the sizes that must be found (docs/inspection.md section 2), drawn into photographs of good
// cards: what a camera shows of it is that camera's own light, blur and noise. For `calibrate` only.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "domain/error.hpp"
#include "domain/image.hpp"

namespace ktp::inspection {

struct MustFind {
  const char* kind;
  const char* size;  ///< for people: "0.20 mm wide"
};
/// Every kind a specimen can be drawn of.
[[nodiscard]] std::span<const MustFind> must_find();

/// The photograph with one damage of must_find()[kind] at a place that `seed` chooses among those where it
/// can be seen (at least 14 of 255 levels). `blur_px`: Gaussian sigma of the photograph's optics, its own
/// pixels. Errors: bad_data (no card found; nowhere to be seen on this card).
[[nodiscard]] Result<Image> draw_specimen(const ImageView& photograph, std::size_t kind, std::uint64_t seed,
                                          double blur_px);

}  // namespace ktp::inspection
