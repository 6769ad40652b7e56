// SPDX-License-Identifier: Apache-2.0
// Whatever a camera sends as a JPEG. One of many pixels is not decoded: a fuzzer would do nothing else.
#include <turbojpeg.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sim-world/whole_jpeg.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kMostSide = 512;
  const tjhandle decoder = tjInitDecompress();
  int width = 0, height = 0, chroma = 0, colours = 0;
  const bool header = tjDecompressHeader3(decoder, data, size, &width, &height, &chroma, &colours) == 0;
  tjDestroy(decoder);
  if (header && (width > kMostSide || height > kMostSide)) return 0;
  sim::Picture picture;
  const std::string wrong = sim::decode_whole_jpeg({data, size}, picture);
  const bool whole = picture.width > 0 && picture.height > 0 &&
                     picture.rgb.size() == static_cast<std::size_t>(picture.width) *
                                               static_cast<std::size_t>(picture.height) * 3;
  if (wrong.empty() ? !whole || !header : !picture.rgb.empty()) std::abort();
  return 0;
}
