// SPDX-License-Identifier: Apache-2.0
// Any bytes as a picture file: refused, or a whole picture within the limits.
#include <cstdint>
#include <cstdlib>

#include "artwork/picture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ktp::artwork::PictureLimits limits{.max_pixels = 250'000};
  const auto picture = ktp::artwork::decode_picture({data, size}, limits);
  if (!picture) {
    if (picture.error().message.empty()) std::abort();
    return 0;
  }
  const auto pixels = static_cast<std::size_t>(picture->width) * static_cast<std::size_t>(picture->height);
  if (picture->width <= 0 || picture->height <= 0 || pixels > limits.max_pixels) std::abort();
  if (picture->channels != 3 || picture->pixels.size() != pixels * 3) std::abort();
  return 0;
}
