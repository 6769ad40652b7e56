// SPDX-License-Identifier: Apache-2.0
#include "sim-world/picture.hpp"

#include <cmath>
#include <cstring>

namespace sim {

const char* to_string(Side side) {
  return side == Side::front ? "front" : "back";
}

Picture::Picture(int w, int h, std::uint8_t grey)
    : width(w), height(h), rgb(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3, grey) {}

Picture::Picture(const View& view) : Picture(view.width, view.height, 0) {
  for (int y = 0; y < height; ++y)
    std::memcpy(at(0, y), view.pixels + static_cast<std::size_t>(y) * view.stride,
                static_cast<std::size_t>(width) * 3);
}

int card_pixels(double mm, int dpi) {
  return static_cast<int>(std::lround(mm / 25.4 * dpi));
}

}  // namespace sim
