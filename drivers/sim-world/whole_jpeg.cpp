// SPDX-License-Identifier: Apache-2.0
#include "sim-world/whole_jpeg.hpp"

#include "sim-world/jpeg.hpp"
#include "sim-world/trouble.hpp"

namespace sim {

std::string decode_whole_jpeg(std::span<const std::uint8_t> jpeg, Picture& picture) {
  try {
    decode_jpeg(jpeg, [&](int width, int height) {
      picture.width = width;
      picture.height = height;
      picture.rgb.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
      return Target{picture.rgb.data(), static_cast<std::size_t>(width) * 3};
    });
  } catch (const Trouble& trouble) {
    picture = {};
    return trouble.what();
  }
  return {};
}

}  // namespace sim
