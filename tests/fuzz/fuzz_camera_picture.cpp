// SPDX-License-Identifier: Apache-2.0
// Whatever a camera sends as a picture: format, width and height in the first three bytes, then its bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "genicam/pixels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* kFormats[] = {"RGB8",     "BGR8",     "Mono8",    "BayerRG8",
                                      "BayerGB8", "BayerGR8", "BayerBG8", "Mono16"};
  if (size < 3) return 0;
  const char* const format = kFormats[data[0] % 8];
  const std::uint32_t width = data[1], height = data[2];
  std::vector<std::uint8_t> room(std::size_t{width} * height * 3);
  const std::vector<std::uint8_t> picture(data + 3, data + size);
  const std::string wrong = genicam::to_rgb(format, width, height, picture, room);
  const std::size_t needed = data[0] % 8 < 2 ? room.size() : room.size() / 3;
  if (wrong.empty() && (picture.size() != needed || needed == 0 || data[0] % 8 == 7)) std::abort();
  return 0;
}
