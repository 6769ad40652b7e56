// SPDX-License-Identifier: Apache-2.0
#include "sim-world/jpeg.hpp"

#include <turbojpeg.h>

#include <memory>
#include <string>

#include "sim-world/trouble.hpp"

namespace sim {

void decode_jpeg(std::span<const std::uint8_t> file, const Place& place) {
  if (file.size() > kMaxFileBytes) throw Trouble(Kind::bad_input, "file is larger than 20 MB");
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (decoder == nullptr) throw Trouble(Kind::io, "no JPEG decoder");
  const auto size = static_cast<unsigned long>(file.size());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), file.data(), size, &width, &height, &subsampling, &colours) != 0)
    throw Trouble(Kind::bad_input, std::string("not a JPEG: ") + tjGetErrorStr2(decoder.get()));
  if (width <= 0 || height <= 0 ||
      static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > kMaxPixels)
    throw Trouble(Kind::bad_input, "JPEG of more than 40 megapixels");
  const Target target = place(width, height);
  if (tjDecompress2(decoder.get(), file.data(), size, target.pixels, width, static_cast<int>(target.stride),
                    height, TJPF_RGB, TJFLAG_STOPONWARNING) != 0)
    throw Trouble(Kind::bad_input,
                  std::string("JPEG is damaged or cut short: ") + tjGetErrorStr2(decoder.get()));
}

}  // namespace sim
