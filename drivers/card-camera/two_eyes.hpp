// SPDX-License-Identifier: Apache-2.0
// What cameras with an eye for each side answer alike.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "station/abi.h"

namespace card_camera {

/// Capability bits of a camera with these eyes (front, back; null: it has none there). It always sees the
/// front.
template <class Eye>
std::uint32_t views_of(const std::array<std::unique_ptr<Eye>, 2>& eyes) {
  return STN_CAP_VIEW_FRONT | (eyes[1] ? STN_CAP_VIEW_BACK : 0u);
}

/// Bytes of the largest picture of any of them, three a pixel. `width`, `height`: of one eye, pixels.
template <class Eye, class Width, class Height>
std::uint64_t largest_picture(const std::array<std::unique_ptr<Eye>, 2>& eyes, Width width, Height height) {
  std::uint64_t most = 0;
  for (const auto& eye : eyes)
    if (eye)
      most = std::max(most,
                      static_cast<std::uint64_t>(width(*eye)) * static_cast<std::uint64_t>(height(*eye)) * 3);
  return most;
}

}  // namespace card_camera
